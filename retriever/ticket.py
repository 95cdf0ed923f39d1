"""The issue in a pasted ticket: what is left without greetings, signatures, quoted mails and the desk's own boilerplate."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from retriever.chat import customers_lines

_LINES: Final = 3  # a text of fewer lines is a question, not a ticket
_READ: Final = 400  # lines
_KEPT: Final = 3  # words that have to stand before an older mail for it to be one

_GREETING: Final = (
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hola|buen(?:os|as)? (?:d[ií]as?|tardes|noches)|estimad[oa]s?|"
    r"bonjour|bonsoir)\b"
)
_NAMES: Final = r"(?-i:[^\W\d_a-z][\w.'’-]*(?: [^\W\d_a-z][\w.'’-]*){0,5} ?)"  # words with a capital
_ADDRESS: Final = r"<\S{1,80}@\S{1,80}>"
_DATE: Final = r"(?:\b20\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2})"
_WROTE: Final = r"\b(?:wrote|escribi[oó]|a écrit)\s*:"
# What follows is an older mail: nothing below it is the issue, but for answers between quoted lines.
_OLDER: Final = re.compile(
    r"^\s*(?:---.*(?:original message|mensaje original|message d'origine)|"
    rf"(?:on|el|le)\b(?=.*(?:{_DATE}|{_ADDRESS})).{{5,160}}{_WROTE}\s*$|(?:on|el|le)\b.{{5,120}}{_ADDRESS}\s*$)",
    re.I,
)
_DEVICE: Final = (
    r"(?:(?:my|mi|mon) )?"
    r"(?:iphone|ipad|android|samsung|galaxy|outlook|yahoo|gmail|mobile|phone|m[oó]vil|celular|huawei|xiaomi|mail)"
)
_SENT_FROM: Final = (
    rf"(?:Sent from|Enviado desde|Envoyé (?:de|depuis)) (?i:{_DEVICE})\b(?: (?:[A-Z\d]\S*|for|on|para|en|smartphone))*"
)
_BETWEEN_NAMES: Final = frozenset("of and the at for de del la las los y e en a da".split())
# What follows is a signature.
_ENDS: Final = re.compile(
    r"^\s*(?:--\s*$|(?:(?:(?:with )?(?:kind|best|warm)(?:est)?\s*)?regards|sincerely|cheers|atentamente|cordialmente|"
    rf"saludos(?: cordiales)?|cordialement|bien à vous)\s*[,.!]*\s*(?:{_NAMES}(?:\s*[,|/–-]\s*{_NAMES}){{0,3}}[.,]?\s*)?$|"
    r"(?:many )?thanks(?: again)?[,.! ]*$|thank you[,.!]*\s*$|(?:un saludo|saludos a tod[oa]s)[,.! ]*$|"
    r"(?:muchas )?gracias(?: de antemano)?[,.! ]*$|quedo (?:atent[oa]s?|al pendiente)(?: (?:a|de) (?:sus?|tus?) \w+)?[,.! ]*$|"
    r"merci[,.! ]*$|"
    rf"(?-i:{_SENT_FROM})\s*$)",
    re.I,
)
_FIELD: Final = (  # of a ticket system, with what says nothing: a number, a time, a name or a state
    r"(?:(?:ticket|case|caso|folio|customer id|phone|tel[eé]fono|created|creado|updated)"
    r"\s*(?:#|no\.?|n[uú]m(?:ero)?\.?|id)?\s*[:#]\s*"
    r"(?:[a-z]{3,9}\.? (?=\d))?(?:(?:[a-z]{0,5}[-#+(]{0,2}\d\S*|[ap]\.? ?m\.?|utc|gmt)(?:\s+|$)){0,8}$|"
    r"(?:status|estado|priority|prioridad|channel|canal|queue)\s*:\s*"
    r"(?:open|closed|new|pending|solved|resolved|on hold|in progress|"
    r"abiert[oa]|cerrad[oa]|nuev[oa]|pendiente|resuelt[oa]|en (?:proceso|curso)|low|normal|medium|high|urgent[e]?|critical|"
    r"alta|media|baja|p?\d|chat|e-?mail|correo|web|phone|tel[eé]fono|whatsapp|voice|tier \d)?[. ]*$|"
    rf"(?:assignee|assigned to|asignado a|agente?|requester)\s*:\s*(?:{_NAMES}|<?\S+@\S+>?)?$|"
    rf"(?:customer name|nombre)\s*:\s*(?:(?=\S+ \S){_NAMES})?$|(?:e-?mail|correo)\s*:\s*(?:<?\S+@\S+>?)?$)"
)
_CALLED: Final = (  # who is greeted
    r"(?:team|there|all|everyone|equipo|support|soporte|todos|se[nñ]or\w*|sir|madam|madame|monsieur|or|o|de|customer service|"
    rf"{_NAMES})"
)
_GREETED: Final = rf"{_GREETING}(?:(?:,? {_GREETING})?(?:,? ?{_CALLED}){{0,4}}|\s[^\W\d_]{{2,20}}(?=\s*[,:]))\s*[,.:!]*\s*$"
# A line that says nothing of the issue.
_NOISE: Final = re.compile(
    rf"^\s*(?:{_GREETED}|{_FIELD}|[_-]{{3,}}\s*$|---.*(?:forwarded|reenviado|transféré)|"
    r"(?:please )?do not reply(?: (?:to this|directly)\b.*|[.! ]*$)|no responda a este\b)",
    re.I,
)
_MAIL_FIELD: Final = re.compile(r"^\s*(?:from|to|cc|bcc|date|sent|de|para|fecha|enviado|envoyé|à|reply-to)\s*:", re.I)
_FROM: Final = re.compile(r"^\s*(?:from|de)\s*:", re.I)
_SUBJECT: Final = re.compile(r"^\s*(?:subject|asunto|objet)\s*:", re.I)
_LEGAL: Final = re.compile(
    r"^\s*(?:this (?:e-?mail|message) (?:and|is|may)|este (?:correo|mensaje) (?:y|es|puede)).*confiden", re.I
)
_SAYS: Final = re.compile(
    r"^\s*(?:subject|asunto|objet|re|fwd?|rv|customer|client|cliente|caller|issue|problema|description|descripci[oó]n)\s*:\s*",
    re.I,
)
_OPENING: Final = re.compile(
    rf"^\s*{_GREETING}(?:,? (?:team|there|all|equipo|support|soporte|se[nñ]or\w*|sir|madam))*\s*[,.!:]+\s*", re.I
)
_US: Final = (  # whom one thanks for calling
    r"(?: (?:us|me|back|out|to us|nosotros|con nosotros|again|today|hoy)|"
    r" (?:to |con )?(?:\w+ )?(?:support|soporte|customer (?:service|care)))*"
)
# Sentences, or what stands before a comma, that only are polite.
_COURTESY: Final = re.compile(
    r"^\s*(?:(?:(?:i )?hope (?:that )?(?:(?:you|all|everyone|everybody|everything|the team)(?:'re|’re|'s|’s)?|"
    r"(?:this|my)(?: e-?mail| message| note)? finds you)(?: are| is| team| all| doing| having| keeping| an?| very)*"
    r" (?:well|fine|good|great|okay|safe)(?: (?:day|week|weekend|today|this \w+|there|and (?:well|safe)))*|"
    r"(?:espero|esperando) (?:que )?"
    r"(?:ustedes |usted |todos? |todas |el equipo |este (?:correo|mensaje) )?(?:se |te |les? |los )?"
    r"(?:est[eé][ns]?|encuentren?|vaya|haya|sea)(?: todo| todos| muy| tod[oa]s)* bien(?: de salud| hoy)?|"
    rf"thank(?:s| you)(?: so much| very much)? for (?:(?:contacting|calling|reaching){_US}|your patience)|"
    r"(?:muchas )?gracias(?: de antemano)? por "
    rf"(?:(?:contactar|llamar|comunicarse)(?:nos|me)?{_US}|su (?:paciencia|atenci[oó]n))|"
    r"how (?:may|can) (?:i|we) help(?: you)?(?: today)?|¿?en qu[eé] (?:(?:le|te|les) )?(?:puedo|podemos) ayudar(?:le|te|les)?)"
    r"(?:\s*[.?!,;:]+\s*|\s*$))+",
    re.I,
)
_SENTENCE: Final = re.compile(rf"(?<=[.?!]) | (?=(?:Sent from|Enviado desde)\b)| (?=(?i:{_GREETING}) (?i:team|equipo)\b)")
# The end of a mail on one line: "Thanks, Ana Pérez, Sent from my iPhone".
_SIGNED: Final = re.compile(
    r"^(?i:(?:many )?thanks(?: again)?|thank you|(?:(?:kind|best|warm) )?regards|sincerely|best|cheers|"
    r"(?:muchas |mil )?gracias(?: de antemano)?|saludos(?: cordiales)?|un saludo|atentamente|cordialmente|cordialement|merci)"
    rf"(?:\s*[,.!]*|\s*[,.!]\s*{_NAMES}(?:[,.]?\s*{_SENT_FROM})?[.]?|"
    rf"\s*[,.!]\s*{_NAMES}(?:, {_NAMES}){{0,2}}[.,]?|\s*[,.!]\s*{_NAMES}\|.*)$|^{_SENT_FROM}$"
)
# An older mail behind the newer one: both are told apart by an address, or a date and the mark of a quote.
_WITHIN: Final = r"(?:(?! (?:On|El|Le) )[^?!])"
_QUOTED: Final = re.compile(
    rf"^((?:\S+ ){{2,}}?[^\s>]+)(?: >)? (?:On|El|Le) (?:{_WITHIN}{{5,120}}?{_ADDRESS}\s*{_WROTE}|"
    rf"(?={_WITHIN}{{0,100}}{_DATE}){_WITHIN}{{5,100}}?{_WROTE} >).*$",
    re.S,
)
_HEADER: Final = re.compile(
    r"^(?:from|de)\s*:(?=.{0,300}(?:\S@\S|\b(?:sent|date|enviado|fecha|envoyé)\s*:)).{3,300}?\b(?:subject|asunto|objet)\s*:\s*",
    re.I | re.S,
)


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
    """The lines that say something. signed: only sentences count below a signature; in a chat one may thank and go on."""
    kept: list[str] = []
    is_mail = _has_head(lines)
    ended = quoting = False
    for at, line in enumerate(lines):
        if _OLDER.match(line):
            quoting = True
            if sum(len(it.split()) for it in kept) >= _KEPT and _is_left(line, lines[at + 1 :]):
                break
        elif _LEGAL.match(line):
            if ended:
                break
        elif _ENDS.match(line):
            ended = signed and bool(kept)
        elif not _says_nothing(line, is_mail=is_mail, quoting=quoting) and (not ended or _is_sentence(line)):
            said = _COURTESY.sub("", _OPENING.sub("", _SAYS.sub("", line))).strip()
            if said and said not in kept:
                kept.append(said)
    return kept


def _has_head(lines: Sequence[str]) -> bool:
    """Whether a subject stands below who sent it, as in the head of a mail."""
    sender = next((at for at, line in enumerate(lines) if _FROM.match(line)), len(lines))
    return any(map(_SUBJECT.match, lines[sender:]))


def _says_nothing(line: str, *, is_mail: bool, quoting: bool) -> bool:
    """A greeting, a field of the ticket system, of a mail with a subject its head; a quote below "Support wrote:"."""
    return bool(_NOISE.match(line) or (is_mail and _MAIL_FIELD.match(line)) or (quoting and line.lstrip().startswith(">")))


def _is_sentence(line: str) -> bool:
    """Whether a line below a signature is more than a name, a title and a company."""
    words = line.split()
    return "?" in line or (len(words) >= _KEPT and any(it[0].islower() and it not in _BETWEEN_NAMES for it in words))


def _is_left(head: str, below: Sequence[str]) -> bool:
    """Whether nothing below the head of an older mail is the issue. A date alone may stand in an agent's own sentence."""
    told = (
        head.lstrip().startswith("-")
        or re.search(_ADDRESS, head)
        or next(filter(str.strip, below), "").lstrip().startswith(">")
    )
    return bool(told) and not _answered_between(below)


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
    body = _QUOTED.sub(r"\1", _HEADER.sub("", whole)) if ":" in whole else whole  # in both stands one
    sentences = _SENTENCE.split(body)
    greeted = [_OPENING.sub("", it) for it in sentences]
    said = [_COURTESY.sub("", it) for it in greeted]
    courteous = said != greeted or any(map(_SIGNED.match, said))
    kept = [it for it in said if it and not _SIGNED.match(it)]
    is_mail = len(body) < len(whole) or (courteous and len(sentences) >= _LINES)
    return " ".join(kept) if is_mail and kept else text
