"""What further attempts changed in the pools of a comparison, ready to print."""

from __future__ import annotations

from dataclasses import dataclass

from comparisons.metrics import words
from comparisons.metrics.attempts_rows import AttemptsRow
from comparisons.metrics.rows import ComparisonReport


@dataclass(frozen=True)
class AttemptsLine:
    """A pool's further attempt: all figures as texts; "–" where a share is of nothing."""

    name: str
    colour: int
    attempt: str
    draws: str
    first: str
    second: str
    difference: str
    gained: str
    lost: str
    fixed_of_wrong: str
    broken_of_right: str


def attempts_lines(report: ComparisonReport) -> tuple[AttemptsLine, ...]:
    """One line for each pool and further attempt."""
    judgings = {(row.pool, row.judging) for row in report.attempts}
    is_several = len({pool for pool, _ in judgings}) < len(judgings)
    return tuple(_line(row, is_several=is_several) for row in report.attempts)


def _line(row: AttemptsRow, *, is_several: bool) -> AttemptsLine:
    return AttemptsLine(
        name=row.pool_name + (f", judging {row.judging}" if is_several else ""),
        colour=row.colour,
        attempt=f"1 → {row.attempt}",
        draws=words.count(row.n),
        first=words.share(row.first),
        second=words.share(row.second),
        difference=words.signed_share(row.difference),
        gained=words.share(row.gained),
        lost=words.share(row.lost),
        fixed_of_wrong=words.share(row.fixed_of_wrong),
        broken_of_right=words.share(row.broken_of_right),
    )
