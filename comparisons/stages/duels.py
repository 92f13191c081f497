"""What a judge of pairs said of a pool's candidates, where the file that brought them recorded it.

A record's key `beats` lists the draws of its unit (their indices) that a judge found worse. Podium asks no judge
itself.
"""

from __future__ import annotations

import numpy as np

from comparisons.metrics.arrays import IntArray
from comparisons.models import Candidate, JudgedProblem, PoolRevision


def duels_of(
    revision: PoolRevision, row: JudgedProblem, *, ids: IntArray, aimed: IntArray, index: IntArray
) -> IntArray | None:
    """Duels × 2: places in `ids` of the better and the worse candidate; None where none are recorded. One query."""
    place_of = {int(pk): place for place, pk in enumerate(ids)}
    draw_of = {(int(unit), int(draw)): place for place, (unit, draw) in enumerate(zip(aimed, index, strict=True))}
    found: list[tuple[int, int]] = []
    judged = Candidate.objects.filter(pool=revision.pool_id, problem=row.problem_id, extra__has_key="beats")
    for pk, beats in judged.values_list("pk", "extra__beats"):
        place = place_of.get(pk)
        if place is None or not isinstance(beats, list):
            continue
        worse = [draw_of.get((int(aimed[place]), draw)) for draw in beats]
        found += [(place, other) for other in worse if other is not None and other != place]
    return np.array(sorted(found), dtype=np.int64) if found else None
