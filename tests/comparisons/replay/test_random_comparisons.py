"""Small comparisons drawn at random, most of them degenerate: each figure is defined or says why it is not."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np
import pytest

from comparisons.actions.exports import report_html
from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from comparisons.exports import TABLES, markdown, plan_lines, report_json
from comparisons.metrics.rows import ComparisonReport, Interval, PairRow, RunRow
from comparisons.models import Pool, PoolState, Run
from comparisons.queries.comparisons import comparison_report
from tests.comparisons.replay.judged import make_model, make_pool, make_set, make_user

pytestmark = pytest.mark.django_db

#: Each kind of pool that statistics are asked to fail on; drawn with others at random.
KINDS = ("ties", "one problem", "no spread", "unjudged", "one draw", "nothing right", "all right", "mixed")


def drawn(seed: int) -> tuple[ComparisonReport, list[Run]]:
    rng = np.random.default_rng(seed)
    kind = KINDS[seed % len(KINDS)]
    n_problems = 1 if kind == "one problem" else int(rng.integers(1, 5))
    points = {f"p{at}": tuple(float(x) for x in rng.integers(1, 60, rng.integers(1, 4))) for at in range(n_problems)}
    n = 1 if kind == "one draw" else int(rng.integers(2, 9))
    problem_set = make_set(points)
    pools = [
        make_pool(problem_set, {slug: scores(rng, kind, n, worth) for slug, worth in points.items()}, model=model)
        for model in (make_model("one"), make_model("two"))[: int(rng.integers(1, 3))]
    ]
    runs = [replayed(pool, rng, n) for pool in pools for _ in range(3)]
    done = list({run.pk: run for run in runs if run.state == PoolState.DONE}.values())
    pk = compare_inline(create_comparison(make_user(), runs=done)).pk
    report = comparison_report(make_user(), pk)
    assert report is not None
    return report, runs


def scores(rng: np.random.Generator, kind: str, n: int, worth: tuple[float, ...]) -> list[list[float]]:
    """n draws of one problem."""
    if kind in ("nothing right", "all right"):
        return [[x * (kind == "all right") for x in worth]] * n
    shares = rng.choice([0.0, 0.5, 1.0], (n, len(worth)))
    if kind == "no spread":
        shares[:] = shares[0]
    found = shares * worth
    if kind in ("unjudged", "mixed"):
        found[rng.random(n) < 0.3] = math.nan
    return found.tolist()


def replayed(pool: Pool, rng: np.random.Generator, n: int) -> Run:
    strategy = str(rng.choice(["random-k", "first-k", "public-filter", "oracle-k", "no-limit", "longest-thought"]))
    budget = int(rng.choice([1, n, n + 3]))
    run = start_run(make_user(), pool=pool, strategy=strategy, budget=budget, is_inline=True)
    return run_inline(run)


def is_told(interval: Interval) -> bool:
    """Both ends, finite and in order, or neither and a reason."""
    if interval.lo is None or interval.hi is None:
        return interval.lo is interval.hi is None and bool(interval.reason)
    return math.isfinite(interval.lo) and math.isfinite(interval.hi) and interval.lo < interval.hi


def check_run(row: RunRow) -> None:
    assert is_told(row.over_draws), row
    assert row.gap_share is None or math.isfinite(row.gap_share)
    assert row.kind == "ceiling" or is_told(row.gap_share_over_draws), row
    if row.score is not None and not row.is_incomplete:
        best = None if row.strategy == "no-limit" else row.oracle_k
        ends = [x for x in (best, row.no_limit, row.points) if x is not None]
        assert [row.score, *ends] == pytest.approx(sorted([row.score, *ends]))
        assert row.kind != "floor" or row.floor is None or row.score == pytest.approx(row.floor)


def check_pair(pair: PairRow) -> None:
    assert is_told(pair.over_draws) and is_told(pair.over_problems) and pair.words
    assert (pair.p is None) == bool(pair.p_reason) or pair.difference is None, pair
    holds = [one.lo is None or one.lo <= 0 <= one.hi for one in (pair.over_problems, pair.over_draws)]  # type: ignore[operator]
    assert pair.shown == (None if all(holds) else "draws" if holds[0] else "problems"), pair


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_every_figure_is_defined_or_says_why_not(seed: int) -> None:
    report, runs = drawn(seed)
    assert all(run.state == PoolState.DONE or run.state_reason for run in runs)
    for row in report.runs:
        check_run(row)
    for pair in (*report.pairs, *report.all_pairs):
        check_pair(pair)
    told: Any = json.loads(report_json(report), parse_constant=pytest.fail)
    assert ComparisonReport.from_json(told["report"]) == report
    text = report_html(report).decode() + markdown(report).decode()
    files = [csv.reader(io.StringIO(write(report).decode())) for write in TABLES.values()]
    assert not {"nan", "inf", "-inf"} & {cell.lower() for file in files for row in file for cell in row}
    assert not any(word in text for word in (">nan", ">inf", "−inf", "−nan", "nan %", "inf %"))
    assert len(plan_lines(report)) == len(report.pairs)
