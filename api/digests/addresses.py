"""Where a team's digests are read."""

from urllib.parse import quote, urlencode

from api.space import DEFAULT


def page_address(space: str, team: str) -> str:
    """The path and query of the page of what a team was told."""
    return f"/digests/{quote(team)}{'' if space == DEFAULT else '?' + urlencode({'space': space})}"


def feed_address(page: str) -> str:
    """The address of the feed that says the same as the page at that one."""
    path, mark, query = page.partition("?")
    return f"{path}/feed{mark}{query}"
