"""Ablations and the build-up of every registered strategy."""

from __future__ import annotations

import numpy as np
import pytest

from comparisons.strategies import STRATEGIES, get_strategy, replay
from comparisons.strategies.ablations import Stage, ablations, build_up
from tests.comparisons.strategies.full_view import full_view


@pytest.mark.parametrize("slug", sorted(STRATEGIES))
def test_every_ablation_changes_one_option_to_another_it_takes(slug: str) -> None:
    strategy = get_strategy(slug)
    options = strategy.complete()
    found = ablations(strategy, options)
    for one in found:
        assert strategy.complete(one.options) == one.options
        assert [name for name in options if options[name] != one.options[name]] == [one.option]
    assert len({(one.option, one.value) for one in found}) == len(found)
    stages = [list(Stage).index(one.stage) for one in found]
    assert stages == sorted(stages)


@pytest.mark.parametrize("slug", sorted(STRATEGIES))
def test_the_build_up_starts_at_random_choice_and_ends_at_the_strategy(slug: str) -> None:
    strategy = get_strategy(slug)
    steps = build_up(strategy, strategy.complete())
    assert (steps[0].slug, steps[0].stage) == ("random-k", None)
    assert (steps[-1].slug, steps[-1].options) == (slug, strategy.complete())
    assert len({(step.slug, tuple(sorted(step.options.items()))) for step in steps}) == len(steps)


def test_the_published_strategy_is_built_up_in_four_stages() -> None:
    strategy = get_strategy("o1-ioi")
    steps = build_up(strategy, strategy.complete())
    assert [step.stage for step in steps] == [None, Stage.FILTER, Stage.CLUSTER, Stage.RANK, Stage.SPEND]
    assert [step.words for step in steps] == [
        "random choice", "+ filter: those that pass the public tests", "+ cluster: outputs on probes",
        "+ rank: its scores", "+ spend: its rules for submissions = o1-ioi",
    ]  # fmt: skip
    bare, ranked = steps[2].options, steps[3].options
    assert (bare["quality"], bare["solved_share"]) == ("none", 1.0)
    assert (bare["errors_weight"], bare["public_weight"], bare["cluster_score"]) == (0.0, 0.0, "size")
    assert (ranked["errors_weight"], ranked["attempts_weight"], ranked["superset_filter"]) == (1.0, 0.0, False)
    changed = {one.words for one in ablations(strategy, strategy.complete())}
    assert {"superset_filter off", "attempts_weight off", "cluster_score = size instead of mean"} <= changed


def test_a_number_whose_0_means_all_is_no_ingredient_switched_off() -> None:
    said = {
        slug: {one.words for one in ablations(STRATEGIES[slug], STRATEGIES[slug].complete())} for slug in STRATEGIES
    }
    assert "clusters = all instead of 10" in said["alphacode2"]
    assert {"kept = all instead of 3"} <= said["codemonkeys"]
    assert {"first = all instead of 5", "root off"} <= said["codet"]
    assert not any(words.startswith("solved_share") for words in said["o1-ioi"])


@pytest.mark.parametrize("slug", sorted(STRATEGIES))
def test_every_step_and_ablation_sends_something(slug: str) -> None:
    """An ingredient that is off must not switch off the strategy: its gain would then be all there is."""
    strategy = get_strategy(slug)
    view, options = full_view(), strategy.complete()
    chosen = [one.options for one in ablations(strategy, options)]
    chosen += [step.options for step in build_up(strategy, options) if step.slug == slug]
    for one in chosen:
        played = replay(strategy, view, np.zeros((6, 2)), [40.0, 60.0], budget=3, seeds=1, options=one)
        assert played.submissions > 0, one
