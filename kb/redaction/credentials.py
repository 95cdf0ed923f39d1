"""What people say of themselves: passwords, PINs, one-time codes, and keys behind `key=` or `token:`.

A PIN or code is taken right behind (or before, with `is`) its word. A password is taken behind `=`, in quotes, at the end of
its line behind a colon, or wherever it is no ordinary word. A key needs sixteen characters and the disorder of a random one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import log2
from typing import Final

from kb.redaction.digits import Chain, is_amount
from kb.redaction.found import Found
from kb.redaction.labels import Label, last_words
from kb.redaction.view import View

_PIN: Final = (4, 12)  # digits
_CODE: Final = (4, 8)
_PASSWORDS: Final = ("password", "passwd", "passphrase", "passcode", "pwd", "contrasena", "clave", "mot de passe", "mdp")
_KEYS: Final = ("key", "secret", "token", "bearer")
_PASSWORD: Final = re.compile(
    r"(?![a-z])(?:\s(?:for|de|del|para|of|la|mi|my|the|app|online|banking|account|cuenta|login|wifi|acceso)){0,3}"
    r"(?P<joint>[\"']?\s{0,3}(?:[:=]|=>)\s{0,3}|\s(?:is|es|est|was|era)\s{1,3}:?\s{0,2})(?P<quote>[\"'`«“]?)(?P<value>[^\s]{4,128})"
)
CODE_WORDS: Final = last_words(Label.PIN, Label.ONE_TIME_CODE, Label.SECURITY_CODE)
_ADDRESS: Final = re.compile(r"://[^\s/:@]{1,64}:([^\s/@]{1,128})@")
_SAID: Final = re.compile(r"(?:api|access|auth|client|private|signing|encryption|service|app|refresh|webhook|secret)[ _-]?\Z")
_KEY: Final = re.compile(
    r"(?:[\"']?\s{0,3}(?:[:=]|=>)\s{0,3}(?:bearer\s)?[\"'`]?|\s(?:is|es|est)\s[\"'`]?|(?<=bearer)\s)(?P<value>[a-z0-9_./+=~-]{16,512})"
)
_HASH: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")  # or a UUID
_SAID_REACH: Final = 12  # characters
_DISORDER: Final = 3.0  # bits a character: words reach 2.8 at sixteen letters, random hexadecimal 3.3 and base64 3.7
_BLANKS: Final = ("[", "<", "{", "$", "*")  # what stands for a password in an example
_STOPS: Final = "\"'`»”.,;)]}>"


def spoken_codes(chain: Chain) -> Iterator[Found]:
    """PINs and one-time codes in the chain: solid, digit by digit, or in two halves."""
    last = len(chain.sizes) - 1
    if not _PIN[0] <= chain.digits <= _PIN[1] or is_amount(chain.view, chain.end):
        return
    if not (last == 0 or set(chain.sizes) == {1} or chain.sizes in ((3, 3), (4, 4))) or not chain.stands_alone(
        0, last, labelled=True
    ):
        return
    if _is_named(chain, Label.ONE_TIME_CODE, Label.SECURITY_CODE) and chain.digits <= _CODE[1]:
        yield Found(chain.start, chain.end, "one_time_code")
    elif _is_named(chain, Label.PIN):
        yield Found(chain.start, chain.end, "pin")


def _is_named(chain: Chain, *labels: Label) -> bool:
    return chain.before.near(*labels, between=0) or chain.after.near(*labels, between=0)


def passwords(view: View) -> Iterator[Found]:
    """Passwords that are said, and those in an address such as `https://user:password@host`."""
    lower = view.lower
    for _, end in _places(lower, _PASSWORDS) if any(map(lower.__contains__, _PASSWORDS)) else ():
        if (match := _PASSWORD.match(view.lower, end)) and (value := _password(view, match)):
            start = match.start("value")
            yield Found(start, start + len(value), "password")
    if "://" in view.plain:
        found = (match for match in _ADDRESS.finditer(view.plain) if not match[1].startswith(_BLANKS))
        yield from (Found(*match.span(1), "password") for match in found)


def _places(lower: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each of the words that does not end another one; a search in C for each is the quickest."""
    for word in words:
        start = lower.find(word)
        while start != -1:
            if not lower[start - 1 : start].isalpha() or word in _KEYS:
                yield start, start + len(word)
            start = lower.find(word, start + len(word))


def _password(view: View, match: re.Match[str]) -> str:
    """The password that was said; empty if it is an ordinary word, or stands for one."""
    given = view.plain[match.start("value") : match.end("value")]
    value = _quoted(given) if match["quote"] else given.rstrip(_STOPS)
    return value if len(value) >= _PIN[0] and _is_password(view, match, value) else ""


def _quoted(text: str) -> str:
    for place, character in enumerate(text):
        if character in "\"'`»”" and not text[place + 1 : place + 2].isalnum():
            return text[:place]
    return text.rstrip(_STOPS)


def _is_password(view: View, match: re.Match[str], value: str) -> bool:
    if value.startswith(_BLANKS) or set(value) <= set("*•.x-_"):
        return False
    if match["quote"] or "=" in match["joint"] or _is_no_word(value):
        return True
    ends_line = view.plain[match.end("value") : match.end("value") + 1] in ("", "\n", "\r")
    return ":" in match["joint"] and ends_line


def _is_no_word(value: str) -> bool:
    """A digit beside a letter, a sign that no word has, or a capital in the middle."""
    letters = any(map(str.isalpha, value))
    return letters and (
        any(map(str.isdigit, value))
        or any(not c.isalnum() and c not in "-'/.…" for c in value)
        or (not value[1:].islower() and not value.isupper())
    )


def named_keys(view: View) -> Iterator[Found]:
    """Long disorderly values behind `api_key=`, `token:`, `Bearer` and the like; a hash or UUID only behind two such words."""
    lower = view.lower
    for start, end in _places(lower, _KEYS) if any(map(lower.__contains__, _KEYS)) else ():
        match = _KEY.match(view.lower, end)
        said = match is not None and _SAID.search(view.lower, max(0, start - _SAID_REACH), start)
        if match is None or (not said and view.lower[start - 1 : start].isalpha()):
            continue
        value = view.plain[match.start("value") : match.end("value")].rstrip(".")
        if _is_random(value) and (said or not _HASH.fullmatch(value)):
            yield Found(match.start("value"), match.start("value") + len(value), "api_key")


def _is_random(value: str) -> bool:
    if value.isdigit() or not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    counts = Counter(value)
    return sum(-count / len(value) * log2(count / len(value)) for count in counts.values()) >= _DISORDER
