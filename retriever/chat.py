"""A pasted chat: who said what, and what of it the customer said."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_TIME: Final = r"\d{1,2}[:.]\d{2}(?::\d{2})?(?:\s*[ap]\.?\s?m\b\.?)?(?:\s?(?:UTC|GMT|Z|hrs?|h))?"
_MONTH: Final = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|janv|févr|avr|mai|juin|juil|août|déc)\w*\.?"
)
_DATE: Final = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|"
    rf"{_MONTH} \d{{1,2}}(?:,? \d{{4}})?|\d{{1,2}} (?:de )?{_MONTH}(?: (?:de )?\d{{4}})?|today|yesterday|hoy|ayer)"
)
_WHEN: Final = rf"(?:{_DATE}(?:,|T| at| a las?)?\s*)?{_TIME}"
_STAMP: Final = rf"(?:\[{_WHEN}\]|\({_WHEN}\)|{_WHEN})"
_CAPITAL: Final = "A-ZÁÉÍÓÚÜÑÇÀÈÊÎÔÛ"
_AGENT_WORDS: Final = (
    r"agente?|advis[eo]r|asesora?|representative|representante|rep|support|soporte|operator|operadora?|ejecutiv[oa]|(?:chat)?bot|"
    r"assistant|asistente|specialist|especialista|(?:customer|client) (?:service|care)|(?:servicio|atenci[oó]n) al? clientes?|"
    r"service desk|help ?desk|system|sistema|conseill[eè]re?"
)
_CUSTOMER_WORDS: Final = (
    r"customer|clienta?|cliente|visitor|visitante|user|usuari[oa]|caller|member|guest|cardholder|titular|requester|visiteur"
)
_ROLE: Final = rf"(?:{_AGENT_WORDS}|{_CUSTOMER_WORDS})"
# A name: words with a capital, or a role; "Ana (Tamarind)", "Visitor 48213", "~ Luis", "+52 1 55 1234 5678", "ana.perez".
_WORD: Final = rf"(?:[{_CAPITAL}][\w.'’&-]{{0,40}}|(?i:{_ROLE})\b|\d{{1,8}}|#\d+|de|del|la|from|at|-|/|\([^()\d]{{1,30}}\))"
_FIRST: Final = rf"(?:[{_CAPITAL}][\w.'’&-]{{0,40}}|(?i:{_ROLE})\b|[a-z]+[._][a-z.]+|@\w+)"
_NAME: Final = rf"(?:~\s?)?(?:{_FIRST}(?: {_WORD}){{0,4}}|\+[\d\s()-]{{8,20}}\d)"
_UNMARKED: Final = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202c\ufeff"))  # invisible, in exported chats
_STAMPED: Final = (
    re.compile(rf"^\s*(?i:{_STAMP})\s*[-–—|·•]?\s*(?P<name>{_NAME})\s*:(?!\d)\s*(?P<said>.*)$"),
    re.compile(rf"^\s*(?P<name>{_NAME})\s*[,|·•–—-]?\s*(?i:{_STAMP})\s*:(?!\d)\s*(?P<said>.*)$"),
    re.compile(rf"^\s*(?P<name>{_NAME})\s*[,|·•–—-]?\s*(?:APP\s+)?(?i:{_STAMP})(?P<said>)\s*$"),  # what is said is below
    re.compile(rf"^\s*(?i:{_STAMP})\s*[-–—|·•]?\s*(?P<name>{_NAME})(?P<said>)\s*$"),
)
_NAMED: Final = re.compile(rf"^\s*\**(?P<name>{_NAME})\**\s*:(?!\d|//)\**\s*(?P<said>.*)$")
_AGENT: Final = re.compile(rf"\b(?:{_AGENT_WORDS})\b", re.I)
_CUSTOMER: Final = re.compile(rf"\b(?:{_CUSTOMER_WORDS})\b", re.I)
_FIELD: Final = re.compile(  # of a mail or a ticket: no name of a person
    r"(?:from|to|cc|bcc|date|sent|subject|de|para|fecha|enviado|asunto|objet|re|fwd?|rv|ticket|case|caso|folio|status|estado|"
    r"priority|prioridad|channel|canal|issue|problema|description|descripci[oó]n|note|nota|amount|monto|importe|phone|e-?mail)\b",
    re.I,
)
_ATTACHED: Final = (  # what stands in place of a picture
    r"(?i:<?(?:media omitted|multimedia omitido)>?|(?:image|video|audio|sticker|imagen|document) (?:omitted|omitid[ao])|"
    r"this message was deleted\.?|se eliminó este mensaje\.?)\s*$"
)
_NO_WORDS: Final = re.compile(rf"^\u200e?{_ATTACHED}")
_EVENT: Final = re.compile(  # what the chat program says itself
    rf"^(?:(?i:{_STAMP})\s*[-–—]?\s*)?(?:\*{{3}} (?i:(?=.*\b(?:chat|joined|left|conversa\w+|se unió)\b)).* \*{{3}}\s*$|"
    rf"{_ATTACHED}|"
    r"(?i:messages and calls are end-to-end|los mensajes y las llamadas están cifrad|"
    rf"chat (?:started|ended|transferred|iniciado|terminado|finalizado)\W*(?:(?:at|on|el|a las?) )?(?:{_WHEN}|{_DATE})?\W*$))"
)
_ONE_LINE: Final = re.compile(rf"\s(?=(?i:\[{_WHEN}\]|\({_WHEN}\))\s*[-–—]?\s*{_NAME}\s*:)")
_HEADED: Final = re.compile(r"[:\d]")  # no turn begins without a colon or a time
_SMALL: Final = frozenset(
    "hi hello hey hola yes no si sí ok okay sure thanks thank you gracias please por favor and y a the el la it is "
    "i me we am need help that this s right correct exactly fine great one moment sec eso correcto exacto así un momento "
    "good buenas buenos tardes días dias noches morning afternoon evening claro bueno bien my name mi nombre es soy".split()
)
_SAID: Final = 3  # words; where the customer says less ("yes, twice"), what it is about stands in the other's turns


@dataclass(frozen=True, slots=True)
class _Turn:
    name: str
    lines: tuple[str, ...]


def customers_lines(text: str) -> list[str] | None:
    """What the customer says in a chat, line by line; all that is said where nobody's role can be told; None if it is no chat.

    Text beside the turns is kept: before the first, and after an empty line below the last.
    """
    if not _HEADED.search(text):
        return None
    plain = [" ".join(line.translate(_UNMARKED).split()) for line in text.splitlines()]
    lines = [it for line in plain if not _EVENT.match(line) for it in _ONE_LINE.split(line)]
    for heads in (_heads(lines, _STAMPED), _heads(lines, (*_STAMPED, _NAMED))):
        if _is_chat(list(heads.values())):
            break
    else:
        return None
    first, turns, after = _turns(lines, heads)
    return [*first, *_customers(turns), *after]


def _heads(lines: Sequence[str], forms: Sequence[re.Pattern[str]]) -> dict[int, re.Match[str]]:
    """The lines that begin a turn."""
    found = {at: next((match for form in forms if (match := form.match(line))), None) for at, line in enumerate(lines)}
    return {at: match for at, match in found.items() if match and not _FIELD.match(match["name"])}


def _is_chat(heads: Sequence[re.Match[str]]) -> bool:
    """Whether turns alternate, or have times and somebody's role; a list of fields has neither."""
    names = [head["name"].casefold() for head in heads]
    stamped = [head for head in heads if head.re is not _NAMED]
    if len(stamped) >= 2 and len(stamped) == len(heads) and any(_is_agent(name) or _is_customer(name) for name in names):
        return True
    changes = [name for at, name in enumerate(names) if at == 0 or name != names[at - 1]]
    wordy = sum(len(head["said"].split()) >= 3 for head in heads) * 2 >= len(heads)
    roles = any(map(_is_agent, names)) and any(map(_is_customer, names))
    return len(changes) > len(set(changes)) and (wordy or roles or len(stamped) == len(heads))


