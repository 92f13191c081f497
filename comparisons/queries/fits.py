"""Fits with what they came from, for their pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from comparisons.models import Fit, Pool, User


@dataclass(frozen=True)
class FitRow:
    """A fit in the list. Figures are None until it is done."""

    fit: Fit
    pools: Sequence[Pool]
    log_loss: float | None
    base_log_loss: float | None
    auc: float | None
    n_runs: int


def fit_rows(user: User) -> list[FitRow]:
    """The fits this person may see, newest first. Four queries."""
    found = Fit.objects.visible_to(user).prefetch_related("sources__judging__revision__pool", "runs")
    return [
        FitRow(
            fit,
            pools_of(fit),
            _figure(fit, "held_out", "log_loss"),
            _figure(fit, "base_rate", "log_loss"),
            (fit.result.get("auc_within") or {}).get("mean"),
            len(fit.runs.all()),
        )
        for fit in found
    ]


def pools_of(fit: Fit) -> list[Pool]:
    """The pools that it learned from, in the order given."""
    return [source.judging.revision.pool for source in fit.sources.all()]


def _figure(fit: Fit, of: str, name: str) -> Any:
    return (fit.result.get(of) or {}).get(name)
