"""majority: the answer that most candidates agree on, then the next (cons@k; self-consistency, arXiv:2203.11171).

For programs, agreeing is equal output on every probe; nothing is filtered before. With one submission this is cons@k.
"""

from __future__ import annotations

from dataclasses import replace

from comparisons.strategies import largest_cluster
from comparisons.strategies.strategy import Need

_OPTIONS = tuple(option for option in largest_cluster.STRATEGY.options if option.name != "public_filter")

STRATEGY = replace(
    largest_cluster.STRATEGY,
    slug="majority",
    version=3,
    title="Majority (cons@k)",
    summary="Sends one of the largest group of candidates that agree on every probe, then one of the next group. "
    "Public tests are not looked at.",
    run=lambda view, contest, rng, options: largest_cluster.STRATEGY.run(
        view, contest, rng, {**options, "public_filter": False}
    ),
    needs=frozenset({Need.PROBES}),
    options=_OPTIONS,
)
