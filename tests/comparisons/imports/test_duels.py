"""What a judge of pairs said of candidates travels with a pool, and `gencluster` chooses by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comparisons.actions.pools import export_pool
from comparisons.models import Judging, Pool, PoolState, ProblemSet
from comparisons.stages.pool_views import load_pool
from tests.comparisons.imports.packages import RIGHT, write_lines
from tests.comparisons.replay.judged import judge, make_probing, make_set, make_user
from tests.comparisons.replay.test_commands import run_command

pytestmark = pytest.mark.django_db

#: Draw 0 is the only right one; draws 1 and 2 agree on every probe and are the largest cluster.
SCORES = [[100.0], [0.0], [0.0], [0.0]]
CODES = [[0, 0], [1, 1], [1, 1], [2, 2]]


def record(index: int, beats: Any = None) -> dict[str, Any]:
    usage = {"output_tokens": 90, "reasoning_tokens": 50 + index}
    source = f"{RIGHT}\nx = {index}\n"
    line = {"problem": "add", "index": index, "language": "python3", "source": source, "usage": usage}
    return line if beats is None else {**line, "beats": beats}


def imported(problem_set: ProblemSet, path: Path, beats: dict[int, Any]) -> Pool:
    write_lines(path, [record(index, beats.get(index)) for index in range(4)])
    code, data, error = run_command("import_pool", path, "--set", problem_set.slug, "--model", "small")
    assert code == 0, error
    pool = Pool.objects.get(pk=data["pool"])
    judging = Judging.objects.create(
        revision=pool.newest_revision, key=pool.name, state=PoolState.DONE, created_by=make_user()
    )
    judge(judging, problem_set.problems.get(), list(pool.candidates.order_by("index")), SCORES)
    make_probing(pool, {"add": [CODES]})
    return pool


def test_gencluster_chooses_by_the_words_of_an_imported_judge(tmp_path: Path) -> None:
    problem_set = make_set({"add": (100.0,)})
    beats = {0: [1, 3], 3: [2], 1: [3, 9]}
    pool = imported(problem_set, tmp_path / "judged.jsonl", beats)
    judging = pool.newest_revision.judgings.get()
    (view,) = (one.view for one in load_pool(judging, pool.newest_revision.probings.get()))
    # Draw 9 is none of the pool: a word about it says nothing.
    assert view.beats is not None and view.beats.tolist() == [[0, 1], [0, 3], [1, 3], [3, 2]]
    code, data, error = run_command("replay", "--pool", pool.pk, "--strategy", "gencluster", "--budget", 1)
    assert (code, data["score"]) == (0, 100.0), error
    export_pool(make_user(), pool, tmp_path / "again.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
    assert {line["index"]: line["beats"] for line in lines if "beats" in line} == beats


def test_without_a_judge_gencluster_is_unavailable_and_says_so(tmp_path: Path) -> None:
    pool = imported(make_set({"add": (100.0,)}), tmp_path / "plain.jsonl", {})
    code, data, error = run_command("replay", "--pool", pool.pk, "--strategy", "gencluster", "--budget", 1)
    assert code == 1 and "no judge's words are recorded" in error


@pytest.mark.parametrize("beats", ["1", [True], [-1], [1.5], {"1": True}])
def test_words_that_name_no_draws_are_refused(tmp_path: Path, beats: Any) -> None:
    path = write_lines(tmp_path / "odd.jsonl", [record(0), record(1, beats)])
    slug = make_set({"add": (100.0,)}).slug
    code, _, error = run_command("import_pool", path, "--set", slug, "--model", "small")
    assert code == 1 and 'line 2: "beats" is no list of draws' in error
    assert not Pool.objects.exists()
