"""Run as a program of its own, in a PODIUM_HOME of its own: `begin ADDRESS` plans a pool, `capped ADDRESS USD` one with
a cap, `sweep` tells the queue of it, `tell` prints as JSON what has come of it."""

from __future__ import annotations

import json
import os
import sys
from decimal import Decimal
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from comparisons import jobs  # noqa: E402
from comparisons.actions.drawing import sample  # noqa: E402
from comparisons.management.preparing import migrate  # noqa: E402
from comparisons.models import Pool  # noqa: E402
from comparisons.queries.drawing import drawing_of  # noqa: E402
from comparisons.stages.environment import sandbox  # noqa: E402
from judge.errors import SandboxUnavailable  # noqa: E402
from tests.comparisons.asked import keys, make_asked_model, make_set, outcomes  # noqa: E402
from tests.factories import make_user  # noqa: E402

PROBLEMS, DRAWS = 2, 30


def begin(address: str) -> None:
    """Two problems of thirty draws each, every one reviewed, told of the public tests where programs can be run."""
    migrate()
    user = make_user("ada")
    model = make_asked_model(user, address, max_concurrency=8)
    sample(user, problem_set=make_set(user, problems=PROBLEMS), model=model, n=DRAWS, options=reviews(), enqueue=False)


def capped(address: str, usd: str) -> None:
    """More draws than one worker claims at once, and than there is money for."""
    migrate()
    user = make_user("ada")
    model = make_asked_model(user, address)
    sample(
        user, problem_set=make_set(user, problems=PROBLEMS), model=model, n=400, options={"language": "python3"},
        max_cost_usd=Decimal(usd), enqueue=False,
    )  # fmt: skip


def reviews() -> dict[str, Any]:
    """How the draws are reviewed on this machine."""
    try:
        sandbox()
    except SandboxUnavailable:
        return {"attempts": 2}
    return {"attempts": 2, "feedback": "public"}


def tell() -> dict[str, Any]:
    """The pool, its draws, its calls by how they ended."""
    pool = Pool.objects.get()
    found = drawing_of(pool)
    assert found is not None
    revisions = list(pool.revisions.order_by("number").values_list("n_candidates", flat=True))
    states = sorted(set(pool.work.values_list("state", flat=True)))
    return {
        "state": pool.state,
        "reason": pool.state_reason,
        "keys": keys(pool),
        "outcomes": outcomes(pool),
        "requests": pool.requests.count(),
        "revisions": revisions,
        "work": states,
        "committed": pool.committed_nano_usd,
        "charged": sum(pool.requests.values_list("charged_nano_usd", flat=True)),
    }


if __name__ == "__main__":
    step, *words = sys.argv[1:]
    if step == "begin":
        begin(words[0])
    elif step == "capped":
        capped(*words)
    elif step == "sweep":
        jobs.sweep()
    else:
        print(json.dumps(tell()))
