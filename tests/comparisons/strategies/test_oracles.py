"""Every strategy against a plain, slow reading of it, on small random pools with every option."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from comparisons.strategies import STRATEGIES, replay
from tests.comparisons.strategies import oracles
from tests.comparisons.strategies.o1_ioi_oracle import o1_ioi
from tests.comparisons.strategies.random_pools import POINTS, pools
from tests.comparisons.strategies.test_rules import VARIANTS
from tests.environment import examples

RULES = {slug: rule for slug in STRATEGIES if (rule := getattr(oracles, slug.replace("-", "_"), None))}
RULES["o1-ioi"] = o1_ioi
#: Compared elsewhere: codet with its own oracle (it draws lots), first-k by hand.
OTHERWISE = {"codet", "first-k"}
STEADY = [
    (slug, options)
    for slug, options in VARIANTS
    if slug in RULES and not STRATEGIES[slug].draws_lots(STRATEGIES[slug].complete(options))
    and options.get("stop", True) is True
]  # fmt: skip


def test_every_strategy_has_a_plain_reading():
    assert RULES.keys() | OTHERWISE == STRATEGIES.keys()
    assert {slug for slug, _ in STEADY} == RULES.keys()


@pytest.mark.parametrize(("slug", "options"), STEADY)
@settings(max_examples=examples(8), deadline=None)
@given(pool=pools())
def test_strategy_sends_what_a_plain_reading_of_it_sends(slug, options, pool):
    view, scores, budget = pool
    played = replay(STRATEGIES[slug], view, scores, POINTS, budget=budget, options=options)
    game = oracles.Game(view, scores, POINTS, budget, STRATEGIES[slug].complete(options))
    assert [(sent.row, sent.aimed) for sent in played.seeds[0].submissions] == RULES[slug](game)
