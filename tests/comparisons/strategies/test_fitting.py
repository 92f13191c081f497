"""A learned score never sees the problem it ranks; the tests of that fail where a fold is wrong."""

from dataclasses import replace

import numpy as np
import pytest

from comparisons.metrics.calibration import auc, calibration
from comparisons.strategies import STRATEGIES, StrategyError
from comparisons.strategies import replay as replay_strategy
from comparisons.strategies.features import feature_names
from comparisons.strategies.fitted import Fitted
from comparisons.strategies.fitting import JudgedView, fit
from comparisons.strategies.training import Examples, Fold, Leave, folds, train, usable
from tests.comparisons.strategies.learned import POINTS, judged

SIX = [judged(number) for number in range(6)]


def with_other_outcomes(one: JudgedView) -> JudgedView:
    return replace(one, scores=np.random.default_rng(3).permutation(POINTS - one.scores))


@pytest.mark.parametrize(("leave", "hidden"), [(Leave.PROBLEM, {0}), (Leave.SET, {0, 1})])
def test_other_outcomes_of_the_ranked_problem_change_neither_its_scores_nor_its_weights(leave, hidden):
    problems = [replace(one, problem_set=f"set {number // 2}") for number, one in enumerate(SIX)]
    changed = [with_other_outcomes(one) if number in hidden else one for number, one in enumerate(problems)]
    before, after = (fit(some, leave, with_probes=True, tries=4, budget=5) for some in (problems, changed))
    fold = next(f for f, one in enumerate(before.folds) if 0 in one.held_out)
    one, other = before.fitted(fold), after.fitted(fold)
    assert np.array_equal(one.quality(problems[0].view), other.quality(problems[0].view))
    assert one.tuned == other.tuned and np.array_equal(before.searches[fold].trained, after.searches[fold].trained)
    # The other folds did learn from it, so the comparison could have failed.
    assert not np.array_equal(before.weights[-1].coef, after.weights[-1].coef)


def marked(number: int, n: int = 40) -> Examples:
    """A problem whose column of its own tells its outcomes and is 0 elsewhere: only who trained on it can know."""
    solved = np.random.default_rng(number).integers(0, 2, n).astype(float)
    columns = np.zeros((n, 4))
    columns[:, number] = 2 * solved - 1
    return Examples(frozenset({f"row {number}"}), "one", columns, solved)


def leak(examples: list[Examples], made: list[Fold]) -> float:
    """AUC on what was held out, mean over the folds: 0.5 where nothing leaks."""
    found = [
        auc(train([examples[at] for at in fold.trained_on]).predict(examples[held].columns), examples[held].solved)
        for fold in made
        for held in fold.held_out
    ]
    return float(np.mean(found))


def test_folds_leak_nothing_and_the_detector_finds_a_wrong_one():
    examples = [marked(number) for number in range(4)]
    right = folds(examples, Leave.PROBLEM)
    assert leak(examples, right) == 0.5
    wrong = [Fold(fold.held_out, (*fold.trained_on, *fold.held_out)) for fold in right]
    assert leak(examples, wrong) == 1.0


def test_folds_hold_out_every_row_that_is_the_same_problem():
    def example(names, problem_set):
        return Examples(frozenset(names), problem_set, np.zeros((2, 3)), np.array([0.0, 1.0]))

    # Two pools on one problem; an equal one in another set; and one that two others know by different names.
    examples = [
        example({"row 1", "content a"}, "s"),
        example({"row 1", "content a"}, "s"),
        example({"row 2", "content a"}, "t"),
        example({"row 3", "content c"}, "t"),
    ]
    by_problem = folds(examples, Leave.PROBLEM)
    assert by_problem == [Fold((0, 1, 2), (3,)), Fold((3,), (0, 1, 2)), Fold((), (0, 1, 2, 3))]
    by_set = folds([*examples, example({"row 9"}, "u")], Leave.SET)
    assert by_set[0] == Fold((0, 1), (3, 4)) and by_set[1] == Fold((2, 3), (4,))
    assert usable(by_problem, examples, frozenset({"row 3"}), "t", Leave.PROBLEM) == 1
    assert usable(by_problem, examples, frozenset({"row 7"}), "x", Leave.PROBLEM) == 2
    assert usable(by_problem, examples, frozenset({"row 1", "content c"}), "x", Leave.PROBLEM) is None


def test_a_single_problem_or_set_is_refused():
    with pytest.raises(StrategyError, match="at least two are needed"):
        fit(SIX[:1], Leave.PROBLEM, with_probes=True)
    with pytest.raises(StrategyError, match="trained on other problem sets"):
        fit(SIX, Leave.SET, with_probes=True)


