"""Run as a program of its own, in a PODIUM_HOME of its own: `begin` plans a judging, `inline` does it in this process,
`tell` prints as JSON what has come of it."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from comparisons import jobs  # noqa: E402
from comparisons.actions.judging import start_judging, work_inline  # noqa: E402
from comparisons.management.preparing import migrate  # noqa: E402
from comparisons.models import Judging, Pool, blobs  # noqa: E402
from tests import factories  # noqa: E402

PROBLEMS, CANDIDATES = 10, 4


def begin() -> None:
    """Ten problems of four candidates each, every program another, half of them right."""
    migrate()
    user = factories.make_user("ada")
    problem_set = factories.make_problem_set("sums", user=user)
    for _ in range(PROBLEMS):
        factories.make_problem(problem_set)
    sources = [
        f"{(factories.RIGHT, factories.WRONG)[i % 2]}x{i} = {i}\n" for i in range(CANDIDATES)
    ]  # names differ, so that no outcome is known from another
    pool = factories.make_pool(problem_set, n=CANDIDATES, user=user, sources=sources)
    start_judging(user, pool)


def inline() -> None:
    """Undisturbed."""
    work_inline(Pool.objects.get())


def tell() -> dict[str, Any]:
    """The judging, its pieces by state, and its outcomes without what varies from run to run."""
    judged = Judging.objects.get()
    merged = [blobs.get_arrays(row.outcomes) if row.outcomes else {} for row in judged.problems.all()]
    names = ("candidate", "verdict", "subtask_verdicts", "scores", "tests", "public_passed", "compiled")
    chunks = list(judged.chunks.order_by("problem", "start").values_list("problem", "start", "stop"))
    return {
        "state": judged.state,
        "reason": judged.state_reason,
        "judged": judged.judged,
        "total": judged.total,
        "chunks": chunks,
        "attempts": sorted(judged.work.values_list("attempt", flat=True)),
        "failures": sum(judged.work.values_list("failures", flat=True)),
        "outcomes": [{name: arrays[name].tolist() for name in names if arrays} for arrays in merged],
    }


if __name__ == "__main__":
    for step in sys.argv[1:]:
        found: Any = {"begin": begin, "inline": inline, "tell": tell, "sweep": jobs.sweep}[step]()
        if step == "tell":
            print(json.dumps(found))
