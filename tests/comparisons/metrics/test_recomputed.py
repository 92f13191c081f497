"""Figures computed a second time, plainly and slowly, from raw rows: no code of `metrics` takes part."""

from __future__ import annotations

import itertools
import math
import random
import statistics

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student

from comparisons.metrics import (
    DrawDeviations,
    Evaluation,
    ProblemDraws,
    codeforces_update,
    gap_share,
    over_draws_samples,
    over_problems,
    paired_difference,
    performance_rating,
    second_attempts,
)


@pytest.mark.parametrize("seed", range(4))
def test_cluster_bootstrap_is_that_of_resampling_whole_contests_by_hand(seed: int) -> None:
    lots = random.Random(seed)
    labels = [f"contest {lots.randrange(25)}" for _ in range(80)]
    bias = {label: lots.gauss(0.1, 0.3) for label in labels}
    a, b = [bias[label] + lots.gauss(0, 0.2) for label in labels], [lots.gauss(0, 0.1) for _ in labels]
    contests = {label: [x - y for x, y, mine in zip(a, b, labels, strict=True) if mine == label] for label in labels}
    n = len(contests)
    assert n >= 20
    means = []
    for _ in range(4000):
        drawn = [value for label in lots.choices(list(contests), k=n) for value in contests[label]]
        means.append(statistics.fmean(drawn))
    means.sort()
    tail = norm.cdf(-math.sqrt(n / (n - 1)) * student.ppf(0.975, n - 1))
    low, high = means[round(tail * 4000)], means[-1 - round(tail * 4000)]
    found = paired_difference(a, b, clusters=labels)
    assert found.lo is not None and found.hi is not None
    assert found.difference == pytest.approx(statistics.fmean(x - y for x, y in zip(a, b, strict=True)))
    width = high - low
    assert (found.lo, found.hi) == (pytest.approx(low, abs=0.06 * width), pytest.approx(high, abs=0.06 * width))
    summed = over_problems(a, b, clusters=labels)
    assert (summed.lo, summed.hi) == (pytest.approx(80 * found.lo), pytest.approx(80 * found.hi))


