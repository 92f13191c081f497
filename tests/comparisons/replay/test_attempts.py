"""Runs over one attempt of each draw, and what further attempts changed."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal

import pytest

from comparisons.actions import Refused
from comparisons.actions.exports import report_html
from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from comparisons.exports import TABLES, markdown, report_json
from comparisons.metrics.rows import ComparisonReport
from comparisons.models import Candidate, JudgedProblem, Pool, Run, blobs
from comparisons.queries.comparisons import comparison_report
from comparisons.queries.pool_pages import pool_page
from comparisons.stages.report_rows import labels_of
from comparisons.stages.reviewed import attempts_changed
from tests.comparisons.replay.judged import judge, make_pool, make_set, make_user

pytestmark = pytest.mark.django_db

#: Six draws of one subtask worth 100: right at attempt 1 and at 2. The last was never reviewed.
FIRST, SECOND = (100, 100, 0, 0, 0, 100), (100, 0, 100, 100, 0)


def reviewed_pool() -> Pool:
    pool = make_pool(make_set({"nile": (100,)}), {"nile": [[score] for score in FIRST]})
    problem = pool.problem_set.problems.get()
    again = Candidate.objects.bulk_create(
        Candidate(
            pool=pool, problem=problem, index=index, attempt=2, language="cpp", source=f"again {index}",
            program_hash=f"again {index}", latency_s=2.0, input_tokens=2000, output_tokens=500, reasoning_tokens=500,
        )
        for index in range(len(SECOND))
    )  # fmt: skip
    revision = pool.newest_revision
    revision.n_candidates = len(FIRST) + len(SECOND)
    revision.save()
    judged = JudgedProblem.objects.get()
    candidates = [*pool.candidates.filter(attempt=1).order_by("index"), *again]
    judging = judged.judging
    judged.delete()
    row = judge(judging, problem, candidates, [[score] for score in (*FIRST, *SECOND)])
    row.aggregates = {
        "candidates": 11,
        "compiled": 11,
        "attempts": attempts_changed(row, blobs.get_arrays(row.outcomes)),
    }
    row.save()
    return pool


def replayed(pool: Pool, attempt: int | None) -> Run:
    run = start_run(make_user(), pool=pool, strategy="random-k", budget=1, attempt=attempt, is_inline=True)
    return run_inline(run)


def test_run_of_the_first_attempt_knows_and_pays_for_no_later_one() -> None:
    pool = reviewed_pool()
    first, last = replayed(pool, 1), replayed(pool, None)
    assert (first.score, last.score) == (50.0, pytest.approx(100 * 4 / 6))
    # 1000 in at 1 USD a million and 500 out at 2; the last attempt reads 2000 and writes 500 more, of five in six.
    assert (first.cost_usd, last.cost_usd) == (Decimal("0.002"), Decimal("0.0045"))
    assert first.latency_s is not None and last.latency_s is not None
    assert last.latency_s > first.latency_s
    assert first.pk != last.pk


def test_attempt_that_is_the_last_is_the_run_by_default() -> None:
    pool = reviewed_pool()
    assert replayed(pool, 2).pk == replayed(pool, None).pk == replayed(pool, 7).pk
    with pytest.raises(Refused, match="numbered from 1"):
        replayed(pool, 0)


def test_comparison_of_two_attempts_says_which_and_warns() -> None:
    pool = reviewed_pool()
    runs = [replayed(pool, 1), replayed(pool, None)]
    assert [label.rpartition(" · ")[2] for label in labels_of(runs)] == ["attempt 1", "last attempt"]
    create_comparison(make_user(), runs=runs, is_inline=True)


def test_pool_page_shows_what_the_review_changed_and_the_identity_holds() -> None:
    (row,) = pool_page(reviewed_pool()).attempts
    change = row.change
    assert (row.attempt, row.n) == (2, 5)
    assert (change.first, change.second) == (0.4, 0.6)
    assert (change.gained, change.lost) == (0.4, 0.2)
    assert change.difference == pytest.approx(change.gained - change.lost)
    assert (change.fixed_of_wrong, change.broken_of_right) == (pytest.approx(2 / 3), 0.5)


def test_comparison_says_in_every_file_what_the_review_changed() -> None:
    pool = reviewed_pool()
    pk = compare_inline(create_comparison(make_user(), runs=[replayed(pool, 1), replayed(pool, None)])).pk
    report = comparison_report(make_user(), pk)
    assert report is not None
    assert ComparisonReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    (row,) = csv.DictReader(io.StringIO(TABLES["attempts"](report).decode()))
    assert (row["pool_name"], row["attempt"], row["n"], row["first"], row["second"]) == (
        pool.name, "2", "5", "0.4", "0.6",
    )  # fmt: skip
    assert float(row["difference"]) == pytest.approx(float(row["gained"]) - float(row["lost"]))
    assert (float(row["fixed_of_wrong"]), float(row["broken_of_right"])) == (pytest.approx(2 / 3), 0.5)
    (kept,) = json.loads(report_json(report))["report"]["attempts"]
    assert {name: str(value) for name, value in kept.items()} == row
    cells = ["1 → 2", "5", "40 %", "60 %", "+20 %", "40 %", "20 %", "67 %", "50 %"]
    assert cells_of(report_html(report).decode()) == cells
    assert "right 40 %, then 60 % of 5 draws; Δ +20 % = i→c 40 % − c→i 20 %" in plain(markdown(report).decode())


def cells_of(page: str) -> list[str]:
    """The row of the one table of further attempts, without its pool."""
    table = page.partition("What further attempts changed</h3>")[2].partition("</table>")[0]
    return [plain(cell) for cell in re.findall(r"<td[^>]*>([^<]*)</td>", table)]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_pool_without_further_attempts_has_none_to_show() -> None:
    pool = make_pool(make_set({"nile": (100,)}), {"nile": [[100], [0]]})
    row = JudgedProblem.objects.get()
    assert attempts_changed(row, blobs.get_arrays(row.outcomes)) == []
    assert pool_page(pool).attempts == []
    report = comparison_report(make_user(), compare_inline(create_comparison(make_user(), runs=[replayed(pool, 1)])).pk)
    assert report is not None and report.attempts == ()
    assert "What further attempts changed" not in report_html(report).decode()
