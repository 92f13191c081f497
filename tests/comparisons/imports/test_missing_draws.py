"""Draws of others' files that nobody answered: missing, never unreadable, and the rest is imported."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string

from comparisons.actions.pools import import_pool, preview_pool
from comparisons.models import Pool, ProblemSet
from judge.errors import RecordError
from tests.comparisons.imports.packages import RIGHT, write_lines
from tests.factories import make_problem, make_problem_set

pytestmark = pytest.mark.django_db

ROW = {"problem_id": "add", "generation": f"```python\n{RIGHT}```", "code": RIGHT, "language": "python"}
FAILED = {**ROW, "generation": "", "code": "", "metadata": {"error": "timed out"}}


@pytest.fixture
def problem_set() -> ProblemSet:
    found = make_problem_set("sums")
    make_problem(found, "add")
    return found


def open_r1(folder: Path) -> Path:
    return write_lines(folder / "rows.jsonl", [ROW, FAILED, {**ROW, "solution_number": 3}])


def inspect(folder: Path) -> Path:
    answer = {"id": "add", "epoch": 1, "output": {"completion": ROW["generation"]}}
    failed = {"id": "add", "epoch": 2, "error": {"message": "timed out"}}
    path = folder / "log.json"
    samples = [answer, failed, {**answer, "epoch": 4}]
    path.write_text(json.dumps({"eval": {"task": "own", "model": "m"}, "samples": samples}))
    return path


@pytest.mark.parametrize("write", [open_r1, inspect])
def test_draw_that_nobody_answered_is_missing_and_not_unreadable(
    problem_set: ProblemSet, tmp_path: Path, write: Any
) -> None:
    path = write(tmp_path)
    shown = preview_pool(path, problem_set)
    assert (shown.records, shown.matched, shown.n_missing, shown.n_errors, shown.errors) == (3, 2, 1, 0, ())
    (row,) = [row for row in shown.rows if row.error]
    assert row.is_missing and row.error.endswith("timed out")

    out = StringIO()
    call_command("import_pool", str(path), "--set", "sums", "--model", "m", stdout=out)
    assert "missing, because nobody answered:" in out.getvalue()
    assert "cannot be read" not in out.getvalue()
    pool = Pool.objects.get()
    assert (pool.newest_revision.n_candidates, pool.newest_revision.n_draws) == (2, 2)
    report = pool.import_report
    assert (report["unanswered_records"], report["unreadable_records"], report["unreadable"]) == (1, 0, [])
    page = render_to_string("comparisons/_import_report.html", {"report": report})
    assert ("Answered by nobody, missing</dt><dd>1<" in page, "Unreadable" in page, "timed out" in page) == (
        True, False, True,
    )  # fmt: skip


def test_what_cannot_be_read_is_still_refused_beside_it(problem_set: ProblemSet, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [ROW, FAILED, {**ROW, "problem_id": 7}])
    shown = preview_pool(path, problem_set)
    assert (shown.n_missing, shown.n_errors) == (1, 1)
    with pytest.raises(RecordError, match='line 3: "problem_id"'):
        import_pool(problem_set.created_by, path, problem_set=problem_set, model_slug="m")
    report = import_pool(problem_set.created_by, path, problem_set=problem_set, model_slug="m", on_error="skip")
    kept = report.pool.import_report
    assert (report.to_data()["unanswered"], kept["unanswered_records"], kept["unreadable_records"]) == (1, 1, 1)


def test_file_of_nothing_else_says_so(problem_set: ProblemSet, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [FAILED, FAILED])
    with pytest.raises(RecordError, match="holds only draws that nobody answered"):
        import_pool(problem_set.created_by, path, problem_set=problem_set, model_slug="m")
