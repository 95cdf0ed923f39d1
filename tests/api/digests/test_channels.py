"""What each kind of channel gets: signed, readable, and with a way out."""

import pytest
from standardwebhooks import Webhook

from tests.api.digests.office import KEYS, WEBHOOK, Office
from tests.api.receivers import Hook, Mailbox


def test_a_webhook_is_signed_and_verifies_with_either_key_while_they_rotate(office: Office, hook: Hook) -> None:
    """By the library that receivers use."""
    office.team(WEBHOOK)
    office.change()
    made, attempts = office.morning(), office.send()
    (headers, body), = hook.got  # fmt: skip
    bodies = [Webhook(key).verify(body, headers) for key in KEYS.values()]

    assert (made, attempts, office.states()) == (1, 1, {"webhook:CRM": {"sent": 1}})
    assert [body["type"] for body in bodies] == ["digest.released"] * 2
    assert bodies[0]["data"]["sections"][0]["lines"][0]["facts"][0]["new"] == "700 USD"


def test_an_email_has_text_html_and_a_way_out(office: Office, mailbox: Mailbox) -> None:
    """Each address gets its own; one that bounces for good stops no other."""
    mailbox.refused["gone@acme.example"] = "550 no such user"
    office.team("{kind: email, to: [ana@acme.example, gone@acme.example, luis@acme.example]}")
    office.change()
    office.morning()
    office.send()
    mails = {mail["To"]: mail for mail in mailbox.got}
    mail = mails["ana@acme.example"]
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}

    assert sorted(mails) == ["ana@acme.example", "luis@acme.example"]
    assert office.states() == {"email": {"sent": 2, "dead": 1}}
    assert mail["Subject"] == "Frontline: 1 rule changed"
    assert mail["List-Id"] == "<front.default.digests.help.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<https://help.example/digests/front/leave?")
    assert all(b"\nList-Unsubscribe: <https://help.example/digests/front/leave?" in raw for raw in mailbox.raw)  # never encoded
    assert mails["luis@acme.example"]["Message-ID"] != mail["Message-ID"]
    assert "600 USD → 700 USD" in parts["text/plain"]
    assert "<del" in parts["text/html"]


def test_who_left_gets_no_more(office: Office, mailbox: Mailbox) -> None:
    """Neither the next digest nor what still waits."""
    office.team("{kind: email, to: [ana@acme.example, luis@acme.example]}")
    office.change()
    office.morning()
    office.outbox.leave("default", "front", "ana@acme.example", office.now)
    office.send()
    office.change()
    office.morning()
    office.send()

    assert [mail["To"] for mail in mailbox.got] == ["luis@acme.example"] * 2


def test_apprise_takes_it_anywhere(office: Office, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here to a JSON receiver; its services are its own concern."""
    monkeypatch.setenv("DIGEST_DEFAULT__ANY", hook.url.replace("http://", "json://"))
    office.team("{kind: apprise, url: ANY}")
    office.change()
    office.morning()
    office.send()

    assert office.states() == {"apprise:ANY": {"sent": 1}}
    assert b"600 USD" in hook.got[0][1]
