"""Guided troubleshooting: `:::step` parts as a tree that always ends."""

import re
from collections.abc import Sequence
from typing import Final

from kb.article import PartScope, Step, StepAnswer
from kb.problem import did_you_mean

_ITEM: Final = re.compile(r"[-*+] ")
_ARROW: Final = re.compile(r"\s+(?:->|→)\s+")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def parse_step(name: str, text: str, scope: PartScope) -> tuple[Step, list[str]]:
    """One `:::step NAME` part: the question, and the list at its end as answers. Also what is wrong in it."""
    complaints = []
    if not _NAME.fullmatch(name):
        complaints.append(f"the step's name is {name!r}; expected letters, digits and hyphens, as in `:::step start`.")
    question, items = _split_list(text)
    if not items:
        complaints.append(f"step {name!r} ends without answers; expected a list such as `- Yes -> next-step`.")
        return Step(name, text, (), scope), complaints
    answers = []
    for item in items:
        answer, complaint = _parse_answer(" ".join(item.split()))
        answers.append(answer)
        if complaint:
            complaints.append(f"step {name!r}: {complaint}")
    return Step(name, question, tuple(answers), scope), complaints


def _split_list(text: str) -> tuple[str, list[str]]:
    """The text before the list at its end, and the list's items; no items if the text ends in no list."""
    lines = text.rstrip().splitlines()
    first = len(lines)
    while first and (_ITEM.match(lines[first - 1]) or lines[first - 1][:1] in (" ", "\t")):
        first -= 1
    items: list[str] = []
    for line in lines[first:]:
        if _ITEM.match(line):
            items.append(line[2:])
        elif items:
            items[-1] += f" {line}"
    return "\n".join(lines[:first]).strip(), items


def _parse_answer(item: str) -> tuple[StepAnswer, str | None]:
    *words, target = _ARROW.split(item)
    if not words:
        return StepAnswer(item, resolved=""), (
            f"the answer {item!r} leads nowhere; expected `{item} -> next-step`, `-> resolved` or `-> escalate: QUEUE`."
        )
    text = " ".join(words)
    head, _, rest = (part.strip() for part in target.partition(":"))
    if head == "resolved":
        return StepAnswer(text, resolved=rest), None
    if head == "escalate":
        complaint = None if rest else f"the answer {text!r} escalates to nobody; expected `escalate: QUEUE`."
        return StepAnswer(text, escalate=rest), complaint
    return StepAnswer(text, step=target), None


def check_tree(steps: Sequence[Step], queues: Sequence[str]) -> list[tuple[str, str]]:
    """What keeps the steps from being a tree on which every path ends, as (step name, complaint)."""
    names = [step.name for step in steps]
    complaints = [(name, f"the step {name!r} stands twice. Rename one.") for name in set(names) if names.count(name) > 1]
    for step in steps:
        for answer in step.answers:
            if answer.step is not None and answer.step not in names:
                near = did_you_mean(answer.step, names)
                complaints.append(
                    (step.name, f"step {step.name!r} leads to {answer.step!r}, which is no step.{near} Correct it.")
                )
            if answer.escalate and answer.escalate not in queues:
                near = did_you_mean(answer.escalate, queues)
                complaints.append(
                    (
                        step.name,
                        f"step {step.name!r} escalates to {answer.escalate!r}, which is no queue of kb.yml.{near} Correct it.",
                    )
                )
    return complaints + _unreached(steps) + _circles(steps)


def _next(steps: Sequence[Step]) -> dict[str, list[str]]:
    return {step.name: [answer.step for answer in step.answers if answer.step is not None] for step in steps}


def _unreached(steps: Sequence[Step]) -> list[tuple[str, str]]:
    leads = _next(steps)
    reached: set[str] = set()
    waiting = [steps[0].name] if steps else []
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(leads.get(name, ()))
    return [
        (step.name, f"no answer leads to step {step.name!r}. Let one lead there, or remove the step.")
        for step in steps
        if step.name not in reached
    ]


def _circles(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Steps from which some path never ends: what is left after taking away, again and again, the steps that do."""
    leads = _next(steps)
    open_steps = dict(leads)
    while ending := {name for name, after in open_steps.items() if not set(after) & open_steps.keys()}:
        open_steps = {name: after for name, after in open_steps.items() if name not in ending}
    return [
        (name, f"a path from step {name!r} comes back to it. End one of its answers in `resolved` or `escalate`.")
        for name in open_steps
        if _reaches(leads, name, name)
    ]


def _reaches(leads: dict[str, list[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = list(leads.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(leads.get(name, ()))
    return False