def _turns(lines: Sequence[str], heads: dict[int, re.Match[str]]) -> tuple[list[str], list[_Turn], list[str]]:
    """What stands before the first turn; the turns; what stands below the last."""
    begins = [*heads, len(lines)]
    turns = []
    after: list[str] = []
    for begin, end in pairwise(begins):
        below = list(lines[begin + 1 : end])
        if end == len(lines) and "" in (stripped := [line.strip() for line in below]):
            below, after = below[: stripped.index("")], below[stripped.index("") :]
        turns.append(_Turn(heads[begin]["name"].casefold(), (heads[begin]["said"], *below)))
    return list(lines[: begins[0]]), turns, after


def _customers(turns: Sequence[_Turn]) -> list[str]:
    """The lines of the customer's turns; of all, where the roles cannot be told or the customer's own say nothing."""
    names = {turn.name for turn in turns}
    agents = {name for name in names if _is_agent(name)}
    if len(names) == 2 and not agents and any(map(_is_customer, names)):
        agents = {name for name in names if not _is_customer(name)}
    said = [line for turn in turns if turn.name not in agents for line in turn.lines if not _NO_WORDS.match(line)]
    if sum(map(_says, said)) < _SAID:
        said = [line for turn in turns for line in turn.lines]
    return [line for line in said if _says(line)] or said


def _says(line: str) -> int:
    """How many words say something."""
    return sum(word not in _SMALL for word in re.findall(r"[^\W\d_]+", line.casefold()))


def _is_agent(name: str) -> bool:
    return bool(_AGENT.search(name))


def _is_customer(name: str) -> bool:
    return bool(_CUSTOMER.search(name)) and not _is_agent(name)
