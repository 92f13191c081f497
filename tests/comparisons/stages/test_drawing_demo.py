"""The simulated model to draw with: draw, judge, make probes by it, replay a strategy that clusters; no endpoint."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

from comparisons.actions.demo import load_demo
from comparisons.actions.drawing import sample
from comparisons.actions.judging import start_judging, start_probing, work_inline
from comparisons.actions.problems import import_problem_set
from comparisons.actions.runs import run_inline, start_run
from comparisons.models import LanguageModel, Pool, PoolState, ProblemSet, User
from judge import load_package
from judge.errors import RecordError
from tests.factories import make_user

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
FOLDER = FIXTURES / "drawing"


def _records() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / "answers.jsonl").read_text().splitlines()]


def test_answers_are_what_the_script_writes_byte_for_byte(tmp_path: Path) -> None:
    runpy.run_path(str(FOLDER / "make.py"))["write"](tmp_path / "answers.jsonl")
    assert (tmp_path / "answers.jsonl").read_bytes() == (FOLDER / "answers.jsonl").read_bytes()


def test_every_subtask_has_as_many_programs_as_the_recipe_asks_for() -> None:
    counts: dict[tuple[str, int, str], int] = {}
    for record in _records():
        if "role" in record:
            key = (record["problem"], record["subtask"], record["role"])
            counts[key] = counts.get(key, 0) + 1
    packages = load_package(FIXTURES / "problems")
    wanted = {"generator": 4, "validator": 8, "brute-force": 3}
    assert counts == {
        (package.problem.slug, subtask.index, role): n
        for package in packages
        for subtask in package.problem.subtasks
        for role, n in wanted.items()
    }


@pytest.mark.django_db
def test_model_needs_the_set_it_is_about() -> None:
    with pytest.raises(RecordError, match="needs the problem set demo, which is not here"):
        load_demo(make_user(is_superuser=True), FIXTURES, only="drawing")
    assert not LanguageModel.objects.exists()


@pytest.fixture
def model(tmp_path: Path) -> LanguageModel:
    """The model, loaded over a set "demo" that has one of the demo's problems."""
    user = make_user(is_superuser=True)
    shutil.copytree(FIXTURES / "problems" / "ribbons", tmp_path / "set" / "ribbons")
    import_problem_set(user, tmp_path / "set", slug="demo", measure=False)
    first, second = (load_demo(user, FIXTURES, only="drawing")[0] for _ in range(2))
    assert (first.pools, second.pools, LanguageModel.objects.count()) == ((), (), 1)
    return LanguageModel.objects.get()


def _drawn(user: User, model: LanguageModel) -> Pool:
    problem_set = ProblemSet.objects.get()
    pool, _ = sample(user, problem_set=problem_set, model=model, n=10, enqueue=False)
    work_inline(pool)
    pool.refresh_from_db()
    return pool


@pytest.mark.django_db
@pytest.mark.usefixtures("sandbox")
def test_from_drawing_to_a_run_without_the_privileged_badge(model: LanguageModel) -> None:
    user = make_user()  # anybody: the answers cost nothing
    pool = _drawn(user, model)
    assert (pool.state, pool.is_simulated, pool.candidates.count()) == (PoolState.DONE, True, 10)
    without = pool.candidates.filter(source="").order_by("index")
    assert list(without.values_list("problem__slug", "index", "no_program")) == [
        ("ribbons", 3, "cut off before a program"),
        ("ribbons", 5, "refused"),
        ("ribbons", 7, "no program in the answer"),
    ]
    assert not pool.candidates.filter(output_tokens=None).exists()
    assert not pool.candidates.filter(latency_s=None).exists()
    start_judging(user, pool)
    recipe = {"generators": 4, "validators": 8, "brute_force": 3, "brute_force_s": 1.0}
    probing = start_probing(user, pool, source="model", n=6, recipe=recipe)
    work_inline(pool)
    probing.refresh_from_db()
    assert (probing.state, probing.probe_set.is_privileged) == (PoolState.DONE, False)
    rows = list(probing.probe_set.probes.order_by("subtask"))
    assert [len(row.inputs) for row in rows] == [6] * 4
    for row in rows[1:2]:  # one roll only: a generator and a validator forget that
        validators = row.report["validators"]
        assert [one["flag"] for one in validators[:5]] == [""] * 5
        assert (validators[6]["flag"], validators[7]["error"] != "") == ("accepts everything", True)
        right, same, wrong = row.report["brute_force"]
        assert right["agreed"] == same["agreed"] >= wrong["agreed"]
    run = start_run(user, pool=pool, strategy="largest-cluster", budget=10)
    run_inline(run)
    run.refresh_from_db()
    assert (run.state, run.probing, run.is_privileged) == (PoolState.DONE, probing, False)
    assert run.score is not None and run.score > 0
