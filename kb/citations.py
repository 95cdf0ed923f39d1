"""Citations: the form in which an article names what it rests on."""

import re
from typing import Final

_FAULTS: Final = tuple(
    (re.compile(pattern), message)
    for pattern, message in (
        (r"^https?://", "is a bare address; name the work first, as in 'Banco de México, CEP: www.banxico.org.mx/cep'"),
        (r"§", "has a section sign; write 's.', as in 'Cal. Fin. Code s. 2102'"),
        (r"\bC\. ?F\. ?R\.", "writes the code as 'C.F.R.'; write 'CFR', as in '12 CFR 1005.11(c)'"),
        (r"\bUSC\b", "writes the code as 'USC'; write 'U.S.C.', as in '15 U.S.C. 1681i(a)(1)'"),
        (r"\bCFR\b(?! (?:Part )?\d)|(?<!\d )\bCFR\b", "has no title or no section; expected both, as in '12 CFR 1005.11(c)'"),
        (r";", "holds more than one work; give each its own item"),
        (r"^(?i:see|cf\.?|per)\b", "begins with a remark; begin with the work"),
    )
)
_PLACE: Final = re.compile(r"\d|[,:(]")  # a number, a part after a comma or colon, or a part in brackets


def fault_of(citation: str) -> str | None:
    """What is wrong with the form of a citation, as the end of a sentence; None if it names a work and a place in it.

    The form is judged and nothing else: whether the work says what the article says is for its owner to know.
    """
    for pattern, message in _FAULTS:
        if pattern.search(citation):
            return message
    if not _PLACE.search(citation):
        return "names a work and no place in it; add the section, part or version, as in 'Payments Canada, Rule H1'"
    return None
