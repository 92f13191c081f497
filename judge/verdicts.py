"""Verdicts: values, never exceptions. Only this module knows how several become one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What the judge says of a program on one test, one subtask or one problem.

    SK: not run (an earlier test of a group decided). IE: our fault, retried, never counted against the candidate.
    """

    AC = "AC"
    PA = "PA"
    WA = "WA"
    TLE = "TLE"
    MLE = "MLE"
    OLE = "OLE"
    RE = "RE"
    CE = "CE"
    SK = "SK"
    IE = "IE"

    @property
    def code(self) -> int:
        """Position in `CODES`: what outcome arrays (uint8) store."""
        return CODES.index(self)


#: The order in which outcome arrays number verdicts. Stored data depends on it: append only.
CODES: tuple[Verdict, ...] = tuple(Verdict)


def overall(verdicts: Iterable[Verdict], *, score: float, points: float) -> Verdict:
    """The verdict of a subtask or problem whose tests, in order, got `verdicts` and which scored `score` of `points`.

    IE if any test is IE; AC at full score; PA strictly between; at 0 the first failing test's verdict. Where nothing
    can be scored (`points` is 0) it is AC when no test failed.
    """
    failing = None
    for verdict in verdicts:
        if verdict is Verdict.IE:
            return Verdict.IE
        if failing is None and verdict not in (Verdict.AC, Verdict.PA, Verdict.SK):
            failing = verdict
    if points > 0 and score >= points - 1e-9:
        return Verdict.AC
    if score > 0:
        return Verdict.PA
    if failing is None:
        return Verdict.AC if points == 0 else Verdict.WA
    return failing
