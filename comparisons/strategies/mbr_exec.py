"""mbr-exec: the candidate whose results agree with most others', by execution (arXiv:2204.11454, sample_selectors.py).

A candidate's key is the sum over all candidates, itself included, of 1 where both ran without error and gave equal
results. The published code compares the first test only and breaks ties by log-probability, which pools do not have:
the order of drawing stands in.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK, agreeing_first, not_contradicted
from comparisons.strategies.agreement import votes
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import compiling, passing_public
from comparisons.strategies.pool_view import Failure, FloatArray, PoolView, ProbeMatrix
from comparisons.strategies.ranking import largest_first
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical

_OPTIONS = (
    Option("public_filter", False, "yes: only candidates that pass every public test vote and are sent"),
    Option(
        "agree_on",
        "each",
        "first: the first probe of each subtask, as published; each: every probe counts by itself; all: equal on all "
        "probes of a subtask",
        choices=("first", "each", "all"),
    ),
    CROSS_CHECK,
    IDENTICAL,
    STOP,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    kept = passing_public(view) if options["public_filter"] else compiling(view)
    kept = not_contradicted(view, kept, options)
    voters = np.flatnonzero(kept)
    found: FloatArray = np.zeros(len(view))
    for matrix in (view.probes or {}).values():
        if not matrix.probes or not len(voters):
            continue
        if options["agree_on"] == "all":
            whole = np.where(matrix.any_missing(), int(Failure.CRASH), matrix.row_labels())
            found[voters] += votes(ProbeMatrix(whole[:, None]), voters)
        else:
            found[voters] += votes(matrix, voters, first=1 if options["agree_on"] == "first" else None)
    rows = agreeing_first(view, largest_first(kept, found), options)
    send_in_order(view, contest, without_identical(view, rows, options), options)


STRATEGY = Strategy(
    slug="mbr-exec",
    version=1,
    title="MBR by execution",
    summary="Sends the candidates whose outputs on the probes agree with most other candidates' (minimum Bayes risk).",
    run=_run,
    needs=frozenset({Need.PROBES, Need.PUBLIC}),
    passes_nothing="May be chosen, after all that agree with anybody: a run without output agrees with none.",
    options=_OPTIONS,
)
