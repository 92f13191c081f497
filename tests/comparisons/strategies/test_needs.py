"""A strategy sees what it declares to look at, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from comparisons.strategies import STRATEGIES, Need, Strategy, StrategyError, replay
from tests.comparisons.strategies.full_view import full_view
from tests.comparisons.strategies.pools import make_view

SCORES = np.zeros((6, 2))
POINTS = [40.0, 60.0]


def _seen(*needs):
    """What a strategy with these needs is shown of a pool that has everything."""
    views = []
    spy = Strategy(
        slug="spy", version=1, title="", summary="", needs=frozenset(needs), run=lambda view, *_: views.append(view)
    )
    replay(spy, full_view(), SCORES, POINTS, budget=2)
    return views[0]


def _hidden(view):
    """Which needs' arrays say nothing."""
    matrices = (view.probes or {}).values()
    return {
        Need.PUBLIC: bool((view.public_passed == -1).all()),
        Need.TOKENS: all(
            bool(np.isnan(array).all()) for array in (view.reasoning_tokens, view.output_tokens, view.latency_s)
        ),
        Need.PROBES: view.probes is None,
        Need.BRUTE_FORCE: not any((one.expected != -100).any() or (one.agreement > 0).any() for one in matrices),
        Need.GENERATED: view.generated is None,
        Need.DUELS: view.beats is None,
        Need.FIT: view.fit is None,
    }


@pytest.mark.parametrize("need", Need)
def test_strategy_sees_only_what_it_declares(need):
    needs = {Need.PROBES, need} if need is Need.BRUTE_FORCE else {need}
    assert {other for other, is_hidden in _hidden(_seen(*needs)).items() if not is_hidden} == needs


def test_strategy_that_declares_nothing_sees_nothing_but_draws_and_programs():
    assert all(_hidden(_seen()).values())
    assert len(_seen()) == 6


@pytest.mark.parametrize("slug", STRATEGIES)
def test_what_is_not_declared_changes_no_choice(slug):
    strategy = STRATEGIES[slug]
    options = strategy.complete()
    view = full_view()
    strategy.check(view, options)
    needed = strategy.needed(options)
    changes = {}
    if Need.PUBLIC not in needed:
        changes["public_passed"] = np.array([0, 0, 2, 1, 0, 2])
    if Need.TOKENS not in needed:
        changes |= dict.fromkeys(("reasoning_tokens", "output_tokens", "latency_s"), np.arange(6.0)[::-1] ** 2)
    if Need.PROBES not in needed:
        changes["probes"] = None
    if Need.GENERATED not in needed:
        changes["generated"] = None
    if Need.DUELS not in needed:
        changes["beats"] = np.array([[5, 0]])
    other = replay(strategy, replace(view, **changes), SCORES, POINTS, budget=4, seeds=2)
    assert other == replay(strategy, view, SCORES, POINTS, budget=4, seeds=2)


@pytest.mark.parametrize(
    ("slug", "options", "more", "less"),
    [
        ("mbr-exec", {}, set(), {Need.PUBLIC}),
        ("mbr-exec", {"public_filter": True}, {Need.PUBLIC}, set()),
        ("o1-ioi", {"public_weight": 0.0}, set(), {Need.PUBLIC}),
        ("o1-ioi", {}, {Need.PUBLIC}, set()),
        ("alphacode2", {}, set(), {Need.TOKENS}),
        ("alphacode2", {"score": "latency"}, {Need.TOKENS}, set()),
        ("public-filter", {}, set(), {Need.PROBES, Need.BRUTE_FORCE}),
        ("public-filter", {"cross_check": "drop"}, {Need.PROBES, Need.BRUTE_FORCE}, set()),
        ("largest-cluster", {}, {Need.PROBES}, {Need.BRUTE_FORCE}),
    ],
)
def test_needs_follow_the_options(slug, options, more, less):
    strategy = STRATEGIES[slug]
    needed = strategy.needed(strategy.complete(options))
    assert more <= needed
    assert not less & needed


@pytest.mark.parametrize(
    "slug", [slug for slug, one in STRATEGIES.items() if one.needs & {Need.PROBES, Need.GENERATED}]
)
def test_strategy_over_behaviour_says_whether_what_passes_nothing_may_be_chosen(slug):
    said = STRATEGIES[slug].passes_nothing.lower()
    assert "chosen" in said


@pytest.mark.parametrize(
    ("slug", "options", "is_chosen"),
    [
        ("largest-cluster", {}, False),
        ("largest-cluster", {"only_crashes": "yes"}, True),
        ("alphacode", {}, False),
        ("alphacode2", {}, False),
        ("alphacode2", {"only_crashes": "yes"}, True),
        ("majority", {}, False),
        ("majority", {"only_crashes": "yes"}, True),
        ("gencluster", {}, False),
        ("gencluster", {"only_crashes": "yes"}, True),
        ("mbr-exec", {}, False),
        ("o1-ioi", {}, False),
        ("o1-ioi", {"errors_weight": "0", "cluster_score": "size"}, True),
        ("s-star", {}, True),
        ("s-star", {"only_crashes": "no"}, False),
        ("codet", {}, False),
        ("codemonkeys", {}, False),
        ("cross-check", {}, False),
    ],
)
def test_first_choice_where_most_candidates_pass_nothing(slug, options, is_chosen):
    """Four of six crash on all probes and pass no generated test, and those two that work are drawn last."""
    view = full_view()
    codes = np.array([[-1, -1]] * 4 + [[0, 1]] * 2)
    probes = {t: replace(view.probes[t], codes=codes, _shared={}) for t in (1, 2)}
    passed = np.array([[False] * 3] * 4 + [[True] * 3] * 2)
    view = replace(view, probes=probes, generated=replace(view.generated, passed=passed))
    played = replay(STRATEGIES[slug], view, SCORES, POINTS, budget=1, seeds=5, options=options)
    assert {sent.row < 4 for one in played.seeds for sent in one.submissions} == {is_chosen}


@pytest.mark.parametrize("slug", ["codet", "codemonkeys"])
def test_pool_without_generated_tests_is_refused(slug):
    with pytest.raises(StrategyError, match=f"{slug} looks at generated tests, and this pool was not run on any"):
        replay(STRATEGIES[slug], make_view(2), np.zeros((2, 2)), POINTS, budget=1)


def test_gencluster_without_a_recorded_judge_is_unavailable():
    with pytest.raises(StrategyError, match="no judge's words are recorded with this pool"):
        replay(STRATEGIES["gencluster"], full_view(beats=None), SCORES, POINTS, budget=1)


def test_probes_without_brute_force_refuse_a_cross_check():
    view = full_view()
    bare = replace(view, probes={t: matrix.without_expected() for t, matrix in view.probes.items()})
    with pytest.raises(StrategyError, match="brute-force outputs, and the probes of this pool have none"):
        replay(STRATEGIES["cross-check"], bare, SCORES, POINTS, budget=1)
    with pytest.raises(StrategyError, match="brute-force outputs"):
        replay(STRATEGIES["public-filter"], bare, SCORES, POINTS, budget=1, options={"cross_check": "down"})
