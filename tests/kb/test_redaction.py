"""Secrets in text: every one replaced, nothing else touched, whatever the text is."""

import json
import random
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.redaction import PLACEHOLDERS, Found, redact
from kb.redaction.checksums import is_bech32, is_eip55, keccak256
from kb.redaction.labels import Label, phrases_of
from tests.kb.look_alikes import look_alikes
from tests.kb.secrets import SECRETS, Secret, sentence

NAMES = [secret.kind for secret in SECRETS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "my card 4242 4242 4242 4242 exp 12/27 cvv 123 was declined",
            "my card [card number] exp 12/27 cvv [security code] was declined",
        ),
        ("4242-4242-4242-4242 12/27 123", "[card number] 12/27 [security code]"),
        ("amex 3782 822463 10005, gracias", "amex [card number], gracias"),
        ("visa4242424242424242exp12/27", "visa[card number]exp12/27"),
        ("Ana,4242424242424242,12/27", "Ana,[card number],12/27"),
        ("two: 4242 4242 4242 4242 5555 5555 5555 4444", "two: [card number] [card number]"),
        ("tarjeta 4242.4242.4242.4242.", "tarjeta [card number]."),
        ("4️⃣242 4242 4242 4242", "[card number]"),
        ("123 es el cvv", "[security code] es el cvv"),
        ("GB82 WEST 1234 5698 7654 32", "[IBAN]"),
        ("routing and account are 021000021 and 000123456789", "routing and account are [routing number] and [account number]"),
        ("021000021/000123456789", "[routing number]/[account number]"),
        ("my social is 123 45 6789", "my social is [SSN]"),
        ("n.a.s. 130 692 544? NAS 130 692 544", "n.a.s. 130 692 544? NAS [SIN]"),
        ("call +52 1 55 1234 5678", "call [phone number]"),
        ("mi celular es 5512345678", "mi celular es [phone number]"),
        ("send to 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "send to [crypto address]"),
        ("recovery phrase: legal winner thank year wave sausage", "recovery [seed phrase]"),
        ("api_key=9f86d081884c7d659a2feaa0c55ad015", "api_key=[API key]"),
        ("postgres://app:s3cretpw@db.example.com/x", "postgres://app:[password]@db.example.com/x"),
        ("mi contrasen\u0303a: Hola1234!", "mi contrasen\u0303a: [password]"),
        ("482913 is the verification code", "[one-time code] is the verification code"),
        ("2FA code: 482913, one time password 482913", "2FA code: [one-time code], one time password [one-time code]"),
        ("código de un solo uso 482913", "código de un solo uso [one-time code]"),
        ("cvv2 123, cav2 123", "cvv2 [security code], cav2 [security code]"),
        ("SS number 123 45 6789", "SS number [SSN]"),
        ("márqueme: 4155550132", "márqueme: [phone number]"),
        ("a/c 12345678", "a/c [account number]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7", "[private key]"),
        ("mail ana.b+x@gmail.com, please", "mail [e-mail], please"),
    ],
)
def test_a_secret_is_replaced_by_its_placeholder(text: str, expected: str) -> None:
    """What stands around it stays, to the letter."""
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "call 911 or 988, or dial *611",
        "12 CFR 1005.11(c)(2)(i) and return code R10",
        "commit 6aebbf944b9ac0d5f2fcbd6a3a1ef4d1d7bd5e50",
        "550e8400-e29b-41d4-a716-446655440000",
        "case 123-45-6789 and ticket 130-692-544",
        "MCC 4111 4112 4119 4121 4131 4214 4215 4225",
        "card ending 4821 was charged 500 dollars on 2026-11-22",
        "ACH trace 021000021234567",
        "the score is 0.4539148803436467",
        "account 1500000 pesos",
        "PIN locked 3 times since 2026",
        "your password is wrong, and my password is not working",
        "CVC 312.5 of the California Vehicle Code",
        "nine digits 130692544 that nobody names",
        "eighteen digits 032180000118359719 that nobody names",
        "token: 550e8400-e29b-41d4-a716-446655440000",
        "update the security group target, security group target, security group target and security group",
        "https://www.example.com/docs/docview?uid=swg240421761",
        "4.000.000.000.000.000 pesos",
        "@support and user@host",
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(text: str) -> None:
    """Numbers that the work needs: codes, dates, amounts, ids, hashes, citations."""
    assert redact(text).found == ()


