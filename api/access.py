"""Who may do what: one table for roles, one for endpoints. What stands in neither is refused."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kb.role import Role as Role


class Action(StrEnum):
    """One thing that can be done. ANYONE needs no reader: what it gives says nothing of any space's guidance."""

    ANYONE = "anyone"
    ASK = "ask"  # search, suggestions
    READ = "read"  # articles, their history, changes
    REPORT = "report"  # send feedback, report a gap, acknowledge a change
    PREVIEW = "preview"  # ask an unmerged branch
    OWN_RECEIPTS = "own receipts"
    WORK_FEEDBACK = "work feedback"  # see everybody's, assign and close it
    INSIGHTS = "insights"  # who has read what, gaps, stale guidance
    ANY_RECEIPT = "any receipt"
    AUDIT = "audit"  # the chain of events
    OPEN_SESSION = "open session"  # for a token that names origins only
    DIAGNOSE = "diagnose"  # why the newest commit is not served
    OPERATE = "operate"  # metrics of its spaces, publishing


_EVERYONE: Final = frozenset({Action.ANYONE, Action.ASK, Action.READ, Action.OWN_RECEIPTS})

# Written out for each role: nobody inherits. An auditor sees everything and changes nothing.
ROLES: Final[Mapping[Role, frozenset[Action]]] = {
    Role.AGENT: _EVERYONE | {Action.REPORT, Action.OPEN_SESSION},
    Role.WRITER: _EVERYONE | {Action.REPORT, Action.PREVIEW, Action.WORK_FEEDBACK, Action.DIAGNOSE},
    Role.LEAD: _EVERYONE | {Action.REPORT, Action.WORK_FEEDBACK, Action.INSIGHTS},
    Role.AUDITOR: _EVERYONE | {Action.INSIGHTS, Action.ANY_RECEIPT, Action.AUDIT},
    Role.ADMIN: frozenset(Action),
}

# Method and path of every endpoint; names inside braces do not matter. A new endpoint needs a line here, or it answers nobody,
# and one in docs/access.md.
ENDPOINTS: Final[Mapping[str, Action]] = {
    "GET /": Action.ANYONE,
    "GET /docs": Action.ANYONE,
    "GET /favicon.ico": Action.ANYONE,
    "GET /sidebar": Action.ANYONE,
    "GET /sidebar/zendesk": Action.ANYONE,
    "GET /demo": Action.ANYONE,
    "GET /healthz": Action.ANYONE,
    "GET /readyz": Action.ANYONE,
    "GET /metrics": Action.OPERATE,
    "POST /hooks/git/{space}": Action.ANYONE,  # its signature is its credential
    "POST /v1/search": Action.ASK,
    "GET /v1/search": Action.ASK,
    "GET /v1/suggest": Action.ASK,
    "GET /v1/taxonomy": Action.ASK,
    "GET /v1/glossary": Action.READ,
    "GET /v1/articles/{id}": Action.READ,
    "GET /v1/articles/{id}/history": Action.READ,
    "GET /v1/articles/{id}/diff": Action.READ,
    "GET /v1/changes": Action.READ,
    "GET /v1/changes/feed": Action.READ,
    "GET /articles/{id}": Action.READ,
    "POST /v1/events": Action.REPORT,
    "GET /v1/readings": Action.REPORT,
    "GET /v1/acknowledgements": Action.REPORT,
    "POST /v1/acknowledgements": Action.REPORT,
    "POST /v1/feedback": Action.REPORT,
    "GET /v1/feedback": Action.REPORT,
    "GET /v1/feedback/{id}": Action.REPORT,
    "PATCH /v1/feedback/{id}": Action.WORK_FEEDBACK,
    "GET /digests/{team}": Action.READ,
    "GET /digests/{team}/feed": Action.READ,
    "GET /digests/{team}/leave": Action.ANYONE,  # the mark in the address is its credential
    "POST /digests/{team}/leave": Action.ANYONE,
    "GET /v1/teams/{team}/digests": Action.READ,
    "GET /v1/teams/{team}/acknowledgements": Action.INSIGHTS,
    "GET /v1/teams/{team}/drills": Action.REPORT,
    "POST /v1/teams/{team}/drills": Action.REPORT,
    "GET /v1/teams/{team}/drill-results": Action.INSIGHTS,
    "POST /v1/sessions": Action.OPEN_SESSION,
    "GET /v1/receipts/{id}": Action.OWN_RECEIPTS,
}

# What people open by a link of a message, and feed readers by an address. Neither can send a bearer token, so the token may be
# the password of HTTP Basic there. A page elsewhere that makes a browser open one learns nothing, and changes nothing but that
# the article's page notes in the chain that it was opened from elsewhere; that is no reading, and nobody is met by it.
LINKED: Final = frozenset(
    {
        "GET /digests/{team}",
        "GET /digests/{team}/feed",
        "GET /v1/changes/feed",
        "GET /articles/{id}",
        "GET /v1/articles/{id}/diff",
    }
)

_NAME: Final = re.compile(r"\{[^}]*\}")
_ACTIONS: Final = {_NAME.sub("{}", endpoint): action for endpoint, action in ENDPOINTS.items()}


_LINKED: Final = frozenset(_NAME.sub("{}", endpoint) for endpoint in LINKED)


class UnlistedError(Exception):
    """An endpoint that stands in no line of ENDPOINTS: a bug, and it answers nobody."""


def action_of(method: str, path: str) -> Action:
    """What a request to this endpoint does. path: as the route declares it. Raises UnlistedError."""
    action = _ACTIONS.get(f"{method} {_NAME.sub('{}', path)}")
    if action is None:
        raise UnlistedError(
            f"{method} {path} stands in no line of ENDPOINTS in api/access.py; add it there and to docs/access.md."
        )
    return action


def is_linked(method: str, path: str) -> bool:
    """Whether people come to this endpoint by a link. path: as the route declares it."""
    return f"{method} {_NAME.sub('{}', path)}" in _LINKED


def may(role: Role, action: Action) -> bool:
    """Whether the role may do it."""
    return action in ROLES[role]
