"""What came out on the probes of one subtask, as numbers: equal outputs on a probe have equal codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from comparisons.strategies.pool_view import UNKNOWN_OUTPUT, Failure


def codes_of(hashes: Any, endings: Any) -> Any:
    """int32 codes, candidates × probes: equal outputs share a number from 0; endings without output stay negative."""
    n, m = endings.shape
    codes = np.empty((n, m), dtype=np.int32)
    for probe in range(m):
        keys = np.ascontiguousarray(hashes[:, probe]).view(np.dtype((np.void, 16))).ravel()
        _, numbered = np.unique(keys, return_inverse=True)
        codes[:, probe] = np.where(endings[:, probe] == 0, numbered, endings[:, probe])
    return codes


def expected_as(expected: Sequence[Any], *, rounds: bool) -> list[tuple[str | None, float | None]]:
    """(the majority's output as a hash, the share that agrees) of each probe, from what a probe set keeps: both of the
    outputs' tokens, then both of their rounded forms. Sets made before these were kept have no right rounded output."""
    at = 2 if rounds else 0
    return [tuple(one[at : at + 2]) if len(one) > at else (None, one[1]) for one in expected]


def expected_of(expected: Sequence[Any], hashes: Any, endings: Any, codes: Any) -> dict[str, Any]:
    """The arrays `expected` and `agreement` of what brute-force programs print, in the candidates' codes; none where
    they did not run. An output that no candidate prints has a code of its own, above all others."""
    if not expected:
        return {}
    found = np.full(len(expected), UNKNOWN_OUTPUT, dtype=np.int32)
    agreement = np.array([np.nan if share is None else share for _, share in expected], dtype=np.float32)
    for probe, (output, _) in enumerate(expected):
        if output is not None:
            same = (hashes[:, probe] == np.frombuffer(bytes.fromhex(output), dtype=np.uint8)).all(axis=1)
            rows = np.flatnonzero(same & (endings[:, probe] == 0))
            found[probe] = codes[rows[0], probe] if len(rows) else codes[:, probe].max(initial=-1) + 1
    return {"expected": found, "agreement": agreement}


def aggregates_of(codes: Any) -> dict[str, Any]:
    """Sizes of the clusters (equal rows of codes, at least one clean run), largest first, and the share of the runs
    that were clean; None where nothing was run."""
    clean = (codes >= 0).any(axis=1) if codes.size else np.zeros(len(codes), dtype=bool)
    sizes = Counter(row.tobytes() for row in codes[clean])
    was_run = int((codes != Failure.NOT_RUN).sum())
    return {
        "candidates": len(codes),
        "probes": int(codes.shape[1]) if codes.ndim == 2 else 0,
        "clusters": len(sizes),
        "sizes": sorted(sizes.values(), reverse=True)[:50],
        "clean": float((codes >= 0).sum() / was_run) if was_run else None,
    }
