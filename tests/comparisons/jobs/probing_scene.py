"""Run as a program of its own, in a PODIUM_HOME of its own: `begin ADDRESS` plans a pool's run on probes that a model
makes, `inline` does it in this process, `sweep` tells the queue of it, `tell` prints as JSON what has come of it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from comparisons import jobs  # noqa: E402
from comparisons.actions.judging import start_probing, work_inline  # noqa: E402
from comparisons.actions.problems import import_problem_set  # noqa: E402
from comparisons.management.preparing import migrate  # noqa: E402
from comparisons.models import Pool, Probing  # noqa: E402
from tests.comparisons.asked import STATEMENT, keys, make_asked_model, outcomes  # noqa: E402
from tests.comparisons.helper_programs import SUM  # noqa: E402
from tests.comparisons.judged import PROGRAMS, make_pool, write_package  # noqa: E402
from tests.factories import make_user  # noqa: E402

PROBLEMS = 2
RECIPE = {"generators": 3, "validators": 3, "brute_force": 1, "brute_force_s": 1.0, "language": "python3"}
#: Of a problem of two subtasks.
PROGRAMS_OF_PROBLEM = 2 * (3 + 3 + 1)


def begin(address: str) -> None:
    """Two problems of two candidates each, to be run on twelve probes a subtask."""
    migrate()
    user = make_user("ada")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(PROBLEMS):
            write_package(Path(folder) / f"p{number}", **{"problem_statement/problem.en.md": STATEMENT})
        report = import_problem_set(user, Path(folder), slug="sums", time_limit_s=1, measure=False)
    model = make_asked_model(user, address, max_concurrency=4)
    pool = make_pool(report.problem_set, model, user, [SUM, PROGRAMS["wrong"]])
    start_probing(user, pool, source="model", n=12, recipe={**RECIPE, "max_tokens": 1000})


def inline() -> None:
    """Undisturbed."""
    work_inline(Pool.objects.get(purpose=Pool.Purpose.CANDIDATES))


def tell() -> dict[str, Any]:
    """The probing, its programs and their calls, its probes without what varies from run to run, its chunks."""
    probing = Probing.objects.select_related("probe_set__programs").get()
    programs = probing.probe_set.programs
    assert programs is not None
    probes = probing.probe_set.probes.order_by("version__problem__slug", "subtask")
    facts = ("version__problem__slug", "subtask", "inputs", "expected", "n_made", "n_valid", "n_dropped")
    return {
        "states": [probing.state, probing.probe_set.state, programs.state],
        "reason": probing.state_reason,
        "keys": keys(programs),
        "outcomes": outcomes(programs),
        "requests": programs.requests.count(),
        "committed": programs.committed_nano_usd,
        "charged": sum(programs.requests.values_list("charged_nano_usd", flat=True)),
        "probes": list(probes.values_list(*facts)),
        "chunks": sorted(probing.chunks.values_list("problem__slug", "subtask", "start", "stop")),
        "failures": sum(probing.work.values_list("failures", flat=True)),
    }


if __name__ == "__main__":
    step, *words = sys.argv[1:]
    if step == "begin":
        begin(words[0])
    elif step == "inline":
        inline()
    elif step == "sweep":
        jobs.sweep()
    else:
        print(json.dumps(tell()))
