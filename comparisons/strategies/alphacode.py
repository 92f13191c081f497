"""alphacode: public tests as a filter, clusters largest first, one of each, round again (arXiv:2203.07814, 4.5-4.6)."""

from __future__ import annotations

from dataclasses import replace

from comparisons.strategies import largest_cluster

#: The filter is part of the published method, so it is no option here.
_OPTIONS = tuple(option for option in largest_cluster.STRATEGY.options if option.name != "public_filter")

STRATEGY = replace(
    largest_cluster.STRATEGY,
    slug="alphacode",
    version=3,
    title="AlphaCode",
    summary="Drops what fails a public test, groups the rest by outputs on generated inputs, sends one of each group "
    "from the largest to the smallest, and goes round again.",
    run=lambda view, contest, rng, options: largest_cluster.STRATEGY.run(
        view, contest, rng, {**options, "public_filter": True}
    ),
    options=_OPTIONS,
)
