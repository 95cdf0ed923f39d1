"""The publish log, as `kb log --served` prints it."""

import json

import typer

from api.publish_log import Publication, PublishLog, as_json


def print_served(log: PublishLog, limit: int, *, json_: bool) -> None:
    """What was live when, newest first."""
    lines = [*reversed(log.all())][:limit]
    if json_:
        typer.echo(json.dumps({"publications": [as_json(line) for line in lines]}, ensure_ascii=False))
        return
    if not lines:
        typer.echo("Nothing was published yet. Run `kb index`.")
    for line in lines:
        typer.echo(_shown(line))


def _shown(line: Publication) -> str:
    facts = [f"{line.at:%Y-%m-%d %H:%M:%S}Z", line.commit[:12], f"{line.outcome:<11}"]
    if line.counts:
        facts.append(str(line.counts))
    if any(line.embedded.values()):
        facts.append(f"embedded {sum(line.embedded.values())}")
    if line.milliseconds:
        facts.append(f"{sum(line.milliseconds.values()):.0f} ms")
    reason = "" if line.reason is None else "\n" + "\n".join(f"    {each}" for each in line.reason.splitlines())
    return "  ".join(facts) + reason


def outcome_lines(line: Publication) -> list[str]:
    """When a commit was served, or why it was not, as lines below the commit."""
    return [f"{line.outcome} {line.at:%Y-%m-%d %H:%M:%S}Z", *(f"  {each}" for each in (line.reason or "").splitlines())]
