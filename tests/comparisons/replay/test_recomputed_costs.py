"""Cost and latency of runs, recomputed plainly from candidates as they stand in the database."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from comparisons.actions.runs import run_inline, start_run
from comparisons.models import Candidate, Pool, Price, Run, blobs
from tests.comparisons.replay.judged import make_model, make_pool, make_probing, make_set, make_user

pytestmark = pytest.mark.django_db

DEMO = Path(__file__).resolve().parents[3] / "fixtures" / "pools" / "base.jsonl"
SLOTS, CORES = 64, 8
USD = {"input": "1.25", "cached_input": "0.125", "output": "10", "reasoning": None}


def filled(pool: Pool, usages: list[dict[str, Any]]) -> Pool:
    """The pool with these token counts and times, candidate by candidate."""
    for candidate, usage in zip(pool.candidates.order_by("problem", "index"), usages, strict=True):
        Candidate.objects.filter(pk=candidate.pk).update(**usage)
    return pool


def plain_cost(candidate: Candidate) -> Fraction | None:
    """USD of one candidate's call by hand; None where a count is unknown."""
    if candidate.input_tokens is None or candidate.output_tokens is None:
        return None
    cached = candidate.cached_input_tokens or 0
    parts = ((candidate.input_tokens - cached, "input"), (cached, "cached_input"), (candidate.output_tokens, "output"))
    return sum((Fraction(tokens) * Fraction(str(USD[name])) for tokens, name in parts), Fraction(0)) / 1_000_000


def plain_schedule(times: list[float], slots: int) -> float:
    """Each call on the slot that is free first, minute by minute as it were."""
    ends: list[float] = []
    for time in times:
        running = sorted(ends)[-slots:] if len(ends) >= slots else []
        ends.append((running[0] if running else 0.0) + time)
    return max(ends, default=0.0)


def test_schedule_by_hand() -> None:
    assert plain_schedule([3.0, 1.0, 1.0, 1.0], 2) == 3.0
    assert plain_schedule([1.0, 3.0, 1.0, 1.0], 2) == 3.0
    assert plain_schedule([2.0, 2.0, 5.0], 2) == 7.0


def priced_pool(draws: int, problems: tuple[str, ...], usages: list[dict[str, Any]]) -> Pool:
    lots = random.Random(draws)
    problem_set = make_set(dict.fromkeys(problems, (1.0,)))
    scores = {slug: [(float(lots.random() < 0.3),) for _ in range(draws)] for slug in problems}
    public = {slug: [int(lots.random() < 0.5) for _ in range(draws)] for slug in problems}
    pool = make_pool(problem_set, scores, model=make_model(usd=("1", "2")), public=public)
    Price.objects.filter(model=pool.model).update(
        **{f"{name}_usd_per_mtok": None if value is None else Decimal(value) for name, value in USD.items()}
    )
    return filled(pool, usages)


def demo_usages(n: int) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in DEMO.read_text().splitlines()[:n]]
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")
    return [{name: one["usage"].get(name) for name in names} | {"latency_s": one["latency_s"]} for one in records]


def random_usages(n: int, seed: int) -> list[dict[str, Any]]:
    lots = random.Random(seed)
    found = []
    for _ in range(n):
        tokens = lots.randrange(100, 5000)
        found.append(
            {
                "input_tokens": tokens,
                "cached_input_tokens": lots.choice([None, 0, tokens // 3]),
                "output_tokens": lots.randrange(1, 90_000),
                "reasoning_tokens": None,
                "latency_s": round(lots.uniform(0.5, 400), 3),
            }
        )
    return found


def replayed(pool: Pool, strategy: str, budget: int) -> Run:
    return run_inline(start_run(make_user(), pool=pool, strategy=strategy, budget=budget, is_inline=True))


USAGES = {"demo": demo_usages(200), "random": random_usages(200, 1), "other": random_usages(200, 2)}


@pytest.mark.parametrize("usages", USAGES)
@pytest.mark.parametrize(
    "strategy", ["first-k", "random-k", "longest-thought", "public-filter", "majority", "no-limit"]
)
def test_cost_and_latency_are_the_sums_of_the_calls_that_a_rule_needs(usages: str, strategy: str) -> None:
    draws, budget, problems = 100, 3, ("p", "q")
    pool = priced_pool(draws, problems, [dict(one) for one in USAGES[usages]])
    if strategy == "longest-thought":
        for candidate in pool.candidates.all():
            Candidate.objects.filter(pk=candidate.pk).update(reasoning_tokens=candidate.output_tokens)
    if strategy == "majority":
        make_probing(pool, {slug: [[[i % 7, i % 3] for i in range(draws)]] for slug in problems})
    run = replayed(pool, strategy, budget)
    cost, latency, is_known = Fraction(0), 0.0, True
    ranking_s = run.details["latency"]["ranking_s"]
    for slug in problems:
        mine = list(pool.candidates.filter(problem__slug=slug).order_by("index"))
        passed = passes(run, slug)
        if strategy == "public-filter":  # until k pass, else all
            places = [place for place, ok in enumerate(passed) if ok][:budget]
            needed = mine[: places[-1] + 1] if len(places) == budget else mine
        else:
            needed = mine[:budget] if strategy in ("first-k", "random-k") else mine
        calls = mine if strategy == "random-k" else needed
        costs = [plain_cost(one) for one in calls]
        is_known = is_known and None not in costs
        share = Fraction(len(needed), len(calls))
        cost += share * sum((one for one in costs if one is not None), Fraction(0))
        trial = run.trials.get(problem__slug=slug)
        cpu = 0.0
        if strategy == "public-filter":
            cpu += 0.1 * len(needed)
        if strategy == "majority":
            cpu += 0.5 * len(needed)
        seconds = [float(one.latency_s or 0.0) for one in needed]
        making = 2.0 if strategy == "majority" else 0.0
        if strategy != "random-k":
            expected = plain_schedule(seconds, SLOTS) + making + cpu / CORES
            latency += expected
            # Choosing is measured: of a problem it is no more than of the run.
            assert expected - 1e-3 <= trial.latency_s <= expected + ranking_s + 1e-3
    assert is_known and not run.cost_is_lower_bound
    assert run.cost_usd == pytest.approx(Decimal(float(cost)), rel=Decimal("1e-5"))
    if strategy != "random-k":
        assert run.latency_s == pytest.approx(latency + ranking_s, abs=5e-3)


def passes(run: Run, slug: str) -> list[bool]:
    """Public tests as the judging's array has them, in drawing order."""
    row = run.judging.problems.get(problem__slug=slug)
    arrays = blobs.get_arrays(row.outcomes)
    by_id = dict(zip(arrays["candidate"].tolist(), arrays["public_passed"].tolist(), strict=True))
    ids = run.revision.pool.candidates.filter(problem__slug=slug).order_by("index").values_list("pk", flat=True)
    return [by_id[pk] >= row.version.n_samples for pk in ids]
