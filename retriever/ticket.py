"""The issue in a pasted ticket: what is left without greetings, signatures, quoted mails and the desk's own boilerplate."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from retriever.chat import customers_lines

_LINES: Final = 3  # a text of fewer lines is a question, not a ticket
_READ: Final = 400  # lines

_GREETING: Final = (
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hola|buen(?:os|as)? (?:d[ií]as?|tardes|noches)|estimad[oa]s?|"
    r"bonjour|bonsoir)\b"
)
# What follows is an older mail: nothing below it is the issue, but for answers between quoted lines.
_OLDER: Final = re.compile(
    r"^\s*(?:---.*(?:original message|mensaje original|forwarded|reenviado|message d'origine)|"
    r"(?:on|el|le)\b.{5,100}\b(?:wrote|escribi[oó]|a écrit)\s*:|(?:on|el|le)\b.{5,120}<\S{1,80}@\S{1,80}>\s*$)",
    re.I,
)
# What follows is a signature.
_ENDS: Final = re.compile(
    r"^\s*(?:--+\s*$|_{5,}|(?:(?:with )?(?:kind|best|warm)(?:est)?\s*)?regards\b|sincerely\b|cheers\b|many thanks[,.! ]*$|"
    r"thanks(?: again)?[,.!]*\s*$|thank you[,.!]*\s*$|saludos\b.{0,30}$|atentamente\b|cordialmente\b|muchas gracias[,.! ]*$|"
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
    r"(?:please )?do not reply|no responda)",
    re.I,
)
_SAYS: Final = re.compile(
    r"^\s*(?:subject|asunto|objet|re|fwd?|rv|customer|client|cliente|caller|issue|problema|description|descripci[oó]n)\s*:\s*",
    re.I,
)
_OPENING: Final = re.compile(
    rf"^\s*{_GREETING}(?:,? (?:team|there|all|equipo|support|soporte|se[nñ]or\w*|sir|madam))*\s*[,.!:]+\s*", re.I
)
# Sentences, or what stands before a comma, that only are polite.
_COURTESY: Final = re.compile(
    r"^\s*(?:(?:(?:i )?hope\b[^.?!,;:]{0,40}\b(?:well|fine|good|great|okay|safe)\b[^.?!,;:]{0,30}|"
    r"(?:espero|esperando)\b[^.?!,;:]{0,40}\bbien\b[^.?!,;:]{0,30}|"
    r"thank(?:s| you)(?: so much| very much)? for (?:contacting|calling|reaching|your patience)\b[^.?!,;:]{0,60}|"
    r"(?:muchas )?gracias(?: de antemano)? por (?:contactar|llamar|comunicarse|su (?:paciencia|atenci[oó]n))[^.?!,;:]{0,60}|"
    r"how (?:may|can) (?:i|we) help(?: you)?(?: today)?|¿?en qu[eé] (?:(?:le|te|les) )?(?:puedo|podemos) ayudar(?:le|te|les)?)"
    r"(?:[.?!,;:]+\s*|$))+",
    re.I,
)
_SENTENCE: Final = re.compile(rf"(?<=[.?!]) | (?=(?:sent from my|enviado desde)\b)| (?={_GREETING} (?:team|equipo)\b)", re.I)
_NAMES: Final = r"[^\W\d_a-z][\w.'’-]*(?: [^\W\d_a-z][\w.'’-]*){0,5} ?"  # words with a capital
# The end of a mail on one line: "Thanks, Ana Pérez, Sent from my iPhone".
_SIGNED: Final = re.compile(
    r"^(?i:(?:many )?thanks(?: again)?|thank you|(?:(?:kind|best|warm) )?regards|sincerely|best|cheers|"
    r"(?:muchas |mil )?gracias(?: de antemano)?|saludos(?: cordiales)?|un saludo|atentamente|cordialmente|cordialement|merci)"
    rf"(?:\s*[,.!]*|\s*[,.!]\s*{_NAMES}(?:[,.]?\s*(?i:sent from|enviado desde)\b.*)?[.]?|"
    rf"\s*[,.!]\s*{_NAMES}(?:, {_NAMES}){{0,2}}[.,]?|\s*[,.!]\s*{_NAMES}\|.*)$|"
    rf"^(?i:sent from my|enviado desde) \S+(?: \S+){{0,3}}$"
)
_QUOTED: Final = re.compile(r"\s(?:> )?(?:on|el|le) [^.?!]{5,100}\b(?:wrote|escribi[oó]|a écrit)\s*:.*$", re.I | re.S)
_HEADER: Final = re.compile(r"^(?:from|de)\s*:.{3,300}?\b(?:subject|asunto)\s*:\s*", re.I | re.S)


def issue_of(text: str) -> str:
    """The part of a pasted text that states the issue; the text as it is where that is all, or nothing would be left."""
    lines = text.splitlines()[:_READ]
    said = customers_lines("\n".join(lines))
    if said is not None:
        return "\n".join(_issue(said, signed=False)) or text
    if len([line for line in lines if line.strip()]) < _LINES:
        return _without_courtesies(text)
    return "\n".join(_issue(lines, signed=True)) or text


def _issue(lines: Sequence[str], *, signed: bool) -> list[str]:
    """The lines that say something. signed: a signature ends them; in a chat one may thank and go on."""
    kept: list[str] = []
    for at, line in enumerate(lines):
        if kept and ((signed and _ENDS.match(line)) or (_OLDER.match(line) and not _answered_between(lines[at + 1 :]))):
            break
        if not any(it.match(line) for it in (_NOISE, _ENDS, _OLDER)):
            said = _COURTESY.sub("", _OPENING.sub("", _SAYS.sub("", line))).strip()
            if said and said not in kept:
                kept.append(said)
    return kept


def _answered_between(lines: Iterable[str]) -> bool:
    """Whether something is written between quoted lines, or below them."""
    quoted = False
    for line in lines:
        if line.lstrip().startswith(">"):
            quoted = True
        elif line.strip() and not _ENDS.match(line):
            return quoted
    return False


def _without_courtesies(text: str) -> str:
    """A mail on one line without its greeting, wishes and signature; any other text as it is."""
    whole = " ".join(text.split())
    body = _QUOTED.sub("", _HEADER.sub("", whole))
    sentences = _SENTENCE.split(body)
    greeted = [_OPENING.sub("", it) for it in sentences]
    said = [_COURTESY.sub("", it) for it in greeted]
    courteous = said != greeted or any(map(_SIGNED.match, said))
    kept = [it for it in said if it and not _SIGNED.match(it) and not _NOISE.match(it)]
    is_mail = len(body) < len(whole) or (courteous and len(sentences) >= _LINES)
    return " ".join(kept) if is_mail and kept else text
