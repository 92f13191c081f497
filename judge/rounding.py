"""Outputs with a tolerance: a form that outputs share whose numbers are nearly equal.

Being within a tolerance is no equivalence (a near b and b near c do not make a near c), and clusters need one. So every
number is rounded, and rounded outputs are equal or not. Two numbers on either side of a rounding edge differ, however
near they are; that is the price.
"""

from __future__ import annotations

import hashlib
import re

#: A number keeps this many digits, and no more than `DECIMALS` after the point: AlphaCode calls numbers equal that are
#: within 1e-5 (Li et al. 2022, appendix on correctness testing).
DIGITS, DECIMALS = 6, 5
#: A whole token with a point in it. Whole numbers are counts and names: they stay exact.
_DECIMAL = re.compile(rb"(?<!\S)[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d{1,3})?(?!\S)")
#: Above it a rounded number is written with its exponent.
_WRITTEN_OUT = 1e15


def rounded(output: bytes) -> bytes:
    """The output's tokens with one space between them, decimal numbers rounded, letters small: `3.00` is `3`."""
    return _DECIMAL.sub(_round, b" ".join(output.split()).lower())


def rounded_hash(output: bytes) -> bytes:
    """16 bytes of BLAKE2b of `rounded`; where nothing was to be changed, `Execution.tokens_hash`."""
    return hashlib.blake2b(rounded(output), digest_size=16).digest()


def _round(number: re.Match[bytes]) -> bytes:
    text = f"{round(float(number[0]), DECIMALS):.{DIGITS}g}"
    value = float(text)
    if abs(value) < _WRITTEN_OUT and value.is_integer():
        return b"%d" % int(value)
    return text.encode()
