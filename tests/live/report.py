"""What was observed, for a screen and for a file; it contains no token, no org number and no content of a record."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tests.live.files import CATEGORY
from tests.live.questions import Answer, behaviour
from tests.live.seen import Seen


def text(found: Sequence[Answer], seen: Seen) -> str:
    """Return the report for a screen."""
    parts = [_question(answer) for answer in found]
    answered = sum(answer.value is not None for answer in found)
    news = sum(answer.new for answer in found)
    end = f"{answered} of {len(found)} questions answered, {news} with an unexpected answer."
    return "\n\n".join([*parts, end, *_problems(seen)])


def _question(answer: Answer) -> str:
    head = f"{answer.number or '-'}. {answer.question}"
    lines = {
        "observed": "nothing" if answer.value is None else _plain(answer.value),
        "evidence": answer.evidence,
        "the library": answer.assumes,
        "holds": answer.holds,
    }
    shown = [
        textwrap.fill(f"{name + ':':<13}{words}", 110, subsequent_indent=" " * 13)
        for name, words in lines.items()
        if words
    ]
    return "\n".join([head, *(textwrap.indent(line, "   ") for line in shown)])


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _problems(seen: Seen) -> list[str]:
    problems = [f"Job {letter}: {job.problem}." for letter, job in seen.jobs.items() if job.problem]
    if seen.stopped:
        problems.insert(0, f"The probes ended early ({seen.stopped}); what was not reached is open.")
    products = seen.jobs.get("p")
    if products is not None and products.status("p02") == "ADDED":
        problems.append(f"In Products, the picklist {list(products.plan.columns)[1]} may have a new value, {CATEGORY}.")
    for module, ids in seen.left.items():
        problems.append(f"NOT DELETED, do it by hand, in {module}: {', '.join(ids)}")
    return problems


def observed(found: Sequence[Answer]) -> dict[str, Any]:
    """Return the content of observed.json."""
    return {
        "about": {"tool": "python -m tests.live", "bigin_frames": _version()},
        "behaviour": behaviour(list(found)),
        "answers": [
            {"number": a.number, "question": a.question, "value": a.value, "evidence": a.evidence, "new": a.new}
            for a in found
        ],
    }


def _version() -> str:
    try:
        return version("bigin_frames")
    except PackageNotFoundError:  # run from a checkout
        return "a checkout"
