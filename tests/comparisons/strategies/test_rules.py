"""What must hold for every strategy, whatever the pool (hypothesis)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.metrics import no_limit, oracle_k, random_k, task_score
from comparisons.strategies import STRATEGIES, replay
from tests.comparisons.strategies.random_pools import POINTS, pools
from tests.environment import examples

#: Options that change more than one thing at a time, beside `_variants`.
TOGETHER = [
    ("first-k", {"identical": "send", "stop": "no"}),
    ("public-filter", {"order": "random", "if_none_passes": "most"}),
    ("largest-cluster", {"public_filter": "no", "only_crashes": "yes", "size": "programs", "pick": "random"}),
    ("largest-cluster", {"cluster_on": "all", "crashes": "exclude"}),
    ("longest-thought", {"without_program": "send", "stop": "no"}),
    ("alphacode2", {"clusters": "2", "score": "reasoning-tokens"}),
    ("gencluster", {"representative": "drawing", "identical": "send"}),
    ("mbr-exec", {"agree_on": "first", "public_filter": "yes"}),
    ("open-r1", {"published_bug": "yes", "fill": "no"}),
    ("open-r1", {"published_bug": "yes", "published_exit": "yes", "identical": "send"}),
    ("o1-ioi", {"public_filter": "yes", "crashes": "exclude", "cluster_score": "size", "leftover": "send"}),
    ("o1-ioi", {"weights": "tuned", "errors": "disagreement", "members": "programs", "attempts": "failed"}),
    ("o1-ioi", {"solved_share": "0.5", "public_failures": "any", "attempts": "aimed", "quality": "none"}),
    ("learned-rank", {}),
    ("learned-rank", {"score": "aimed", "public_filter": "yes", "identical": "send"}),
    ("o1-ioi", {"solved_by": "aimed", "superset_filter": "no", "hardest": "points", "identical": "send"}),
    ("codet", {"first": "1", "passes_nothing": "last", "size": "programs"}),
    ("codemonkeys", {"kept": "0", "passes_nothing": "never"}),
]


def _variants():
    """Every registered strategy as it is, and with each option at each of its other values."""
    for slug, strategy in STRATEGIES.items():
        yield slug, {}
        for option in strategy.options:
            others = option.choices or ((not option.default,) if isinstance(option.default, bool) else ())
            yield from ((slug, {option.name: other}) for other in others if other != option.default)


VARIANTS = [*_variants(), *TOGETHER]
#: With the published bug, or where only aimed submissions count, a solved subtask may get more.
AIMING = [
    (slug, options)
    for slug, options in VARIANTS
    if STRATEGIES[slug].aims and not options.keys() & {"published_bug", "solved_by"}
]
#: Of o1-ioi who is sent also decides what its superset filter drops; its plain reading tells identical programs.
LANES = [(slug, options) for slug, options in AIMING if slug != "o1-ioi" and "identical" not in options]
STOPPING = [(slug, options) for slug, options in VARIANTS if STRATEGIES[slug].has_option("stop")]


def test_property_tests_cover_every_strategy():
    assert {slug for slug, _ in VARIANTS} == STRATEGIES.keys()
    assert {slug for slug, _ in AIMING} == {"gencluster", "o1-ioi", "open-r1"}


@pytest.mark.parametrize(("slug", "options"), VARIANTS)
@settings(max_examples=examples(10), deadline=None)
@given(pool=pools(), lots=st.integers(0, 1000))
def test_strategy_keeps_the_rules_of_the_contest(slug, options, pool, lots):
    view, scores, budget = pool
    result = replay(STRATEGIES[slug], view, scores, POINTS, budget=budget, seeds=3, seed=lots, options=options)
    ceiling = oracle_k(scores, k=budget).score
    strategy = STRATEGIES[slug]
    is_first = np.arange(len(view)) < result.draws_needed
    needed = is_first if strategy.draws is None else strategy.draws(view, budget, strategy.complete(options))
    assert needed.sum() == result.draws_needed
    for one in result.seeds:
        rows = [sent.row for sent in one.submissions]
        assert len(rows) == len(set(rows)) <= budget
        programs = [view.program_id[row] for row in rows if view.program_id[row] >= 0]
        assert options.get("identical") == "send" or len(programs) == len(set(programs))
        assert all(needed[rows])
        assert one.score == pytest.approx(task_score(scores[rows]))
        assert one.score <= ceiling + 1e-9
    assert random_k(scores, k=budget).mean <= ceiling + 1e-9
    assert ceiling <= no_limit(scores) + 1e-9


@pytest.mark.parametrize(("slug", "options"), VARIANTS)
@settings(max_examples=examples(10), deadline=None)
@given(pool=pools(), lots=st.integers(0, 1000))
def test_hidden_scores_of_unsubmitted_candidates_change_no_choice(slug, options, pool, lots):
    view, scores, budget = pool
    before = replay(STRATEGIES[slug], view, scores, POINTS, budget=budget, seeds=1, seed=lots, options=options)
    others = np.setdiff1d(np.arange(len(view)), [sent.row for sent in before.seeds[0].submissions])
    shuffled = scores.copy()
    rng = np.random.default_rng(lots)
    shuffled[others] = rng.permutation(scores[others]) if lots % 2 else rng.random((len(others), 3)) * POINTS
    after = replay(STRATEGIES[slug], view, shuffled, POINTS, budget=budget, seeds=1, seed=lots, options=options)
    assert after.seeds == before.seeds


@pytest.mark.parametrize(("slug", "options"), VARIANTS)
@settings(max_examples=examples(6), deadline=None)
@given(pool=pools(), lots=st.integers(0, 1000))
def test_permuted_candidates_and_the_same_lots_give_the_same_replay_again(slug, options, pool, lots):
    view, scores, budget = pool
    order = np.random.default_rng(lots).permutation(len(view))

    def played():
        given = view.take(order)
        return replay(
            STRATEGIES[slug], given, scores[order], POINTS, budget=budget, seeds=2, seed=lots, options=options
        )

    first = played()
    assert played() == first
    # Back in the old order, the rule decides as it does there: it knows candidates by nothing else than the view.
    back = view.take(order).take(np.argsort(order))
    again = replay(STRATEGIES[slug], back, scores, POINTS, budget=budget, seeds=2, seed=lots, options=options)
    assert again == replay(STRATEGIES[slug], view, scores, POINTS, budget=budget, seeds=2, seed=lots, options=options)


@pytest.mark.parametrize(("slug", "options"), AIMING)
@settings(max_examples=examples(25), deadline=None)
@given(pool=pools())
def test_aiming_strategy_sends_nothing_to_a_solved_subtask(slug, options, pool):
    view, scores, budget = pool
    result = replay(STRATEGIES[slug], view, scores, POINTS, budget=budget, options=options)
    best = np.zeros(len(POINTS))
    for sent in result.seeds[0].submissions:
        assert sent.aimed is None or best[sent.aimed - 1] < POINTS[sent.aimed - 1]
        best = np.maximum(best, sent.scores)


@pytest.mark.parametrize(("slug", "options"), LANES)
@settings(max_examples=examples(25), deadline=None)
@given(pool=pools())
def test_skipping_identical_programs_keeps_back_none_that_may_gain(slug, options, pool):
    """With budget for all: what is sent with identical=send is sent with skip as an identical program, or its subtask
    was solved without it."""
    view, scores, _ = pool
    skipped, all_sent = (
        replay(STRATEGIES[slug], view, scores, POINTS, budget=len(view), options={**options, "identical": word})
        for word in ("skip", "send")
    )
    programs = {int(view.program_id[sent.row]) for sent in skipped.seeds[0].submissions}
    best = np.array(skipped.subtask_scores)
    for sent in all_sent.seeds[0].submissions:
        is_solved = (best >= POINTS)[sent.aimed - 1] if sent.aimed else (best >= POINTS).all()
        assert is_solved or int(view.program_id[sent.row]) in programs


@pytest.mark.parametrize(("slug", "options"), STOPPING)
@settings(max_examples=examples(6), deadline=None)
@given(pool=pools())
def test_stopping_when_solved_and_skipping_identical_programs_change_no_score(slug, options, pool):
    view, scores, budget = pool
    stopping, going_on = (
        replay(STRATEGIES[slug], view, scores, POINTS, budget=budget, seeds=1, options={**options, "stop": stop})
        for stop in (True, False)
    )
    assert stopping.score == going_on.score
    if slug == "first-k":
        same = replay(STRATEGIES[slug], view, scores, POINTS, budget=budget, options={"identical": "send"})
        assert same.score == stopping.score
