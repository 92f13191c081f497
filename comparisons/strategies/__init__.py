"""Selection strategies, built of filtering, clustering, ranking and submitting.

A strategy sees a `PoolView` and plays a `Contest`. To add one, add one file here that defines `STRATEGY`: it is found
by itself.
"""

from __future__ import annotations

import importlib
import pkgutil

from comparisons.strategies.contest import Contest, Feedback, Submission
from comparisons.strategies.generated import GeneratedTests
from comparisons.strategies.pool_view import UNKNOWN_OUTPUT, Failure, PoolView, ProbeMatrix, SubtaskView
from comparisons.strategies.replay import Replay, SeedReplay, replay
from comparisons.strategies.strategy import Need, Option, Options, OptionValue, Strategy
from judge.errors import StrategyError
from judge.near import nearest_or_all


def _found() -> dict[str, Strategy]:
    found: dict[str, Strategy] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        strategy = getattr(importlib.import_module(f"{__name__}.{module.name}"), "STRATEGY", None)
        if not isinstance(strategy, Strategy):
            continue
        if strategy.slug in found:
            raise ImportError(f"two strategies are called {strategy.slug}")
        found[strategy.slug] = strategy
    return dict(sorted(found.items(), key=lambda item: (len(item[1].needs), item[0])))


#: Every strategy by slug; those that need to know least of a pool come first.
STRATEGIES: dict[str, Strategy] = _found()


def get_strategy(slug: str) -> Strategy:
    """The strategy of that slug. Raises StrategyError that names those there are."""
    if slug not in STRATEGIES:
        raise StrategyError(f"there is no strategy {slug!r}; {nearest_or_all(slug, STRATEGIES, there='there are')}")
    return STRATEGIES[slug]


__all__ = [
    "STRATEGIES",
    "UNKNOWN_OUTPUT",
    "Contest",
    "Failure",
    "Feedback",
    "GeneratedTests",
    "Need",
    "Option",
    "OptionValue",
    "Options",
    "PoolView",
    "ProbeMatrix",
    "Replay",
    "SeedReplay",
    "Strategy",
    "StrategyError",
    "Submission",
    "SubtaskView",
    "get_strategy",
    "replay",
]
