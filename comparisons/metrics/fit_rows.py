"""The rows of fits in a comparison's report: what a learned score is worth on problems that it never saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class FitRow:
    """A fit that runs of the comparison (`runs`) choose by.

    `leave` is "problem" or "set": what was left out in turn, so that no weights ranked what they were trained on.
    `held_out` and `base_rate` are `metrics.calibration.Calibration` as data, over `n_problems` problems of the `pools`;
    `auc_within` is the mean over the problems with right and wrong candidates. `search` holds the tries of o1-ioi's
    weights with their shares of the points where they were tuned and held out; None where `untuned` says why.
    """

    fit: int
    runs: tuple[int, ...]
    leave: str
    pools: tuple[str, ...]
    uses_probes: bool
    seed: int
    tries: int
    budget: int
    n_problems: int
    held_out: Mapping[str, Any]
    base_rate: Mapping[str, Any]
    trained_log_loss: float
    auc_within: float | None
    search: Mapping[str, Any] | None
    untuned: str
    content_hash: str

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The row of its JSON data. Raises KeyError or TypeError on anything else."""
        return cls(**{**data, "runs": tuple(data["runs"]), "pools": tuple(data["pools"])})
