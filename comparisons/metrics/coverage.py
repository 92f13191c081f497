"""How coverage grows with draws, and the law it often follows (Large Language Monkeys, arXiv:2407.21787)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from comparisons.metrics.estimators import pass_at_k

#: A line through fewer points has no error to state.
_FEWEST = 3


class CoverageLaw(NamedTuple):
    """coverage(k) ≈ exp(a k^b), a and b < 0, with standard errors from the scatter around the line in
    (log k, log -log coverage); rms: root mean square of fitted minus observed coverage; ks: the points it went through.
    """

    a: float
    b: float
    a_se: float
    b_se: float
    rms: float
    ks: tuple[int, ...]

    def at(self, k: float) -> float:
        """The law's coverage with k draws."""
        return math.exp(self.a * k**self.b)


def coverage(problems: Sequence[tuple[int, int]], *, k: int) -> float:
    """Mean unbiased pass@k over problems, each (draws, right ones). Raises ValueError as `pass_at_k` does."""
    if not problems:
        raise ValueError("coverage of no problem")
    return math.fsum(pass_at_k(n, c, k=k) for n, c in problems) / len(problems)


def fit_coverage_law(ks: Sequence[int], observed: Sequence[float]) -> CoverageLaw:
    """The law through coverages strictly between 0 and 1: the straight line of log -log coverage on log k by ordinary
    least squares, each point with the same weight.

    This is not the fit that minimises the misses of coverage itself (its a and b differ in the second digit), nor a
    likelihood: points of one pool share its draws. Raises ValueError with fewer than three such points. A fit, not a
    promise: the source names sets it fails on.
    """
    points = [(k, value) for k, value in zip(ks, observed, strict=True) if 0 < value < 1]
    if len(points) < _FEWEST or len({k for k, _ in points}) < _FEWEST:
        raise ValueError(f"the coverage law needs {_FEWEST} coverages between 0 and 1, not {len(points)}")
    x = np.log([k for k, _ in points])
    y = np.log(-np.log([value for _, value in points]))
    spread = float(((x - x.mean()) ** 2).sum())
    b = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    level = float(y.mean() - b * x.mean())
    residuals = y - level - b * x
    variance = float(residuals @ residuals) / (len(points) - 2)
    a = -math.exp(level)
    law = CoverageLaw(
        a=a,
        b=b,
        a_se=abs(a) * math.sqrt(variance * (1 / len(points) + float(x.mean()) ** 2 / spread)),
        b_se=math.sqrt(variance / spread),
        rms=0.0,
        ks=tuple(k for k, _ in points),
    )
    missed = [law.at(k) - value for k, value in points]
    return law._replace(rms=math.sqrt(math.fsum(one * one for one in missed) / len(missed)))
