"""A digest for who has the repository itself: of any window, recorded and sent nowhere."""

from api.digests.document import DigestDocument
from api.digests.drawing import Frame, document
from api.guidance import NotFoundError
from api.timeline import Timeline
from kb.digest import Digests
from kb.problem import did_you_mean
from kb.taxonomy import Taxonomy


def made_for_print(timeline: Timeline, old: str, new: str, team: str | None, *, space: str, site: str) -> DigestDocument:
    """What the team would be told. Raises NotFoundError if there is no such team, or RepositoryError."""
    taxonomy = timeline.taxonomy
    if taxonomy is None:
        raise NotFoundError("The newest commit has no kb.yml that can be read. `kb check` says what is wrong with it.")
    name = _chosen(taxonomy, team)
    window = timeline.window(old, new)
    digest = Digests(window).of(taxonomy.teams[name])
    return document(digest, window, Frame(space, name, taxonomy.teams[name], taxonomy, site))


def _chosen(taxonomy: Taxonomy, team: str | None) -> str:
    if team is None and len(taxonomy.teams) == 1:
        return next(iter(taxonomy.teams))
    if team is None or team not in taxonomy.teams:
        said = f"There is no team {team!r}.{did_you_mean(team, taxonomy.teams)}" if team else "Which team is not said."
        known = f" Name one of {', '.join(sorted(taxonomy.teams))} with --team." if taxonomy.teams else " Add one to kb.yml."
        raise NotFoundError(f"{said}{known}")
    return team
