"""Every rule on a whole pool against slow arithmetic of its own: all choices tried, all calls priced one by one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest

from comparisons.actions.runs import run_inline, start_run
from comparisons.models import Candidate, Pool, Price, Run
from tests.comparisons.replay.judged import make_model, make_pool, make_set, make_user

pytestmark = pytest.mark.django_db

POINTS = {"a": (30.0, 70.0), "b": (10.0, 20.0, 30.0), "c": (100.0,)}
SIZES = {"a": 7, "b": 6, "c": 5}


@dataclass
class Drawn:
    """A pool with odd sizes, calls of all sorts and earlier attempts, and what a slow reader must know of it."""

    pool: Pool
    scores: dict[str, list[tuple[float, ...]]]
    public: dict[str, list[int]]
    attempts: dict[str, list[list[Candidate]]]

    @classmethod
    def by(cls, lots: int) -> Drawn:
        rng = np.random.default_rng(lots)
        scores = {
            slug: [tuple(float(rng.choice([0, 0, p / 4, p])) for p in points) for _ in range(SIZES[slug])]
            for slug, points in POINTS.items()
        }
        public = {slug: rng.integers(0, 2, n).tolist() for slug, n in SIZES.items()}
        pool = make_pool(make_set(POINTS), scores, model=make_model(), public=public)
        Price.objects.update(cached_input_usd_per_mtok=Decimal("0.25"), reasoning_usd_per_mtok=Decimal("5"))
        attempts: dict[str, list[list[Candidate]]] = {slug: [] for slug in POINTS}
        for drawn in Candidate.objects.filter(pool=pool).select_related("problem").order_by("problem", "index"):
            drawn.input_tokens = int(rng.integers(100, 1000))
            drawn.cached_input_tokens = int(rng.integers(0, drawn.input_tokens)) if rng.random() < 0.7 else None
            drawn.output_tokens = int(rng.integers(100, 5000))
            drawn.reasoning_tokens = int(rng.integers(0, drawn.output_tokens))
            drawn.latency_s = float(rng.integers(1, 60))
            drawn.attempt = 1 + int(rng.random() < 0.3)
            drawn.save()
            earlier = [cls._cut_off(drawn)] if drawn.attempt == 2 else []
            attempts[drawn.problem.slug].append([*earlier, drawn])
        return cls(pool, scores, public, attempts)

    @staticmethod
    def _cut_off(later: Candidate) -> Candidate:
        return Candidate.objects.create(
            pool=later.pool, problem=later.problem, index=later.index, attempt=1, language="cpp", no_program="cut off",
            finish_reason="length", input_tokens=50, output_tokens=70, reasoning_tokens=70, latency_s=3.0,
        )  # fmt: skip

    def best(self, slug: str, rows: Iterable[int]) -> float:
        """Score of these draws by the rule of IOI."""
        sent = [self.scores[slug][row] for row in rows]
        return sum(max((one[j] for one in sent), default=0.0) for j in range(len(POINTS[slug])))

    def all_choices(self, slug: str, k: int) -> list[float]:
        """Score of every choice of k draws."""
        return [self.best(slug, rows) for rows in itertools.combinations(range(SIZES[slug]), min(k, SIZES[slug]))]

    def cost(self, slug: str, rows: Sequence[int]) -> Decimal:
        """USD of every attempt of these draws: 1 a million tokens in, 0.25 cached, 2 out, 5 reasoning."""
        total = Decimal(0)
        for call in itertools.chain.from_iterable(self.attempts[slug][row] for row in rows):
            cached, reasoning = call.cached_input_tokens or 0, call.reasoning_tokens or 0
            total += (call.input_tokens - cached) + cached * Decimal("0.25")
            total += (call.output_tokens - reasoning) * 2 + reasoning * 5
        return total / 1_000_000

    def everything(self, slug: str) -> range:
        return range(SIZES[slug])


def replayed(drawn: Drawn, rule: str, budget: int) -> Run:
    return run_inline(start_run(make_user(), pool=drawn.pool, strategy=rule, budget=budget, is_inline=True))


def said(run: Run) -> tuple[float, float]:
    assert run.score is not None and run.cost_usd is not None and not run.cost_is_lower_bound
    return round(run.score, 6), round(float(run.cost_usd), 7)


def expected(score: float, cost: Decimal | float) -> tuple[float, float]:
    return pytest.approx(score, abs=1e-6), pytest.approx(float(cost), abs=1e-7)


@pytest.mark.parametrize(("lots", "k"), [(0, 1), (1, 2), (2, 3), (3, 9)])
def test_floor_and_ceilings_equal_trying_all_choices(lots: int, k: int) -> None:
    drawn = Drawn.by(lots)
    choices = [drawn.all_choices(slug, k) for slug in POINTS]
    whole = {slug: drawn.cost(slug, drawn.everything(slug)) for slug in POINTS}
    floor, oracle = replayed(drawn, "random-k", k), replayed(drawn, "oracle-k", k)
    share = sum(float(usd) * min(k, SIZES[slug]) / SIZES[slug] for slug, usd in whole.items())
    assert said(floor) == expected(sum(float(np.mean(one)) for one in choices), share)
    assert floor.sd == pytest.approx(math.sqrt(sum(float(np.var(one)) for one in choices)), abs=1e-6)
    assert said(oracle) == expected(sum(max(one) for one in choices), sum(whole.values()))
    limit = sum(drawn.best(slug, drawn.everything(slug)) for slug in POINTS)
    assert said(replayed(drawn, "no-limit", k)) == expected(limit, sum(whole.values()))


@pytest.mark.parametrize(("lots", "k"), [(4, 1), (5, 2), (6, 9)])
def test_strategies_send_and_pay_for_what_they_say(lots: int, k: int) -> None:
    drawn = Drawn.by(lots)
    first = {slug: range(min(k, SIZES[slug])) for slug in POINTS}
    passing = {slug: [row for row in drawn.everything(slug) if drawn.public[slug][row]] for slug in POINTS}
    until = {slug: range(rows[k - 1] + 1 if len(rows) >= k else SIZES[slug]) for slug, rows in passing.items()}
    longest = {
        slug: sorted(drawn.everything(slug), key=lambda row: -(drawn.attempts[slug][row][-1].reasoning_tokens or 0))
        for slug in POINTS
    }
    rules = {
        "first-k": (first, first),
        "public-filter": ({slug: rows[:k] for slug, rows in passing.items()}, until),
        "longest-thought": ({slug: rows[:k] for slug, rows in longest.items()}, longest),
    }
    limit = sum(max(drawn.all_choices(slug, k)) for slug in POINTS)
    for rule, (sent, paid) in rules.items():
        run = replayed(drawn, rule, k)
        score = sum(drawn.best(slug, rows) for slug, rows in sent.items())
        assert said(run) == expected(score, sum(drawn.cost(slug, list(rows)) for slug, rows in paid.items()))
        assert score <= limit + 1e-9
