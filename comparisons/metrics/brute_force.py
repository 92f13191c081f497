"""How far brute-force programs can be trusted: what accepted programs print where brute force says what is right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Contradictions(NamedTuple):
    """accepted: accepted candidates that were run on a probe with a known brute-force output. contradicted: those of
    them that print something else on at least one. probes: such probes. against_all: probes where every accepted
    candidate that was run prints something else, so that brute force is most likely wrong itself."""

    accepted: int
    contradicted: int
    probes: int
    against_all: int


def contradictions(
    outputs: npt.ArrayLike, expected: npt.ArrayLike, accepted: npt.ArrayLike, *, unknown: int, not_run: int
) -> Contradictions:
    """What accepted candidates say of brute force on the probes of one subtask.

    outputs: candidates × probes, codes; expected: per probe, the code brute force prints; accepted: per candidate, has
    it full score on the subtask? unknown: the code of an expectation nobody has; not_run: that of a run that never
    happened. It looks at hidden outcomes and is for readers, never for a strategy.
    Raises ValueError for odd shapes.
    """
    codes, right = np.asarray(outputs), np.asarray(expected)
    is_accepted = np.asarray(accepted, dtype=bool)
    if codes.ndim != 2 or codes.shape != (len(is_accepted), len(right)):
        raise ValueError("outputs need a row for each candidate and a column for each probe")
    known = right != unknown
    compared = codes[is_accepted][:, known]
    was_run = compared != not_run
    differs = was_run & (compared != right[known])
    looked_at = was_run.any(axis=1)
    asked = was_run.any(axis=0)
    return Contradictions(
        accepted=int(looked_at.sum()),
        contradicted=int(differs.any(axis=1).sum()),
        probes=int(known.sum()),
        against_all=int((asked & ~(was_run & ~differs).any(axis=0)).sum()),
    )
