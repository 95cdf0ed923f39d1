"""One article as a page of its own: what a hit's `url` opens, for people without the sidebar."""

from html import escape
from typing import Final

from api.article_schema import ArticleResponse
from api.fact_text import old_and_new

_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/static/page.css">
</head>
<body>
<main>
<header>
<p class="facts">{facts}</p>
<h1>{title}</h1>
{description}{notices}{first}
</header>
<article>
{body}
</article>
<footer>{footer}</footer>
</main>
</body>
</html>
"""


def article_page(article: ArticleResponse) -> str:
    """The whole page. Everything but the sanitised body is escaped."""
    return _PAGE.format(
        lang=escape(article.lang),
        title=escape(article.title),
        facts=" · ".join(escape(fact) for fact in _facts(article)),
        description=f'<p class="lead">{escape(article.description)}</p>\n' if article.description else "",
        notices="".join(f'<p class="notice">{escape(notice)}</p>\n' for notice in _notices(article)),
        first=_first(article),
        body=article.html,
        footer=_footer(article),
    )


def _facts(article: ArticleResponse) -> list[str]:
    place = "every place" if article.jurisdictions == ["all"] else ", ".join(article.jurisdictions)
    products = "every product" if article.products == ["all"] else ", ".join(article.products)
    facts = [article.kind, products, place, f"tier {article.tier}", _standing(article)]
    if article.effective_from:
        facts.append(f"from {article.effective_from}")
    if article.effective_until:
        facts.append(f"until {article.effective_until}")
    return facts


def _standing(article: ArticleResponse) -> str:
    if not article.in_force:
        return "not in force" if article.status in ("active", "deprecated") else article.status
    return "in force" if article.status == "active" else f"in force, {article.status}"


def _notices(article: ArticleResponse) -> list[str]:
    day = f"{article.scope.effective_on:%Y-%m-%d}"
    notices = []
    if article.replaced_by:
        notices.append(f"In {article.scope.jurisdiction} another text replaces this one: {article.replaced_by}.")
    elif not article.in_force:
        where = f" in {article.scope.jurisdiction}" if article.scope.jurisdiction else ""
        notices.append(f"This text is not the rule{where} on {day}.")
    if article.superseded_by:
        notices.append(f"Another text takes over from this one: {', '.join(article.superseded_by)}.")
    if article.translation.state == "behind":
        facts = "; ".join(old_and_new(fact) for fact in article.translation.facts)
        since = f": {facts}" if facts else ""
        notices.append(f"The source, {article.translation.of}, has changed since this translation was made{since}.")
    if article.review.state == "overdue":
        notices.append(f"Its review was due on {article.review.by}.")
    return notices


def _first(article: ArticleResponse) -> str:
    """What comes before the text: whom to verify, and where to escalate."""
    parts = []
    if article.identity_check != "none":
        parts.append(f"<dt>Identity check</dt><dd>{escape(article.identity_check)}</dd>")
    if article.escalation:
        when = f" when {escape(article.escalation.when)}" if article.escalation.when else ""
        parts.append(f"<dt>Escalate to</dt><dd>{escape(article.escalation.to)}{when}</dd>")
        if article.escalation.collect:
            parts.append(f"<dt>Collect first</dt><dd>{escape(', '.join(article.escalation.collect))}</dd>")
    return f"<dl>{''.join(parts)}</dl>" if parts else ""


def _footer(article: ArticleResponse) -> str:
    lines = []
    if article.sources:
        lines.append("Sources: " + "; ".join(escape(source) for source in article.sources))
    if article.superseded_by:
        links = (f'<a href="/articles/{escape(name)}">{escape(name)}</a>' for name in article.superseded_by)
        lines.append("Superseded by " + ", ".join(links))
    others = {lang: name for lang, name in article.translations.items() if name != article.id}
    if others:
        links = (f'<a href="/articles/{escape(name)}">{escape(lang)}</a>' for lang, name in sorted(others.items()))
        lines.append("Also in " + ", ".join(links))
    commit = article.commit[:12] if article.commit else "not committed"
    when = f", {article.committed_at:%Y-%m-%d}" if article.committed_at else ""
    lines.append(f"{escape(article.id)} · {commit}{when} · owner {escape(article.owner or 'nobody')}")
    return "".join(f"<p>{line}</p>" for line in lines)
