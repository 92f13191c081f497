"""CodeT read plainly and slowly: dictionaries and sets, nothing of the strategy's code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from math import comb


def ranked_groups(
    programs: Sequence[str], passes: Mapping[str, AbstractSet[str]], samples: Sequence[Sequence[str]], *, first: int
) -> list[list[int]]:
    """The candidates (places in `programs`) of each group, best group first; groups of equal score are one."""
    written = [test for sample in samples for test in sample[:first]]
    members: dict[frozenset[str], list[int]] = {}
    for place, program in enumerate(programs):
        tests = frozenset(test for test in written if test in passes[program])
        if tests:
            members.setdefault(tests, []).append(place)
    scored: dict[Fraction, list[int]] = {}
    for tests, group in members.items():
        n_tests = sum(1 for test in written if test in tests)
        # The square of sqrt(|S|) · |T|, without rounding.
        scored.setdefault(Fraction(len(group) * n_tests**2), []).extend(group)
    return [scored[score] for score in sorted(scored, reverse=True)]


def chance_of_solving(
    programs: Sequence[str],
    passes: Mapping[str, AbstractSet[str]],
    samples: Sequence[Sequence[str]],
    right: AbstractSet[str],
    *,
    k: int,
    first: int,
) -> float:
    """The chance that k choices hold a right program: one of each group in turn, by lot and without putting back."""
    groups = ranked_groups(programs, passes, samples, first=first) or [list(range(len(programs)))]
    taken = [0] * len(groups)
    left = k
    while left and any(n < len(group) for n, group in zip(taken, groups, strict=True)):
        for place, group in enumerate(groups):
            if left and taken[place] < len(group):
                taken[place] += 1
                left -= 1
    wrong = Fraction(1)
    for n, group in zip(taken, groups, strict=True):
        bad = sum(programs[place] not in right for place in group)
        wrong *= Fraction(comb(bad, n), comb(len(group), n))
    return float(1 - wrong)
