"""CodeT end to end: import with generated tests, judge, run on the tests, replay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comparisons.actions import Refused
from comparisons.actions.judging import start_judging, start_probing, work_inline
from comparisons.actions.pools import import_pool
from comparisons.actions.problems import import_problem_set
from comparisons.actions.runs import run_inline, start_run
from comparisons.models import Pool, ProbedProblem, Probing, Run
from comparisons.stages import judging
from comparisons.stages.pool_views import load_pool
from judge.errors import StrategyError
from judge.sandbox import Sandbox
from tests.comparisons.imports.packages import write_lines
from tests.comparisons.imports.test_completions import PROMPT, TASK
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ASK = f"{PROMPT}    pass\n\n# check the correctness of after\nassert "
RIGHT, OTHER, WRONG, HANGS, ENDS = (
    "    return n + 1\n", "    return 1 + n\n", "    return n\n", "    while True:\n        pass\n",
    "    import os\n    os._exit(0)\n",
)  # fmt: skip
#: The second sample's first test imports everything from a module, its second takes its neighbours' names away.
TESTS = [
    "after(1) == 2\nassert after(5) == 6",
    "after(1)\nfrom math import *\nassert after(2) == 3 or exec('import builtins; del after')\nassert after(7) == 7",
    "after(1) == 2",
]


@pytest.fixture
def pool(tmp_path: Path, sandbox: Sandbox) -> Pool:
    problems = write_lines(tmp_path / "problems.jsonl", [TASK])
    user = make_user("ada")
    problem_set = import_problem_set(user, problems, slug="own").problem_set
    samples = [WRONG, WRONG, WRONG, RIGHT, HANGS, ENDS, OTHER, "    return n +\n"]
    path = write_lines(tmp_path / "samples.jsonl", [{"prompt": PROMPT, "samples": samples}])
    tests = write_lines(tmp_path / "tests.jsonl", [{"prompt": ASK, "samples": TESTS}])
    made = import_pool(user, path, problem_set=problem_set, model_slug="small", generated_tests=tests).pool
    judging.judge_of.cache_clear()
    start_judging(user, made)
    start_probing(user, made, source="generated", n=5)
    work_inline(made)
    return made


def run(pool: Pool, strategy: str, **options: Any) -> Run:
    started = start_run(pool.created_by, pool=pool, strategy=strategy, budget=1, options=options, is_inline=True)
    return run_inline(started)


def test_candidates_are_run_on_generated_tests_and_codet_is_replayed(pool: Pool) -> None:
    probing = Probing.objects.select_related("probe_set").get()
    assert (probing.state, probing.probed, probing.probe_set.is_privileged) == ("done", 8, False)
    (loaded,) = load_pool(pool.newest_revision.judgings.get(), probing)
    tests = loaded.view.generated
    assert tests is not None and loaded.view.probes is None
    # after(1) == 2, after(5) == 6, after(1) with the star import, after(2) == 3 that deletes its name, after(7) == 7.
    right = [True, True, True, True, False]
    wrong = [False, False, True, False, True]
    nothing = [False] * 5
    # The hanging and the ending program pass nothing; `after(1)` alone is a test that a returned 0 would fail.
    expected = [wrong, wrong, wrong, right, nothing, nothing, right, nothing]
    assert tests.passed.tolist() == expected
    assert tests.counts().tolist() == [2, 1, 1, 1, 1]
    # sqrt(2) · 5 against sqrt(3) · 2.
    chosen = run(pool, "codet")
    assert (chosen.state, chosen.score, chosen.is_privileged) == ("done", 1.0, False)
    assert chosen.cost_is_lower_bound and "wrote the generated tests" in " ".join(chosen.details["cost_missing"])
    assert run(pool, "codemonkeys").score == 1.0
    aggregates = ProbedProblem.objects.get().aggregates
    assert (aggregates["candidates"], aggregates["probes"]) == (8, 5)


def test_generated_tests_and_probes_are_not_taken_for_each_other(pool: Pool) -> None:
    with pytest.raises(Refused, match="was not run on any: run `probe_pool"):
        run(pool, "majority")
    with pytest.raises(Refused, match=r"holds generated tests, and majority looks at inputs"):
        start_run(pool.created_by, pool=pool, strategy="majority", probing=Probing.objects.get(), is_inline=True)
    refused = run(pool, "codet", first="9")
    assert refused.state == "failed"
    assert "first 9 generated tests of each sample are asked for, and 5 were run" in refused.state_reason
    with pytest.raises(StrategyError, match="option first takes a whole number"):
        run(pool, "codet", first="many")


def test_pool_without_generated_tests_says_how_to_bring_them(pool: Pool) -> None:
    pool.generated_tests.all().delete()
    with pytest.raises(Refused, match="it has no generated tests"):
        start_probing(pool.created_by, pool, source="generated", n=3)
    Run.objects.all().delete()
    Probing.objects.all().delete()
    with pytest.raises(Refused, match=r"--generated-tests, then run `probe_pool \d+ --source generated`"):
        run(pool, "codet")


def test_same_tests_are_the_same_set_and_nothing_runs_twice(pool: Pool) -> None:
    again = start_probing(pool.created_by, pool, source="generated", n=5)
    assert again == Probing.objects.get()
    other = start_probing(pool.created_by, pool, source="generated", n=1)
    work_inline(pool)
    (loaded,) = load_pool(pool.newest_revision.judgings.get(), other)
    assert loaded.view.generated is not None
    assert loaded.view.generated.counts().tolist() == [2, 1]
    assert json.dumps(other.probe_set.n) == "1"
