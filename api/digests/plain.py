"""A digest as text for a terminal or an e-mail, and as Markdown."""

from api.change_report import escaped
from api.digests.document import DigestDocument
from api.digests.telling import Figure, Told, beyond, headline, remarks, title_of, told, window
from api.digests.words import say


def as_text(document: DigestDocument) -> str:
    """What matters most first; no line breaks inside what an article says."""
    lines = [headline(document), window(document)]
    for section in document.sections:
        lines += ["", title_of(section, document.lang).upper()]
        for item in told(document, section):
            lines += [f"  {item.title}  [{item.where}]"]
            lines += [
                f"    {detail}"
                for detail in (*map(str, item.figures), *_around(item, document.lang), _address(item, document.lang))
            ]
        if rest := beyond(section, document.lang):
            lines.append(f"  {rest}")
    if counted := remarks(document):
        lines += ["", *counted]
    return "\n".join([*map(_one_line, lines), "", f"{say(document.lang, 'all')}: {document.url}"])


def as_markdown(document: DigestDocument) -> str:
    """The same as Markdown; what an article says is escaped, so that it is only text."""
    lines = [f"# {escaped(headline(document))}", "", escaped(window(document))]
    for section in document.sections:
        lines += ["", f"## {escaped(title_of(section, document.lang))}", ""]
        for item in told(document, section):
            lines.append(f"- **[{escaped(item.title)}](<{item.line.url}>)** ({escaped(item.where)})")
            lines += [f"  - **{escaped(figure.labelled)}**{_sentence(figure)}" for figure in item.figures]
            lines += [f"  - {escaped(around)}" for around in _around(item, document.lang)]
            if item.line.diff:
                lines.append(f"  - [{say(document.lang, 'difference')}](<{item.line.diff}>)")
        if rest := beyond(section, document.lang):
            lines.append(f"- {escaped(rest)}")
    lines += [line for remark in remarks(document) for line in ("", escaped(remark))]
    return "\n".join([*lines, "", f"[{say(document.lang, 'all')}](<{document.url}>)"]) + "\n"


def _sentence(figure: Figure) -> str:
    return f": “{escaped(figure.sentence)}”" if figure.sentence else ""


def _around(item: Told, lang: str) -> list[str]:
    must = say(lang, "must_read") if item.line.must_read else ""
    return [part for part in (must, item.shown, item.who) if part]


def _address(item: Told, lang: str) -> str:
    return f"{say(lang, 'difference')}: {item.line.diff}" if item.line.diff else item.line.url


def _one_line(text: str) -> str:
    """Without line breaks and control characters: what an article says must not drive a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
