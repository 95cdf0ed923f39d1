"""Every form in which a digest can be printed, kept or sent."""

import json
from enum import StrEnum

from api.digests.addresses import page_address
from api.digests.atom import team_feed
from api.digests.chat import as_card, as_slack
from api.digests.document import DigestDocument
from api.digests.html import as_mail
from api.digests.plain import as_markdown, as_text


class Format(StrEnum):
    """How a digest is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    SLACK = "slack"
    TEAMS = "teams"
    ATOM = "atom"
    JSON = "json"


def drawn(document: DigestDocument, form: Format) -> str:
    """The digest in that form."""
    match form:
        case Format.TEXT:
            return as_text(document)
        case Format.MARKDOWN:
            return as_markdown(document)
        case Format.HTML:
            return as_mail(document)
        case Format.SLACK:
            return json.dumps(as_slack(document), ensure_ascii=False)
        case Format.TEAMS:
            return json.dumps(as_card(document), ensure_ascii=False)
        case Format.ATOM:
            site = document.url.removesuffix(page_address(document.space, document.team))
            return team_feed([document], space=document.space, team=document.team, name=document.team_name, site=site)
        case Format.JSON:
            return document.without_drills().model_dump_json(by_alias=True)
