"""longest-thought: the candidates with the most test-time compute (o3 at IOI 2024, arXiv:2502.06807 section 4.2).

How compute was measured is not published: reasoning tokens by default, output tokens or seconds by option.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, sendable
from comparisons.strategies.pool_view import FloatArray, PoolView
from comparisons.strategies.ranking import largest_first
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical
from judge.errors import StrategyError

#: What may count as thought, and the array of a pool view (and column of a candidate) that holds it.
MEASURES = {"reasoning-tokens": "reasoning_tokens", "output-tokens": "output_tokens", "latency": "latency_s"}

_OPTIONS = (
    Option(
        "measure",
        "reasoning-tokens",
        "what counts as thought; a candidate where it is unknown comes last",
        choices=tuple(MEASURES),
    ),
    Option(
        "without_program",
        "skip",
        "skip: an answer without a program is not sent; send: it spends a submission",
        choices=("skip", "send"),
    ),
    Option("only_compiling", False, "yes: a program that does not compile is not sent"),
    CROSS_CHECK,
    IDENTICAL,
    STOP,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    kept = sendable(view) if options["without_program"] == "skip" else np.ones(len(view), dtype=bool)
    if options["only_compiling"]:
        kept = kept & compiling(view)
    kept = not_contradicted(view, kept, options)
    measure: FloatArray = getattr(view, MEASURES[str(options["measure"])])
    if kept.any() and np.isnan(measure[kept]).all():
        raise StrategyError(f"longest-thought orders by {options['measure']}, and no candidate of this pool has it")
    rows = agreeing_first(view, largest_first(kept, measure), options)
    send_in_order(view, contest, without_identical(view, rows, options), options)


STRATEGY = Strategy(
    slug="longest-thought",
    version=1,
    title="Longest thought",
    summary="Sends the candidates whose making took the most reasoning tokens (or output tokens, or seconds).",
    run=_run,
    needs=frozenset({Need.TOKENS}),
    options=_OPTIONS,
)
