"""Student's t distribution, without a statistics package: distribution function and quantile."""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300


def student_cdf(t: float, df: float) -> float:
    """P(T <= t) for `df` degrees of freedom (> 0); absolute error below 1e-12."""
    if df <= 0:
        raise ValueError(f"degrees of freedom must be positive, not {df}")
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    tail = 0.5 * _incomplete_beta(df / 2, 0.5, df / (df + t * t))
    return 1.0 - tail if t > 0 else tail


@lru_cache(maxsize=4096)
def student_quantile(p: float, df: float) -> float:
    """The t with P(T <= t) = p, 0 < p < 1, to about 10 digits: Newton's steps, kept inside a bracket."""
    if not 0 < p < 1:
        raise ValueError(f"p = {p} must lie strictly between 0 and 1")
    if p < 0.5:
        return -student_quantile(1 - p, df)
    low, high = 0.0, 1.0
    while student_cdf(high, df) < p:
        low, high = high, high * 2
    log_scale = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi)
    t = (low + high) / 2
    for _ in range(120):
        missing = student_cdf(t, df) - p
        low, high = (low, t) if missing > 0 else (t, high)
        density = math.exp(log_scale - (df + 1) / 2 * math.log1p(t * t / df))
        step = missing / density if density > _TINY else math.inf
        following = t - step if low < t - step < high else (low + high) / 2
        if abs(following - t) <= 1e-14 * max(1.0, t):
            return following
        t = following
    return t


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return math.exp(log_front) * _continued_fraction(a, b, x) / a
    return 1.0 - math.exp(log_front) * _continued_fraction(b, a, 1 - x) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Lentz's evaluation of the continued fraction of I_x(a, b) (DLMF 8.17.22)."""
    c, d = 1.0, _inverse(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = _inverse(1 + even * d), _away_from_zero(1 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = _inverse(1 + odd * d), _away_from_zero(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < 1e-15:
            return value
    raise ArithmeticError(f"incomplete beta of ({a}, {b}) at {x} did not converge")


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _inverse(value: float) -> float:
    return 1 / _away_from_zero(value)
