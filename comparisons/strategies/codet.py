"""codet: dual execution agreement (arXiv:2207.10397; microsoft/CodeT, agreement.py and evaluation.py).

Every candidate is run on every generated test. Those that pass exactly the same tests are a group; its score is
sqrt(|S|) · |T|, S its candidates and T the tests they pass, both counted as often as they were written. Groups go by
score; those of equal score are one, and each turn draws one of its candidates by lot. The group that passes nothing is
never ranked; where it is everybody, the choice is random.

There is no option to cross-check with brute force: brute force prints what is right on probes, which are inputs of
programs that read and print, and generated tests call a function. No problem has both.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.clustering import UNCLUSTERED, Clusters
from comparisons.strategies.contest import Contest
from comparisons.strategies.filtering import passing_public, sendable
from comparisons.strategies.pool_view import BoolArray, IntArray, PoolView, label_rows
from comparisons.strategies.ranking import clusters_in_turn, distinct_program_counts
from comparisons.strategies.strategy import Need, Option, Options, Strategy
from comparisons.strategies.submitting import IDENTICAL, STOP, send_in_order, without_identical

FIRST = Option(
    "first", 5, "tests of each sample that count, from its first on; 0 = all; 5 as published", least=0, zero="all"
)
_OPTIONS = (
    FIRST,
    Option(
        "size",
        "candidates",
        "candidates: identical programs count each, as published; programs: they count once",
        choices=("candidates", "programs"),
    ),
    Option(
        "root",
        True,
        "yes: sqrt(candidates) × tests, as in the released code; no: candidates × tests, as in the paper's text",
    ),
    Option(
        "passes_nothing",
        "never",
        "never: the group that passes no test is not chosen, as published; last: it comes after all others",
        choices=("never", "last"),
    ),
    Option(
        "if_none_passes",
        "random",
        "where no candidate passes a test: choose at random, as published, or send nothing",
        choices=("random", "nothing"),
    ),
    Option("public_filter", False, "yes: only candidates that pass every public test are grouped"),
    IDENTICAL,
    STOP,
)


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    kept = passing_public(view) if options["public_filter"] else sendable(view)
    # The seeds of a run share the groups: only the lots differ.
    rests_on = tuple(options[name] for name in ("public_filter", "first", "size", "root"))
    groups, places = view.once(("codet", *rests_on), lambda: agreement_groups(view, kept, options))
    rest = kept & (groups == UNCLUSTERED)
    if not len(places):
        groups, places = np.where(kept, 0, UNCLUSTERED), np.zeros(1, dtype=np.int64)
        rest = rest & False
        if options["if_none_passes"] == "nothing":
            return
    order = rng.permutation(np.flatnonzero(groups != UNCLUSTERED))
    rows = clusters_in_turn(without_identical(view, order, options), groups, places)
    if options["passes_nothing"] == "last":
        rows = without_identical(view, np.concatenate([rows, rng.permutation(np.flatnonzero(rest))]), options)
    send_in_order(view, contest, rows, options)


def agreement_groups(view: PoolView, kept: BoolArray, options: Options) -> tuple[IntArray, IntArray]:
    """(group of each candidate, -1 = passes nothing or is not kept; what groups are ranked by, the larger the better).

    Groups of equal score are one already, so no two are ranked alike. Scores are compared as whole numbers, squared
    where the root counts: sqrt(18) · 1 is as much as sqrt(2) · 3, which rounding would deny.
    """
    assert view.generated is not None
    counts = view.generated.counts(first=int(options["first"]))
    passed = view.generated.passed & (counts > 0)
    rows = np.flatnonzero(kept & passed.any(axis=1))
    groups = np.full(len(view), UNCLUSTERED, dtype=np.int64)
    if not len(rows):
        return groups, np.empty(0, dtype=np.int64)
    _, first, label = np.unique(label_rows(np.packbits(passed[rows], axis=1)), return_index=True, return_inverse=True)
    groups[rows] = label
    sizes = np.bincount(label).astype(np.int64)
    if options["size"] == "programs":
        sizes = distinct_program_counts(view, Clusters(groups, sizes, np.zeros(len(sizes), dtype=bool)))
    tests = passed[rows[first]] @ counts
    worth, merged = np.unique(sizes * tests ** (2 if options["root"] else 1), return_inverse=True)
    groups[rows] = merged[label]
    return groups, np.arange(len(worth), dtype=np.int64)


STRATEGY = Strategy(
    slug="codet",
    version=2,
    title="CodeT",
    summary="Runs candidates on tests that a model wrote, groups those that pass the same ones, and draws from the "
    "groups by the root of their size times the tests they pass.",
    run=_run,
    needs=frozenset({Need.GENERATED, Need.PUBLIC}),
    passes_nothing="The group that passes no test is never chosen while another is left; where it is everybody, the "
    "choice is random. passes_nothing=last puts it last.",
    options=_OPTIONS,
    draws_lots=lambda options: True,
)
