"""The machines that judged a pool, and how fast they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.models import Judging
from judge.calibration import WORKLOAD, Calibration


def machines_of(judging: Judging) -> list[str]:
    """The machines that judged, a sentence each: host, processor, and how fast its workers found it. One query."""
    hosts: dict[str, list[dict[str, Any]]] = {}
    for note in judging.chunks.order_by().values_list("machine", flat=True).distinct()[:200]:
        hosts.setdefault(str(note.get("host", "")), []).append(note)
    return [_machine(host, notes) for host, notes in sorted(hosts.items()) if host]


def _machine(host: str, notes: Sequence[dict[str, Any]]) -> str:
    processor = str(notes[0].get("processor", ""))
    told = f"{host} ({processor})" if processor else host
    calibrated = [note for note in notes if "calibration_s" in note]
    speeds = [
        Calibration(tuple(note["calibration_s"])).speed for note in calibrated if note.get("workload") == WORKLOAD
    ]
    if not speeds:
        return f"{told}, {'calibrated with an older program' if calibrated else 'not calibrated'}"
    low, high = f"{min(speeds):.2f}", f"{max(speeds):.2f}"
    return f"{told}, {low if low == high else f'{low} to {high}'} times as fast as the reference machine"
