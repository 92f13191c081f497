"""A candidate and its partner, each in a sandbox of its own, joined by two pipes."""

from __future__ import annotations

import os
from contextlib import ExitStack

from judge.sandbox.isolation import Open
from judge.sandbox.wire import Report

#: For how long both must have waited at the same time before nobody is taken to get on any more. Each runner holds its
#: run's pipes until the run has ended and was timed (native/watch.h `tell_idle`); a program that has closed its output
#: and waits for the other's end is helped by their release, and nothing else can change by it.
STUCK_NS = 200_000_000


def converse(candidate: Open, partner: Open) -> tuple[Report, Report]:
    """Runs both at once with their pipes crossed: the candidate's report and the partner's. Raises SandboxFault."""
    _join(candidate, partner)
    boxes = {candidate.entry: candidate, partner.entry: partner}
    ended: dict[Open, Report] = {}
    idle: dict[Open, Report] = {}
    while not ended:
        box = boxes[candidate.entry.wait_for(partner.entry)]
        report = box.report()
        if report.is_idle:
            idle[box] = report
        else:
            ended[box] = report
        if not ended and _overlap_ns(list(idle.values())) >= STUCK_NS:
            for entry in boxes:
                entry.release()
            idle.clear()
    for box in (candidate, partner):
        while box not in ended:
            report = box.report()
            if not report.is_idle:
                ended[box] = report
    return ended[candidate], ended[partner]


def _overlap_ns(idle: list[Report]) -> int:
    """For how long both have been idle at the same time, 0 where only one has told."""
    if len(idle) < 2:
        return 0
    return min(report.end_ns for report in idle) - max(report.end_ns - report.wall_ns for report in idle)


def _join(candidate: Open, partner: Open) -> None:
    """Starts both; no end of a pipe stays here, so each sees the other's end."""
    with ExitStack() as ends:
        pipes = [os.pipe2(os.O_CLOEXEC) for _ in range(2)]
        for handle in (*pipes[0], *pipes[1]):
            ends.callback(os.close, handle)
        (to_partner, from_candidate), (to_candidate, from_partner) = pipes
        partner.entry.talk(to_partner, from_partner)
        candidate.entry.talk(to_candidate, from_candidate)
        partner.entry.end()
        candidate.entry.end()
