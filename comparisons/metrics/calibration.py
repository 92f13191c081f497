"""Is a predicted chance worth anything? Log loss, Brier score, AUC and the calibration curve, beside the base rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Predictions that lie beside each other: how many, their mean, the share that came true and its 95 % interval
    (Wilson). The rows of a problem stand together, so the true interval is wider."""

    n: int
    predicted: float
    observed: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Calibration:
    """Predictions against what happened. auc: the chance that a true one is predicted higher than a false one; None
    where all are alike."""

    n: int
    log_loss: float
    brier: float
    auc: float | None
    bins: tuple[Bin, ...]


def calibration(predicted: npt.ArrayLike, happened: npt.ArrayLike, *, bins: int = BINS) -> Calibration:
    """predicted: chances in [0, 1]; happened: 0 or 1, as many. Bins hold equally many. Raises ValueError for none."""
    p, y = np.asarray(predicted, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    if p.shape != y.shape or p.ndim != 1 or not len(p):
        raise ValueError(f"{p.shape} predictions for {y.shape} outcomes")
    return Calibration(len(p), log_loss(p, y), float(np.mean((p - y) ** 2)), auc(p, y), _bins(p, y, bins))


def log_loss(predicted: FloatArray, happened: FloatArray) -> float:
    """Mean of -log of the chance given to what happened, in nats; chances are kept 1e-15 from 0 and 1."""
    p = np.clip(predicted, 1e-15, 1 - 1e-15)
    return float(-np.mean(happened * np.log(p) + (1 - happened) * np.log1p(-p)))


def auc(predicted: FloatArray, happened: FloatArray) -> float | None:
    """Area under the ROC curve by ranks, ties counting half (Mann-Whitney); None where only one outcome occurs."""
    positive = int(happened.sum())
    negative = len(happened) - positive
    if not positive or not negative:
        return None
    _, inverse, counts = np.unique(predicted, return_inverse=True, return_counts=True)
    upto = np.cumsum(counts)
    ranks = (upto - (counts - 1) / 2)[inverse]
    return float((ranks[happened > 0.5].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _bins(p: FloatArray, y: FloatArray, bins: int) -> tuple[Bin, ...]:
    order = np.argsort(p, kind="stable")
    made = []
    for rows in np.array_split(order, min(bins, len(p))):
        n, observed = len(rows), float(y[rows].mean())
        lo, hi = _wilson(observed, n)
        made.append(Bin(n, float(p[rows].mean()), observed, lo, hi))
    return tuple(made)


def _wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))