VALUES = {
    Label.CARD: "4242 42 4242 424242",
    Label.SECURITY_CODE: "123",
    Label.CLABE: "032180000118359719",
    Label.ROUTING: "021000021",
    Label.ACCOUNT_NUMBER: "12345678",
    Label.ACCOUNT: "12345678",
    Label.SSN: "123456789",
    Label.TAX: "912701234",
    Label.SIN: "130692544",
    Label.CURP: "GODE561231HDFXXX09",
    Label.RFC: "GODE561231XXX",
    Label.PASSPORT: "A12345678",
    Label.LICENCE: "D1234567",
    Label.PIN: "4821",
    Label.ONE_TIME_CODE: "482913",
    Label.PHONE: "4155550132",
    Label.WALLET: "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
}


@pytest.mark.parametrize("label", VALUES)
def test_every_word_for_a_secret_has_it_redacted(label: Label) -> None:
    """A phrase in the table of labels that is never recognised would be a promise not kept."""
    texts = [f"{phrase}{joint}{VALUES[label]}" for phrase in phrases_of(label) for joint in (" ", ": ", " is ")]

    assert [text for text in texts if not redact(text).found] == []


@pytest.mark.parametrize("secret", SECRETS, ids=NAMES)
def test_made_up_secrets_are_replaced_in_every_form(secret: Secret) -> None:
    """Prose, e-mail, chat and JSON, in English and Spanish; the proof below draws 20,000 of each kind."""
    assert _missed(secret, 150) == []


@pytest.mark.proof
@pytest.mark.parametrize("secret", SECRETS, ids=NAMES)
def test_twenty_thousand_of_each_kind_are_replaced(secret: Secret) -> None:
    """Each stands in one of eight to eleven forms, and nothing but it changes."""
    assert _missed(secret, 20_000) == []


def _missed(secret: Secret, count: int) -> list[tuple[str, str]]:
    """The drawn texts that were not changed exactly as they should be, with what became of them."""
    draw = random.Random(secret.kind)  # noqa: S311  (the same draw every time)
    missed = []
    for _ in range(count):
        text, frame = sentence(secret, draw)
        changed = redact(text).text
        if changed != frame.replace("\0", PLACEHOLDERS[secret.kind]):
            missed.append((text, changed))
    return missed


def test_made_up_look_alikes_are_left_alone() -> None:
    """Times, dates, UUIDs, hashes, amounts, tracking numbers, codes, references and fractions; the proof draws 100,000."""
    assert _touched(3_000) == []


@pytest.mark.proof
def test_a_hundred_thousand_look_alikes_are_left_alone() -> None:
    """Not one is changed."""
    assert _touched(100_000) == []


def _touched(count: int) -> list[str]:
    texts = islice(look_alikes(random.Random(count)), count)  # noqa: S311  (the same draw every time)
    return [text for text in texts if redact(text).text != text]


_WORDS = st.sampled_from(
    [
        *"card tarjeta cvv pin NIP is : = my 4242 424242424242 4242424242424242 123-45-6789 021000021 account number".split(),
        *"[PIN] a@b.co password 12/27 seed legal winner thank year wave - . , / eyJ ( ) + 1 415 555 ４２ ñ n\u0303 😀".split(),
        *("[card number]", "\n", "\u200b", "\u00a0"),
    ]
)
_ANY = st.one_of(st.text(), st.lists(_WORDS, max_size=25).map(" ".join), st.lists(_WORDS, max_size=25).map("".join))


@given(_ANY)
@settings(max_examples=400, deadline=None)
def test_redacting_twice_changes_nothing(text: str) -> None:
    """A placeholder is no secret, and names nothing that was not replaced with it."""
    once = redact(text)

    assert redact(once.text) == type(once)(once.text, ())


