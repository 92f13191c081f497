import numpy as np
import pytest

from comparisons.metrics import (
    DrawDeviations,
    Evaluation,
    Interval,
    ProblemDraws,
    Shown,
    gap_share,
    half_samples,
    of_problem,
    over_draws,
    over_draws_difference,
    over_draws_samples,
    pass_at_k,
    shown,
    smallest_shown,
)
from comparisons.metrics.half_scale import scale_of


def make_draws(n, problem="p", units=1):
    index, aimed = np.divmod(np.arange(n * units), units)
    return ProblemDraws(problem, index, aimed + 1 if units > 1 else aimed)


def test_half_samples_keep_half_of_every_unit_in_turns():
    draws = make_draws(5, units=3)
    kept = half_samples(draws, pool="a", replays=50)
    assert kept.shape == (50, 6)
    assert (draws.aimed[kept] == [1, 2, 3, 1, 2, 3]).all()
    assert all(len(set(rows)) == 6 for rows in kept.tolist())


def test_half_samples_keep_every_draw_equally_often():
    kept = half_samples(make_draws(10), pool="a", replays=2000)
    counts = np.bincount(kept.ravel(), minlength=10)
    assert counts.min() > 900
    assert counts.max() < 1100
    assert abs(np.bincount(kept[:, 0], minlength=10) - 200).max() < 60


def test_half_samples_are_joint_for_runs_of_one_pool_only():
    draws = make_draws(12)
    again = half_samples(make_draws(12), pool="a")
    assert np.array_equal(half_samples(draws, pool="a"), again)
    assert not np.array_equal(half_samples(draws, pool="b"), again)
    assert not np.array_equal(half_samples(draws, pool="a", seed=1), again)
    # A run on the first 6 draws prefers the same ones: those of its half that the whole also keeps come first there.
    first = half_samples(make_draws(6), pool="a")
    for short, long in zip(first.tolist(), again.tolist(), strict=True):
        shared = [row for row in long if row < 6]
        assert shared[:3] == short[: len(shared)]


def test_half_samples_follow_the_draw_index_not_the_row():
    gap = ProblemDraws("p", np.array([0, 2, 3, 5]), np.zeros(4, dtype=np.int64))
    whole = half_samples(make_draws(6), pool="a")
    for rows, long in zip(half_samples(gap, pool="a").tolist(), whole.tolist(), strict=True):
        kept = [int(gap.index[row]) for row in rows]
        assert [i for i in long if i in kept] == [i for i in kept if i in long]


def simulate(rng, chances, *, n, k, rule):
    """One redraw of the pools: the score of the run and its over-draws interval."""
    pools = [rng.random(n) < chance for chance in chances]
    tokens = rng.random((len(pools), n))

    def evaluate(p, rows):
        right = pools[p]
        if rule == "random-k":
            return Evaluation(pass_at_k(len(rows), int(right[rows].sum()), k=k), len(rows))
        order = rows if rule == "first-k" else rows[np.argsort(-tokens[p][rows])]
        return Evaluation(float(right[order[:k]].any()), len(rows), sent=order[:k])

    draws = [make_draws(n, str(p)) for p in range(len(chances))]
    whole = [evaluate(p, np.arange(n)) for p in range(len(chances))]
    deviations = over_draws_samples(evaluate, draws, whole, pool=str(rng.integers(2**60)), budget=k, replays=100)
    return over_draws(sum(one.score for one in whole), deviations, points=len(chances))


@pytest.mark.parametrize("rule", ["random-k", "first-k", "longest-thought"])
def test_over_draws_interval_covers_the_models_true_score(rule):
    rng = np.random.default_rng(5)
    chances = [0.02, 0.1, 0.2, 0.35, 0.05, 0.6]
    truth = sum(1 - (1 - chance) ** 4 for chance in chances)
    intervals = [simulate(rng, chances, n=24, k=4, rule=rule) for _ in range(100)]
    known = [one for one in intervals if one.is_known]
    assert len(known) >= 98
    assert sum(one.lo <= truth <= one.hi for one in known) >= 0.9 * len(known)


