"""What may be said of a difference, and how much of the gap a strategy recovers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from comparisons.metrics.intervals import Deciding, Interval, is_two_valued
from comparisons.metrics.redraws import DrawDeviations, of_problems

#: A gap below this part of the ceiling is no gap: its share would be one candidate's luck in many per cent.
LEAST_GAP = 0.001


class Shown(StrEnum):
    """How far a difference is shown. None (not a member) where it is not."""

    PROBLEMS = "problems"
    DRAWS = "draws"


@dataclass(frozen=True)
class GapShare:
    """(score - floor) / (ceiling - floor). `share` is None where there is (next to) no gap between ceiling and floor,
    or where the gap is no wider than random choice scatters over draws: nothing to recover, or nothing to tell."""

    share: float | None
    over_draws: Interval


def shown(over_draws: Interval, over_problems: Interval) -> Shown | None:
    """PROBLEMS where the over-problems interval excludes 0, DRAWS where only the over-draws one does, else None."""
    if over_problems.excludes_zero:
        return Shown.PROBLEMS
    return Shown.DRAWS if over_draws.excludes_zero else None


def smallest_shown(over_problems: Interval) -> float | None:
    """The smallest difference this problem set could have shown: half the width of the over-problems interval."""
    return over_problems.half_width


def gap_share(
    score: float,
    floor: float,
    ceiling: float,
    *,
    score_deviations: DrawDeviations,
    floor_deviations: DrawDeviations,
    level: float = 0.95,
) -> GapShare:
    """Share of the gap between floor and ceiling that a score recovers; negative below the floor.

    The ceiling is this pool's own and held fixed in the interval: it grows with n, so half of the draws cannot show
    how far another pool's would lie. Score and floor are redrawn jointly.
    """
    gap = ceiling - floor
    if gap <= 1e-9 * max(1.0, abs(ceiling)):
        return GapShare(None, Interval.absent("floor and ceiling are equal: there is no gap to recover", level))
    if gap < LEAST_GAP * abs(ceiling):
        reason = "floor and ceiling lie less than 0.1 % apart: a share of so small a gap says nothing"
        return GapShare(None, Interval.absent(reason, level))
    share = (score - floor) / gap
    reason = score_deviations.reason or floor_deviations.reason
    if reason:
        return GapShare(share, Interval.absent(reason, level))
    score_steps = score_deviations.values.sum(axis=1)
    floors = of_problems(floor_deviations, score_deviations.problems)
    floor_steps = floors.values.sum(axis=1)
    if Deciding.of(floors).half_width(floor_steps, level) >= gap:
        return GapShare(None, Interval.absent("the gap lies within the noise of random choice over draws", level))
    gaps = gap - floor_steps
    if gaps.min() <= 0.05 * gap:
        return GapShare(share, Interval.absent("the gap is too small against its own spread", level))
    steps = (score - floor + score_steps - floor_steps) / gaps - share
    deciding = Deciding.of(score_deviations, floors)
    half = deciding.half_width(steps, level)
    if half <= 1e-9:
        return GapShare(share, Interval.absent("every half of the draws gives the same share", level))
    if is_two_valued(steps):
        return GapShare(share, Interval.absent("halves of the draws give two shares only: too few", level))
    if deciding.reason:
        return GapShare(share, Interval.absent(deciding.reason, level))
    return GapShare(share, Interval(share - half, share + half, level))
