"""Digests as e-mail: text and HTML, one message for each address, which its reader can stop with one click (RFC 8058)."""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, formataddr
from typing import Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

from api.digests.html import as_mail
from api.digests.notifier import DeliveryError, Message
from api.digests.plain import as_text
from api.digests.telling import headline

_SECONDS: Final = 20.0  # to connect, and for each answer
_PERMANENT: Final = 500  # SMTP codes from here on say that trying again is useless


class _Whole(BaseHeader):
    """A header that programs read: in one line. Folded, an address becomes an encoded word, which no program takes for one."""

    max_count: ClassVar = 1

    @classmethod
    def parse(cls, string: str, kwds: dict[str, Any]) -> None:
        UnstructuredHeader.parse(string, kwds)

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}" if self.isascii() else super().fold(policy=policy)


_HEADERS: Final = HeaderRegistry()
for _name in ("list-unsubscribe", "list-id"):
    _HEADERS.map_to_type(_name, _Whole)
_POLICY: Final = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes e-mails from us. tls: from the beginning, by STARTTLS, or none, for one on this machine."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = None


class MailNotifier:
    """Sends e-mails. The message's own id is the same at each attempt, so that a mailbox can tell a repetition."""

    def __init__(self, server: MailServer | None) -> None:
        """server: None where no operator has named one."""
        self._server = server

    def send(self, message: Message) -> None:
        """See Notifier."""
        server = self._server
        if server is None:
            raise DeliveryError("no mail server is set. Set KB_SMTP_HOST and KB_MAIL_FROM for the service.")
        try:
            with _connected(server) as session:
                if server.user:
                    session.login(server.user, server.password or "")
                session.send_message(mail(message, server.sender), server.sender, [message.recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = next(iter(error.recipients.values()))
            raise DeliveryError(f"the server refused the address with {code}", final=code >= _PERMANENT) from None
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(f"the mail server answered {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            reason = str(error) or type(error).__name__
            raise DeliveryError(f"the mail server {server.host} cannot be used: {reason}") from None


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.tls == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
    session = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    try:
        if server.tls == "starttls":
            session.starttls(context=context)
    except BaseException:
        session.close()
        raise
    return session


def mail(message: Message, sender: str) -> EmailMessage:
    """The whole message."""
    document = message.document
    host = urlsplit(document.url).hostname or "localhost"
    built = EmailMessage(_POLICY)
    built["From"] = formataddr((_line(f"Fingerpost · {document.team_name}"), sender))
    built["To"] = message.recipient
    built["Subject"] = _line(headline(document))
    built["Date"] = format_datetime(datetime.now(UTC))
    built["Message-ID"] = f"<{message.key}@{host}>"
    built["List-Id"] = f"<{document.team}.{document.space}.digests.{host}>"
    built["Auto-Submitted"] = "auto-generated"
    built["Content-Language"] = document.lang
    if message.leave:
        built["List-Unsubscribe"] = f"<{message.leave}>"
        built["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    built.set_content(as_text(document))
    built.add_alternative(as_mail(document, message.leave), subtype="html")
    return built


def _line(text: str) -> str:
    """A header's text: a line break in it would begin another header."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
