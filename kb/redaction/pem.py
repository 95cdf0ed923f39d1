"""Private keys in armour: from `-----BEGIN … PRIVATE KEY-----` to its end, or to where the letters of a key stop."""

import re
from collections.abc import Iterator
from typing import Final

from kb.redaction.found import Found
from kb.redaction.view import View

_DASHES: Final = "-----BEGIN "
_BEGIN: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END: Final = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LETTERS: Final = re.compile(
    r"(?:[A-Za-z0-9+/=]{16,}+|[A-Za-z0-9+/=]{1,15}+(?![^\s\\-])|[\s\\]|Proc-Type:[^\n]*|DEK-Info:[^\n]*)*+"
)


def private_key_blocks(view: View) -> Iterator[Found]:
    """Each block; one that was cut off as far as it goes."""
    plain = view.plain
    begin = _BEGIN.search(plain) if _DASHES in plain else None
    while begin:
        following = _BEGIN.search(plain, begin.end())
        end = _END.search(plain, begin.end(), following.start() if following else len(plain))
        letters = _LETTERS.match(plain, begin.end())
        stop = end.end() if end else letters.end() if letters else begin.end()
        yield Found(begin.start(), stop, "private_key")
        begin = following