@pytest.mark.parametrize("seed", range(3))
def test_t_interval_of_clusters_is_the_robust_one_by_hand(seed: int) -> None:
    lots = random.Random(seed)
    labels = [lots.randrange(6) for _ in range(15)]
    difference = [lots.gauss(0.2, 0.4) for _ in labels]
    mean, groups = statistics.fmean(difference), sorted(set(labels))
    sums = [
        sum(value - mean for value, mine in zip(difference, labels, strict=True) if mine == label) for label in groups
    ]
    error = math.sqrt(len(groups) / (len(groups) - 1) * sum(one**2 for one in sums)) / len(labels)
    half = float(student.ppf(0.975, len(groups) - 1)) * error
    found = paired_difference(difference, [0.0] * 15, clusters=labels)
    assert (found.lo, found.hi) == (pytest.approx(mean - half), pytest.approx(mean + half))
    by_label = [sum(v for v, mine in zip(difference, labels, strict=True) if mine == label) for label in groups]
    observed = abs(sum(by_label))
    flips = [
        abs(sum(sign * one for sign, one in zip(signs, by_label, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(groups))
    ]
    assert found.p == pytest.approx(sum(one >= observed - 1e-12 for one in flips) / len(flips))


@pytest.mark.parametrize("seed", range(20))
def test_score_metrics_are_counts_of_pairs(seed: int) -> None:
    lots = random.Random(seed)
    pairs = [(lots.random() < 0.4, lots.random() < 0.5) for _ in range(lots.randrange(1, 30))]
    n = len(pairs)
    count = {pair: sum(one == pair for one in pairs) for pair in itertools.product((False, True), repeat=2)}
    found = second_attempts([one for one, _ in pairs], [two for _, two in pairs])
    wrong, right = count[False, False] + count[False, True], count[True, False] + count[True, True]
    assert found.first == pytest.approx(right / n)
    assert found.second == pytest.approx((count[False, True] + count[True, True]) / n)
    assert (found.gained, found.lost) == (pytest.approx(count[False, True] / n), pytest.approx(count[True, False] / n))
    assert found.difference == pytest.approx(found.second - found.first) == pytest.approx(found.gained - found.lost)
    assert found.fixed_of_wrong == (pytest.approx(count[False, True] / wrong) if wrong else None)
    assert found.broken_of_right == (pytest.approx(count[True, False] / right) if right else None)


def log_likelihood(rating: float, contests: list[tuple[list[float], float]], weight: str) -> float:
    """Of beating all but place - 1 opponents, each by Elo's chance, up to what does not depend on the rating."""
    total = 0.0
    for opponents, place in contests:
        share = 1 / len(opponents) if weight == "contest" else 1.0
        beaten = len(opponents) + 1 - place
        # Exponential family: beaten · rating minus the log of the normaliser, in Elo's unit.
        total += share * (beaten * rating * math.log(10) / 400)
        total -= share * sum(math.log(1 + 10 ** ((rating - one) / 400)) for one in opponents)
    return total


@pytest.mark.parametrize("weight", ["contest", "opponent"])
@pytest.mark.parametrize("seed", range(4))
def test_rating_is_where_a_plain_likelihood_is_largest(seed: int, weight: str) -> None:
    lots = random.Random(seed)
    contests = []
    for _ in range(3):
        opponents = [lots.gauss(1800, 400) for _ in range(lots.randrange(5, 40))]
        contests.append((opponents, float(lots.randrange(2, len(opponents)))))
    found = performance_rating(contests, weight=weight)
    low, high = 0.0, 4000.0
    for _ in range(100):  # golden-section search
        a, b = low + 0.382 * (high - low), low + 0.618 * (high - low)
        if log_likelihood(a, contests, weight) < log_likelihood(b, contests, weight):
            low = a
        else:
            high = b
    assert found.rating == pytest.approx((low + high) / 2, abs=0.01)
    if weight == "opponent":
        at, h = found.rating, 1.0
        curve = [log_likelihood(at + step, contests, weight) for step in (-h, 0.0, h)]
        assert found.se == pytest.approx(1 / math.sqrt(-(curve[0] - 2 * curve[1] + curve[2]) / h**2), rel=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_rating_update_is_half_the_way_to_the_rating_whose_seed_is_the_middle(seed: int) -> None:
    lots = random.Random(seed)
    opponents, rating, rank = [lots.gauss(1600, 300) for _ in range(30)], 1700.0, lots.randrange(1, 31)

    def seed_of(one: float) -> float:
        return 1 + sum(1 / (1 + 10 ** ((one - other) / 400)) for other in opponents)

    middle = math.sqrt(rank * seed_of(rating))
    wanted = brentq(lambda one: seed_of(one) - middle, -4000, 9000)
    found = codeforces_update(opponents, rating, rank)
    assert (found.seed, found.middle) == (pytest.approx(seed_of(rating)), pytest.approx(middle))
    assert (found.performance, found.delta) == (pytest.approx(wanted), pytest.approx((wanted - rating) / 2))


def chance_of_right(right: list[int], k: int) -> float:
    """Of k drawn at random: one minus the chance of wrong ones only, by counting."""
    wrong = len(right) - sum(right)
    return 1 - math.comb(wrong, k) / math.comb(len(right), k)


def test_interval_of_the_gap_share_is_that_of_half_samples_drawn_by_hand() -> None:
    """first-k against random choice on six problems: shares of the gap over halves that `random` draws."""
    lots, n, k = random.Random(3), 40, 4
    pools = [[int(lots.random() < chance) for _ in range(n)] for chance in (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)]
    score = float(sum(any(right[:k]) for right in pools))
    floor, ceiling = sum(chance_of_right(right, k) for right in pools), float(sum(any(right) for right in pools))
    draws = [ProblemDraws(str(p), np.arange(n), np.zeros(n, dtype=np.int64)) for p in range(6)]

    def first(p: int, rows: np.ndarray) -> Evaluation:
        return Evaluation(float(any(pools[p][row] for row in rows[:k])), k, sent=rows[:k])

    def at_random(p: int, rows: np.ndarray) -> Evaluation:
        return Evaluation(chance_of_right([pools[p][row] for row in rows], k), len(rows))

    def deviations(rule: object) -> DrawDeviations:
        whole = [rule(p, np.arange(n)) for p in range(6)]  # type: ignore[operator]
        return over_draws_samples(rule, draws, whole, pool="a", budget=k, replays=1000)  # type: ignore[arg-type]

    found = gap_share(score, floor, ceiling, score_deviations=deviations(first), floor_deviations=deviations(at_random))
    scores, floors = [], []
    for _ in range(3000):
        kept = [lots.sample(range(n), n // 2) for _ in pools]
        scores.append(sum(any(right[row] for row in rows[:k]) for right, rows in zip(pools, kept, strict=True)))
        floors.append(
            sum(chance_of_right([right[row] for row in rows], k) for right, rows in zip(pools, kept, strict=True))
        )
    # A half's first k are another half's with chance k / n: sqrt(1 / (1 - k / n)). Random choice over n / 2 of n: 1.
    scale = math.sqrt(1 / (1 - k / n))
    mean_score, mean_floor = statistics.fmean(scores), statistics.fmean(floors)
    shares = sorted(
        (score + scale * (one - mean_score) - floor - (other - mean_floor)) / (ceiling - floor - (other - mean_floor))
        for one, other in zip(scores, floors, strict=True)
    )
    share = (score - floor) / (ceiling - floor)
    reach = max(share - shares[75], shares[-76] - share, 1.96 * statistics.pstdev(shares))
    assert found.share == pytest.approx(share)
    assert found.over_draws.half_width == pytest.approx(reach, rel=0.12)


def test_interval_of_the_gap_share_is_exactly_that_of_its_rows() -> None:
    lots = random.Random(9)
    names = ("p", "q", "r")
    runs, floors = ([[lots.gauss(0, size) for _ in names] for _ in range(300)] for size in (2.0, 1.5))
    score, floor, ceiling = 40.0, 25.0, 65.0
    found = gap_share(
        score, floor, ceiling,
        score_deviations=DrawDeviations(names, np.array(runs)),
        floor_deviations=DrawDeviations(names, np.array(floors)),
    )  # fmt: skip
    share = (score - floor) / (ceiling - floor)
    steps = sorted(
        (score + sum(mine) - floor - sum(other)) / (ceiling - floor - sum(other)) - share
        for mine, other in zip(runs, floors, strict=True)
    )
    # Percentiles between ranks: 2.5 % of 299 steps are 7.475 from either end.
    low, high = (steps[i] + part * (steps[i + 1] - steps[i]) for i, part in ((7, 0.475), (291, 0.525)))
    half = max(-low, high, norm.ppf(0.975) * statistics.pstdev(steps))
    assert (found.over_draws.lo, found.over_draws.hi) == (pytest.approx(share - half), pytest.approx(share + half))