@given(_ANY)
@settings(max_examples=400, deadline=None)
def test_every_place_says_where_it_was(text: str) -> None:
    """Putting the placeholders into the found places of the text gives the redacted text; places do not overlap."""
    redacted = redact(text)

    pieces, cursor = [], 0
    for place in redacted.found:
        assert cursor <= place.start < place.end <= len(text)
        pieces += [text[cursor : place.start], PLACEHOLDERS[place.kind]]
        cursor = place.end
    assert "".join(pieces) + text[cursor:] == redacted.text


def test_places_count_code_points_also_after_what_is_invisible() -> None:
    """An emoji counts one, and a zero-width space inside a number belongs to it."""
    text = "😀 e\u0301 4242\u200b4242\u200b4242\u200b4242 ok"

    assert redact(text).found == (Found(5, 24, "card_number"),)


def test_a_second_number_is_redacted_for_the_placeholder_beside_it() -> None:
    """What the first pass could not name, because another number stood between, is still found."""
    assert redact(redact("pin 4821 4822").text).found == ()


HOSTILE = {
    "digits": "4" * 100_000,
    "digits and dashes": "4-" * 50_000,
    "digits and blanks": "4 " * 50_000,
    "groups of four": "4242 " * 20_000,
    "cards": "4242424242424242 " * 6_000,
    "hexadecimal": "deadbeef" * 12_500,
    "zeros and x": "0x" * 50_000,
    "at": "a@" * 50_000,
    "dots after an at": "@" + "a." * 50_000,
    "many domains": "@a.a.a.a.a" * 10_000,
    "base58": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa" * 3_000,
    "addresses": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 " * 2_400,
    "checksums": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee " * 1_000,
    "seed words": "legal winner thank year wave sausage worth useful " * 2_000,
    "one seed word": "abandon " * 12_500,
    "rows of seed words": ("abandon " * 47 + "of ") * 260,
    "mentions of seeds": "seed phrase " * 8_000,
    "passwords": "password is " * 8_000,
    "keys": "key:" * 25_000,
    "PEM": "-----BEGIN PRIVATE KEY-----\n" * 3_500,
    "JWT": "eyJ" * 33_000,
    "JWT with dots": "eyJaaaaaaaa." * 8_000,
    "labels": "account number " * 6_500 + "1",
    "brackets": "(" * 100_000,
    "combining": "e\u0301" * 50_000,
    "phones": "415-555-0132 " * 4_000,
    "addresses with passwords": "://a:" * 20_000,
    "country codes": "GB82" * 25_000,
    "one label for many numbers": "pin " + "4821, " * 16_000,
    "numbers that cling": "ssn " + "123-45-6789-" * 8_000,
    "nothing but signs": "%" * 100_000,
    "backslashes": "\\n" * 50_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_read_in_the_time_of_its_length(text: str) -> None:
    """As long as a question may be, and made to be tried again and again: a rule that backtracks would not end."""
    assert redact(redact(text[:20_000]).text).found == ()


@pytest.mark.proof
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_of_a_hundred_kilobytes_is_read_to_its_end(text: str) -> None:
    """Five times as long takes five times as long."""
    assert redact(redact(text).text).found == ()


def test_json_stays_json() -> None:
    """A host may paste what a machine wrote."""
    text = json.dumps({"card": "4242424242424242", "cvv": "123", "note": "call me\n415-555-0132"})

    assert json.loads(redact(text).text) == {
        "card": "[card number]",
        "cvv": "[security code]",
        "note": "call me\n[phone number]",
    }


def test_keccak_is_the_one_that_ethereum_uses() -> None:
    """The digest of nothing, as Ethereum's yellow paper gives it, and the addresses of EIP-55."""
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"a" * 136).hex() == "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"
    assert is_eip55("fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
    assert not is_eip55("fB6916095ca1df60bB79Ce92cE3Ea74c37c5d35A")


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", True),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", True),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", False),
    ],
)
def test_bech32_addresses_carry_their_checksum(address: str, *, valid: bool) -> None:
    """The examples of BIP-173 and BIP-350."""
    assert is_bech32(address) is valid
