"""codemonkeys: votes of model-written tests (arXiv:2501.14723; ScalingIntelligence/codemonkeys).

A candidate has a vote for each generated test that it passes. Most votes first, of equal ones the shorter program;
identical programs once; three are kept. In the published system a model then writes further tests and picks one of the
three: pools hold no such calls, so the three are sent in the order of the votes. As with `codet`, no problem that has
generated tests has brute force to cross-check with.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from comparisons.strategies.codet import FIRST
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import passing_public, sendable
from comparisons.strategies.pool_view import PoolView
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical

_OPTIONS = (
    Option("kept", 3, "how many candidates are kept, as published; 0 = all", least=0, zero="all"),
    replace(FIRST, default=0, help="tests of each sample that vote, from its first on; 0 = all, as published"),
    Option(
        "passes_nothing",
        "last",
        "last: candidates that pass no test come after all others, as published; never: they are not sent",
        choices=("last", "never"),
    ),
    Option("public_filter", False, "yes: only candidates that pass every public test are looked at"),
    IDENTICAL,
    STOP,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    assert view.generated is not None
    votes = view.generated.passed @ view.generated.counts(first=int(options["first"]))
    kept = passing_public(view) if options["public_filter"] else sendable(view)
    if options["passes_nothing"] == "never":
        kept = kept & (votes > 0)
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((view.source_chars[rows], -votes[rows]))]
    rows = without_identical(view, rows, options)
    send_in_order(view, contest, rows[: int(options["kept"]) or None], options)


STRATEGY = Strategy(
    slug="codemonkeys",
    version=1,
    title="CodeMonkeys (votes of tests)",
    summary="Sends the three candidates that pass most generated tests, the shorter one first where they pass equally "
    "many. The published last step, a model that picks one of the three, is left out.",
    run=_run,
    needs=frozenset({Need.GENERATED, Need.PUBLIC}),
    passes_nothing="May be chosen, after all that pass a test; passes_nothing=never leaves it out.",
    options=_OPTIONS,
)