def test_over_draws_intervals_of_rare_right_candidates_hold_the_truth():
    """2 % right: in one of nine pools a single candidate is the whole spread, which is no spread to go by."""
    rng = np.random.default_rng(8)
    truth = 8 * (1 - 0.98**4)
    intervals = [simulate(rng, [0.02] * 8, n=20, k=4, rule="random-k") for _ in range(60)]
    known = [one for one in intervals if one.is_known]
    assert 40 <= len(known) < 60
    assert sum(one.lo <= truth <= one.hi for one in known) >= 0.9 * len(known)


def test_over_draws_of_one_right_candidate_is_absent():
    right = np.array([1.0] + [0.0] * 11)
    draws, whole = [make_draws(12)], [Evaluation(2 / 12, 12)]
    deviations = over_draws_samples(
        lambda p, rows: Evaluation(2 * float(right[rows].mean()), len(rows)), draws, whole, pool="a", budget=2
    )
    assert over_draws(2 / 12, deviations).reason == (
        "halves of the draws give two results only: too few to measure a spread"
    )


def widths_by_order(n, k, replays=2000):
    """Scale of what sends the k first of a fixed order of n draws."""
    halves = half_samples(make_draws(n), pool="a", replays=replays)
    found = [Evaluation(0.0, n // 2, sent=np.sort(rows)[:k]) for rows in halves]
    return scale_of(found, Evaluation(0.0, n, sent=np.arange(min(k, n))), n)


def test_scale_of_what_is_sent_follows_how_much_halves_share():
    """The first of an order is that of both halves with chance 1/3, all but the end of it with chance 1/2."""
    assert widths_by_order(200, 1) == pytest.approx(1.5**0.5, rel=0.03)
    assert widths_by_order(400, 60) == pytest.approx(2**0.5, rel=0.05)
    assert widths_by_order(40, 40) == pytest.approx(1.0, rel=0.01)
    first = [Evaluation(0.0, 20, sent=rows[:5]) for rows in half_samples(make_draws(40), pool="a", replays=2000)]
    assert scale_of(first, Evaluation(0.0, 5, sent=np.arange(5)), 40) == pytest.approx((40 / 35) ** 0.5, rel=0.01)


def test_scale_where_nothing_is_sent_is_1():
    nothing = Evaluation(0.0, 20, sent=np.array([], dtype=int))
    assert scale_of([nothing] * 5, nothing, 40) == 1.0


def test_lots_that_explain_more_than_the_whole_spread_leave_the_scores_own():
    halves = [Evaluation(score, 20, 5, 0.5) for score in (0.0, 0.2, 0.4)]
    whole = Evaluation(0.2, 40, 20)
    spread = np.std([half.score for half in halves])
    assert scale_of(halves, whole, 40) * spread == pytest.approx((0.5 / 20) ** 0.5)


def by_lot(right, seeds, *, is_told=True):
    """Widths over draws of sending one draw by lot, mean over so many lots a half, for a score of 20 lots."""
    lots = np.random.default_rng(3)

    def evaluate(p, rows):
        sent = right[p][lots.choice(rows, seeds)]
        return Evaluation(float(sent.mean()), len(rows), *((seeds, float(sent.var(ddof=1))) if is_told else ()))

    draws = [ProblemDraws(str(p), np.arange(60), np.zeros(60, dtype=int)) for p in range(len(right))]
    whole = [Evaluation(float(one.mean()), 60, 20) for one in right]
    found = over_draws_samples(evaluate, draws, whole, pool="a", budget=1)
    return over_draws(float(sum(one.mean() for one in right)), found).half_width


def test_fewer_seeds_of_a_half_leave_the_interval_as_wide_as_the_score_is_sure():
    right = np.random.default_rng(1).random((12, 60)) < 0.5
    whole = by_lot(right, 20)
    assert by_lot(right, 5) == pytest.approx(whole, rel=0.1)
    assert by_lot(right, 5, is_told=False) > 1.4 * whole


def constant(p, rows):
    return Evaluation(1.0, len(rows))


@pytest.mark.parametrize(
    ("n", "budget", "reason"),
    [(1, 1, "one draw per unit (p)"), (9, 5, "k near n: the budget of 5 is more than half of the 9 draws of p")],
)
def test_over_draws_says_why_it_cannot_tell(n, budget, reason):
    draws = [make_draws(n)]
    deviations = over_draws_samples(constant, draws, [constant(0, np.arange(n))], pool="a", budget=budget)
    interval = over_draws(1.0, deviations)
    assert (interval.lo, interval.hi) == (None, None)
    assert interval.reason.startswith(reason)


def test_over_draws_of_a_uniform_pool_is_absent_not_of_zero_width():
    deviations = over_draws_samples(constant, [make_draws(20)], [Evaluation(1.0, 20)], pool="a", budget=3)
    assert over_draws(1.0, deviations) == Interval.absent(
        "every half of the draws gives the same result: too uniform to measure a spread"
    )


def deviations_of(*columns):
    names = tuple("pqrs"[: len(columns)])
    return DrawDeviations(names, np.array(columns, dtype=float).T)


def test_over_draws_is_cut_at_0_and_at_the_points():
    deviations = deviations_of(np.linspace(-5, 5, 101))
    interval = over_draws(1.0, deviations, points=3.0)
    assert (interval.lo, interval.hi) == (0.0, 3.0)


def test_over_draws_difference_subtracts_replay_by_replay():
    steps = np.sin(np.arange(200.0))
    run, baseline = deviations_of(steps, steps), deviations_of(steps, steps + 0.01 * np.cos(np.arange(200.0)))
    joint = over_draws_difference(1.0, run, baseline)
    assert joint.half_width < 0.03
    assert over_draws_difference(0.0, run, run).reason.startswith("every half of the draws")


def test_over_draws_difference_uses_shared_problems_only():
    run = DrawDeviations(("p", "q"), np.array([[1.0, 9.0], [-1.0, -9.0]]))
    baseline = DrawDeviations(("p",), np.array([[0.0], [0.0]]))
    assert over_draws_difference(0.0, run, baseline) == over_draws_difference(0.0, of_problem(run, "p"), baseline)


def test_over_draws_difference_passes_the_reason_on():
    refused = DrawDeviations(("p",), np.empty((0, 1)), "one draw per unit")
    assert over_draws_difference(1.0, deviations_of([1.0, -1.0]), refused) == Interval.absent("one draw per unit")


def test_shown_names_the_widest_claim_that_holds():
    apart, across = Interval(1.0, 3.0), Interval(-1.0, 5.0)
    absent = Interval.absent("one problem only")
    assert shown(apart, apart) is Shown.PROBLEMS
    assert shown(across, apart) is Shown.PROBLEMS
    assert shown(apart, across) is Shown.DRAWS
    assert shown(apart, absent) is Shown.DRAWS
    assert shown(across, absent) is None
    assert (smallest_shown(across), smallest_shown(absent)) == (3.0, None)


def test_gap_share_of_the_published_strategy():
    none = DrawDeviations(("ioi",), np.empty((0, 1)), "no draws were published")
    result = gap_share(213, 156, 362.14, score_deviations=none, floor_deviations=none)
    assert round(100 * result.share, 1) == 27.7
    assert result.over_draws == Interval.absent("no draws were published")


def test_gap_share_redraws_score_and_floor_jointly():
    steps = np.sin(np.arange(200.0))
    both = gap_share(6, 4, 8, score_deviations=deviations_of(steps), floor_deviations=deviations_of(steps * 0))
    assert both.share == 0.5
    assert round(both.over_draws.half_width, 2) == 0.35


def test_gap_share_without_a_gap_is_unknown():
    steps = deviations_of([1.0, -1.0])
    result = gap_share(4, 4, 4, score_deviations=steps, floor_deviations=steps)
    assert (result.share, result.over_draws.lo) == (None, None)
    assert result.over_draws.reason.startswith("floor and ceiling are equal")


def test_gap_share_within_the_noise_is_unknown():
    steps = deviations_of(5 * np.sin(np.arange(200.0)))
    result = gap_share(6, 4, 8, score_deviations=steps, floor_deviations=steps)
    assert (result.share, result.over_draws.reason) == (
        None, "the gap lies within the noise of random choice over draws",
    )  # fmt: skip


def test_gap_share_of_next_to_no_gap_is_unknown():
    steps = deviations_of([1.0, -1.0, 0.5])
    result = gap_share(599.9, 599.8, 600.0, score_deviations=steps, floor_deviations=steps)
    assert (result.share, result.over_draws.lo) == (None, None)
    assert "less than 0.1 % apart" in result.over_draws.reason