def test_held_out_predictions_beat_the_base_rate_where_there_is_something_to_learn():
    made = fit(SIX, Leave.PROBLEM, with_probes=True)
    learned, base = calibration(made.predicted, made.solved), calibration(made.base, made.solved)
    assert learned.log_loss < 0.6 * base.log_loss and learned.brier < base.brier
    assert learned.auc is not None and learned.auc > 0.9
    noise = [
        replace(one, scores=(np.random.default_rng(n).random((60, 2)) < 0.3) * POINTS) for n, one in enumerate(SIX)
    ]
    made = fit(noise, Leave.PROBLEM, with_probes=True)
    assert abs((auc(made.predicted, made.solved) or 0.0) - 0.5) < 0.12


def test_equal_seeds_give_equal_fits():
    one, other = (fit(SIX[:3], Leave.PROBLEM, with_probes=True, seed=5, tries=3, budget=4) for _ in range(2))
    assert all(np.array_equal(a.coef, b.coef) for a, b in zip(one.weights, other.weights, strict=True))
    assert np.array_equal(one.tries, other.tries) and [s.chosen for s in one.searches] == [
        s.chosen for s in other.searches
    ]


def test_learned_rank_sends_the_best_first_and_needs_a_fit():
    made = fit(SIX, Leave.PROBLEM, with_probes=True)
    one = SIX[0]
    with pytest.raises(StrategyError, match="needs a fit"):
        replay_strategy(STRATEGIES["learned-rank"], one.view, one.scores, POINTS, budget=3)
    view = replace(one.view, fit=made.fitted(0))
    played = replay_strategy(STRATEGIES["learned-rank"], view, one.scores, POINTS, budget=60, options={"stop": "no"})
    expected = made.fitted(0).quality(view) @ POINTS
    sent = [expected[submission.row] for submission in played.seeds[0].submissions]
    assert len(sent) == 60 and sent == sorted(sent, reverse=True)
    assert replay_strategy(STRATEGIES["learned-rank"], view, one.scores, POINTS, budget=3).score == 100.0


def test_a_fit_with_probes_refuses_a_pool_without_and_columns_of_another_version():
    made = fit(SIX[:2], Leave.PROBLEM, with_probes=True)
    with pytest.raises(StrategyError, match="not run on any"):
        made.fitted(0).quality(replace(SIX[0].view, probes=None))
    fitted = made.fitted(0)
    with pytest.raises(StrategyError, match="fit anew"):
        Fitted(fitted.names, fitted.weights, version=0).quality(SIX[0].view)


def test_without_probes_only_columns_that_every_pool_has():
    made = fit([judged(n, with_probes=False) for n in range(3)], Leave.PROBLEM, with_probes=False, tries=5)
    assert made.names == feature_names(with_probes=False) and not any("probe" in name for name in made.names)
    assert len(made.tries) == 0 and "not every pool was run on any" in made.untuned


def test_a_problem_where_all_end_alike_gives_the_smoothed_base_rate():
    hopeless = [replace(judged(n), scores=np.zeros((60, 2))) for n in range(3)]
    made = fit(hopeless, Leave.PROBLEM, with_probes=True)
    assert np.allclose(made.predicted, 0.5 / 241) and auc(made.predicted, made.solved) is None


def test_tuned_weights_are_those_with_the_best_objective_and_o1_ioi_uses_them():
    made = fit(SIX[:4], Leave.PROBLEM, with_probes=True, tries=6, budget=3)
    for fold, search in zip(made.folds, made.searches, strict=True):
        assert search.trained[search.chosen] == search.trained.max() >= search.trained[0]
        assert np.isnan(search.held_out).all() == (not fold.held_out)
    one, fitted = SIX[0], made.fitted(0)
    view = replace(one.view, fit=fitted)
    strategy = STRATEGIES["o1-ioi"]
    tuned = replay_strategy(strategy, view, one.scores, POINTS, budget=3, options={"weights": "tuned"})
    given = replay_strategy(strategy, view, one.scores, POINTS, budget=3, options=dict(fitted.tuned))
    assert tuned.seeds == given.seeds
    assert tuned.score == pytest.approx(made.searches[0].held_out[made.searches[0].chosen] * 100)
    with pytest.raises(StrategyError, match="whose weights were tuned"):
        replay_strategy(strategy, one.view, one.scores, POINTS, budget=3, options={"weights": "tuned"})
