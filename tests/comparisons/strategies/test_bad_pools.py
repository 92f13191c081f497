"""Odd pools and budgets: every strategy refuses with a sentence or gives a defined result, and none substitutes."""

from dataclasses import replace

import numpy as np
import pytest

from comparisons.metrics import no_limit, oracle_k, random_k
from comparisons.stages.rules import rule_of
from comparisons.strategies import STRATEGIES, Need, ProbeMatrix, StrategyError, replay
from tests.comparisons.strategies.full_view import full_view

POINTS = [40.0, 60.0]
NAN = float("nan")
SCORES = np.array([[40.0, 0.0], [0.0, 60.0], [10.0, 10.0], [0.0, 0.0], [40.0, 0.0], [0.0, 30.0]])


def _without(view, need):
    """The view as it is where nothing of this need was run or recorded."""
    unknown = np.full(len(view), NAN)
    return {
        Need.PROBES: lambda: replace(view, probes=None),
        Need.TOKENS: lambda: replace(view, reasoning_tokens=unknown, output_tokens=unknown, latency_s=unknown),
        Need.GENERATED: lambda: replace(view, generated=None),
        Need.PUBLIC: lambda: replace(view, public_passed=np.full(len(view), -1)),
        Need.DUELS: lambda: replace(view, beats=None),
    }[need]()


def _played(slug, view=None, scores=SCORES, *, budget=3, **options):
    view = full_view() if view is None else view
    return replay(STRATEGIES[slug], view, scores, POINTS, budget=budget, seeds=2, options=options)


@pytest.mark.parametrize("slug", STRATEGIES)
def test_unknown_option_is_refused_by_name(slug):
    with pytest.raises(StrategyError, match=f"{slug} has no option 'colour'"):
        _played(slug, colour="red")


@pytest.mark.parametrize("budget", [0, -1])
@pytest.mark.parametrize("slug", [*STRATEGIES, "random-k", "oracle-k", "no-limit"])
def test_budget_below_1_is_refused(slug, budget):
    with pytest.raises(StrategyError, match=f"a budget of {budget} submissions: at least 1 is needed"):
        rule_of(slug, budget=budget)


@pytest.mark.parametrize("slug", STRATEGIES)
def test_budget_larger_than_the_pool_sends_nobody_twice(slug):
    for one in _played(slug, budget=1000).seeds:
        rows = [sent.row for sent in one.submissions]
        assert len(rows) == len(set(rows)) <= 6


@pytest.mark.parametrize(
    ("slug", "need", "said"),
    [
        *[
            (slug, Need.PROBES, "was not run on any")
            for slug, one in STRATEGIES.items()
            if Need.PROBES in one.needed(one.complete())
        ],
        ("longest-thought", Need.TOKENS, "orders by reasoning-tokens, and no candidate of this pool has it"),
        ("open-r1", Need.TOKENS, "orders by output tokens, and no candidate of this pool has them"),
        (
            "gencluster",
            Need.TOKENS,
            "takes the member with most reasoning-tokens, and no candidate of this pool has it",
        ),
        ("codet", Need.GENERATED, "was not run on any"),
        ("codemonkeys", Need.GENERATED, "was not run on any"),
        ("public-filter", Need.PUBLIC, "was not run on them"),
        ("gencluster", Need.DUELS, "no judge's words are recorded"),
    ],
)
def test_pool_without_what_the_strategy_needs_is_refused(slug, need, said):
    with pytest.raises(StrategyError, match=said):
        _played(slug, _without(full_view(), need))


def test_longest_thought_by_a_measure_that_only_others_have_is_refused_not_replaced():
    view = replace(full_view(), output_tokens=np.full(6, NAN))
    with pytest.raises(StrategyError, match="orders by output-tokens"):
        _played("longest-thought", view, measure="output-tokens")


@pytest.mark.parametrize("slug", STRATEGIES)
def test_subtask_that_nobody_solved_scores_0(slug):
    scores = SCORES * np.array([1.0, 0.0])
    played = _played(slug, scores=scores, budget=6)
    assert played.subtask_scores[1] == 0.0
    assert played.score <= 40.0


@pytest.mark.parametrize("slug", STRATEGIES)
def test_one_candidate_is_sent_or_left_out(slug):
    view = full_view().take([4])
    if Need.DUELS in STRATEGIES[slug].needs:
        with pytest.raises(StrategyError, match="no judge's words"):
            _played(slug, view, SCORES[4:5])
        return
    assert _played(slug, view, SCORES[4:5]).score in (0.0, 40.0)


@pytest.mark.parametrize("slug", STRATEGIES)
def test_unjudged_candidate_that_is_sent_leaves_bounds_and_no_score(slug):
    played = _played(slug, scores=np.full((6, 2), NAN), budget=6)
    sent = any(one.submissions for one in played.seeds)
    assert (played.score is None) == sent
    assert played.bounds == ((0.0, 100.0) if sent else None)


def test_floor_and_ceilings_refuse_unknown_scores():
    for rule in (lambda: random_k([[NAN]], k=1), lambda: oracle_k([[NAN]], k=1), lambda: no_limit([[NAN]])):
        with pytest.raises(ValueError, match="NaN"):
            rule()
    with pytest.raises(ValueError, match="without candidates"):
        random_k(np.empty((0, 2)), k=1)


def test_probes_without_a_column_are_no_probes():
    empty = {t: ProbeMatrix(np.empty((6, 0), dtype=np.int32)) for t in (1, 2)}
    with pytest.raises(StrategyError, match="was not run on any"):
        _played("majority", replace(full_view(), probes=empty))
