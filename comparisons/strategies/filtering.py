"""Which candidates are considered at all. Filters are masks over the rows of a pool view."""

from __future__ import annotations

from comparisons.strategies.pool_view import BoolArray, PoolView


def sendable(view: PoolView) -> BoolArray:
    """Candidates with something to send."""
    return view.has_program


def compiling(view: PoolView) -> BoolArray:
    """Candidates with a program that compiles."""
    return view.has_program & view.compiled


def passing_public(view: PoolView) -> BoolArray:
    """Candidates that compile and pass every public test; a problem without public tests rejects none that compile.

    One that was not run on the public tests does not pass.
    """
    if not view.public_total:
        return compiling(view)
    return compiling(view) & (view.public_passed >= view.public_total)


def passing_most_public(view: PoolView) -> BoolArray:
    """`passing_public`, or, where nobody passes all, those that compile and pass the most (at least one)."""
    passing = passing_public(view)
    candidates = compiling(view) & (view.public_passed > 0)
    if passing.any() or not candidates.any():
        return passing
    most: BoolArray = view.public_passed == view.public_passed[candidates].max()
    return candidates & most
