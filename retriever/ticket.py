"""The issue in a pasted ticket: what is left without greetings, signatures, quoted mails and the desk's own boilerplate."""

import re
from typing import Final

_LINES: Final = 3  # a text of fewer lines is a question, not a ticket
_READ: Final = 400  # lines

_GREETING: Final = (
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hola|buen(?:os|as)? (?:d[ií]as?|tardes|noches)|estimad[oa]s?|"
    r"bonjour|bonsoir)\b"
)
# What follows is an older mail or a signature: nothing below it is the issue.
_ENDS: Final = re.compile(
    r"^\s*(?:--+\s*$|_{5,}|-{3,}.*(?:original message|mensaje original|forwarded|reenviado|message d'origine)|"
    r"(?:on|el|le)\b.{5,100}\b(?:wrote|escribi[oó]|a écrit)\s*:|"
    r"(?:kind|best|warm)?\s*regards\b|sincerely\b|cheers\b|many thanks[,.! ]*$|thanks(?: again)?[,.!]*\s*$|"
    r"thank you[,.!]*\s*$|saludos\b.{0,30}$|atentamente\b|cordialmente\b|muchas gracias[,.! ]*$|"
    r"gracias(?: de antemano)?[,.! ]*$|quedo (?:atent|al pendiente)|cordialement\b|merci[,.! ]*$|bien à vous\b|"
    r"sent from my\b|enviado desde\b|envoyé de mon\b)",
    re.I,
)
_FIELD: Final = (  # of a ticket system: what stands after it is a number, a name or a state
    r"(?:ticket|case|caso|folio|status|estado|priority|prioridad|channel|canal|assignee|assigned to|asignado a|agent|agente|"
    r"queue|created|creado|updated|tags?|requester|customer id|customer name|nombre|phone|tel[eé]fono|e-?mail|correo)"
)
# A line that says nothing of the issue.
_NOISE: Final = re.compile(
    r"^\s*(?:>|(?:from|to|cc|bcc|date|sent|de|para|fecha|enviado|envoyé|à|reply-to)\s*:|"
    rf"{_GREETING}[^.?!]{{0,40}}[,.:!]*\s*$|"
    rf"{_FIELD}\s*(?:#|no\.?|n[uú]m(?:ero)?\.?|id)?\s*[:#]|"
    r"(?:this (?:e-?mail|message) (?:and|is|may)|este (?:correo|mensaje) (?:y|es|puede)).*confiden|"
    r"(?:please )?do not reply|no responda|thank(?:s| you) for (?:contacting|calling|reaching|your patience)|"
    r"gracias por (?:contactar|llamar|comunicarse|su paciencia)|i hope (?:this|you)|espero que (?:est|se encuentr))",
    re.I,
)
_SAYS: Final = re.compile(
    r"^\s*(?:subject|asunto|objet|re|fwd?|rv|customer|client|cliente|caller|issue|problema|description|descripci[oó]n)\s*:\s*",
    re.I,
)
_OPENING: Final = re.compile(
    rf"^\s*{_GREETING}(?: (?:team|there|all|equipo|support|soporte|se[nñ]or\w*|sir|madam))*\s*[,.!:]+\s*", re.I
)


def issue_of(text: str) -> str:
    """The part of a pasted text that states the issue; the text as it is where it has few lines, or nothing would be left."""
    lines = text.splitlines()[:_READ]
    if len([line for line in lines if line.strip()]) < _LINES:
        return text
    kept: list[str] = []
    for line in lines:
        if kept and _ENDS.match(line):
            break
        if line.strip() and not _NOISE.match(line) and not _ENDS.match(line):
            said = _OPENING.sub("", _SAYS.sub("", line)).strip()
            if said and said not in kept:
                kept.append(said)
    return "\n".join(kept) or text
