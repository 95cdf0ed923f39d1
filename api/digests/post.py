"""Everything that a digest can be handed to, by the kind of the channel."""

from collections.abc import Collection, Mapping
from pathlib import Path
from secrets import token_hex

from api.digests.hooks import HookNotifier
from api.digests.mail import MailNotifier, MailServer
from api.digests.notifier import DeliveryError, Message, Notifier
from api.digests.plain import as_markdown
from api.digests.secrets import secret
from api.digests.telling import headline
from kb.teams import ChannelKind


class AppriseNotifier:
    """Any of the services that Apprise knows."""

    def send(self, message: Message) -> None:
        """See Notifier."""
        import apprise  # its services, which hardly any team uses, would delay every start of `kb serve`

        sender = apprise.Apprise()
        if not sender.add(secret(message.document.space, message.channel.url or "")):
            raise DeliveryError("its secret is no URL that Apprise knows")
        title, body = headline(message.document), as_markdown(message.document)
        if not sender.notify(body=body, title=title, body_format=apprise.NotifyFormat.MARKDOWN, interpret_escapes=False):
            raise DeliveryError("Apprise could not deliver it")


class FileNotifier:
    """A Markdown file for each digest, in a folder of the operator's: written whole, and the same file at each attempt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> None:
        """See Notifier."""
        document = message.document
        folder = self._folder / document.space / document.team
        name = f"{document.to.at:%Y-%m-%dT%H%MZ}-{document.kind}-{document.id[:8]}.md"
        temporary = folder / f".{name}-{token_hex(4)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            temporary.write_text(as_markdown(document), encoding="utf-8")
            temporary.replace(folder / name)
        except OSError as error:
            raise DeliveryError(f"{folder} cannot be written: {error.strerror}") from None
        finally:
            temporary.unlink(missing_ok=True)


def notifiers(folder: Path, server: MailServer | None, private_hosts: Collection[str]) -> Mapping[ChannelKind, Notifier]:
    """One for each kind of channel. folder: where files go."""
    hooks = HookNotifier(private_hosts)
    return {
        ChannelKind.EMAIL: MailNotifier(server),
        ChannelKind.SLACK: hooks,
        ChannelKind.TEAMS: hooks,
        ChannelKind.WEBHOOK: hooks,
        ChannelKind.APPRISE: AppriseNotifier(),
        ChannelKind.FILE: FileNotifier(folder),
    }
