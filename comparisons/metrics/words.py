"""How figures and findings are written: on pages, in charts, in reports. Text in, text out; nothing is computed here.

Thousands stand apart by a narrow gap, the minus is a true one, and a value that is not 0 is never written as 0.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from comparisons.metrics.rows import Interval

GAP = "\u202f"
MINUS = "\u2212"
MISSING = "\u2013"
#: How a warning begins that says that a difference may come of something else.
NOT_LIKE = "Not like with like."
NO_BREAK = "\u00a0"
# What is smaller is the rounding of a computer: 0.
_MOST_DIGITS = 9
#: From here on a float has no decimals that could be shown.
_WHOLE = 1e13

SHOWN_WORDS: dict[str | None, str] = {
    "problems": "Shown for problems like these",
    "draws": "Shown for these problems; not shown for problems like these",
    None: "Not shown",
}
"""What may be said of a difference, by `PairRow.shown`."""


def rounded(value: float, digits: int = 0) -> Decimal:
    """`value` with this many decimals, a tie away from 0 as people round: 5.25 is 5.3, and so is what a computer's sums
    make of 5.25. Raises ValueError or OverflowError for what is not finite."""
    # Beyond the 14th digit stands the error of the sums.
    exact = Decimal(f"{value:.14g}" if abs(value) < _WHOLE else str(round(value)))
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def number(value: float, digits: int = 0) -> str:
    """`value` with this many decimals; more where it would be written as 0 without being 0."""
    if abs(value) < 0.5 * 10**-_MOST_DIGITS:
        value = 0.0
    if not math.isfinite(value):
        return f"{value:f}"
    text = f"{rounded(abs(value), digits):,f}"
    while value and not text.strip("0.,") and digits < _MOST_DIGITS:
        digits += 1
        text = f"{rounded(abs(value), digits):,f}"
    is_zero = not text.strip("0.,")
    return (MINUS if value < 0 and not is_zero else "") + text.replace(",", GAP)


def signed(value: float, digits: int = 1) -> str:
    """`value` with its sign; 0 has none."""
    text = number(value, digits)
    return "+" + text if value > 0 and text.strip("0.") else text


def points(value: float | None, *, digits: int = 1, is_lower_bound: bool = False) -> str:
    """A score: one decimal, "–" where missing, "≥" before a lower bound."""
    if value is None:
        return MISSING
    return ("≥" + NO_BREAK if is_lower_bound else "") + number(value, digits)


def whole(value: float | None) -> str:
    """A figure for prose: whole, a half stays a half, one decimal below 10."""
    return MISSING if value is None else number(value, _prose_digits(value))


def whole_signed(value: float) -> str:
    """A difference for prose, with its sign."""
    return signed(value, _prose_digits(value))


def money(value: float | None, *, is_lower_bound: bool = False) -> str:
    """US dollars without the unit: two decimals below 1 000, four below 0.10, two digits of what is less than 0.001,
    "–" where unknown."""
    if value is None:
        return MISSING
    size = abs(value)
    digits = 0 if size >= 1000 else 2 if size >= 0.1 or not size else 4
    if 0.5 * 10**-_MOST_DIGITS <= size < 0.001:
        digits = min(_MOST_DIGITS, 1 - math.floor(math.log10(size)))
    return ("≥" + NO_BREAK if is_lower_bound else "") + number(value, digits)


def seconds(value: float | None, *, is_lower_bound: bool = False) -> str:
    """Seconds without the unit, three significant digits, never fewer than whole seconds; "≥" before a lower bound."""
    if value is None:
        return MISSING
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2 if value >= 0.9995 else 3
    return ("≥" + NO_BREAK if is_lower_bound else "") + number(value, digits)


def count(value: float | None) -> str:
    """A number of draws or submissions: whole, or one decimal where it is a mean."""
    if value is None:
        return MISSING
    return number(value, 0 if abs(value - round(value)) < 0.05 else 1)


def stated(text: str) -> str:
    """The text of a figure, "unknown" for the dash that stands for none: where there is room for the word."""
    return "unknown" if text == MISSING else text


def share(value: float | None) -> str:
    """A share as whole per cent, one decimal below 10 %, more where it would be written as 100 without being the whole;
    "–" where there is none."""
    if value is None:
        return MISSING
    return number(100 * value, _share_digits(value)) + NO_BREAK + "%"


def signed_share(value: float | None) -> str:
    """A difference of two shares in per cent, with its sign; 0 has none."""
    if value is None:
        return MISSING
    return (MINUS if value < 0 else "+" if value > 0 else "") + share(abs(value))


def gap_share(value: float | None, *, is_bound: bool) -> str:
    """A share of the gap to the best choice. is_bound: that is known by an upper bound alone, and more of the true gap
    may be closed, or lost."""
    sign = "" if not is_bound or not value else "≥" if value > 0 else "≤"
    return sign + (NO_BREAK if sign else "") + share(value)


def share_span(interval: Interval) -> str:
    """An interval of a share, in per cent without the sign: "70–100". Empty where there is none.

    Ends at 100 where it reaches further: nothing closes more than the whole gap.
    """
    if interval.lo is None or interval.hi is None:
        return ""
    lo, hi = interval.lo, min(interval.hi, 1.0)
    if lo < 0:
        return f"{number(100 * lo, _share_digits(lo))} to {number(100 * hi, _share_digits(hi))}"
    return f"{number(100 * lo, _share_digits(lo))}–{number(100 * hi, _share_digits(hi))}"


def level_span(interval: Interval, digits: int = 0) -> str:
    """An interval of a score: "394 – 474"; "–" where there is none."""
    if interval.lo is None or interval.hi is None:
        return MISSING
    digits = max(digits, _span_digits(interval.lo, interval.hi))
    return f"{number(interval.lo, digits)} – {number(interval.hi, digits)}"


def difference_span(interval: Interval, digits: int = 0) -> str:
    """An interval of a difference: "[+9, +285]"; "–" where there is none."""
    if interval.lo is None or interval.hi is None:
        return MISSING
    digits = max(digits, _span_digits(interval.lo, interval.hi))
    return f"[{signed(interval.lo, digits)}, {signed(interval.hi, digits)}]"


def prose_span(interval: Interval) -> str:
    """An interval of a difference in a sentence: "+9 to +285"; "–" where there is none."""
    if interval.lo is None or interval.hi is None:
        return MISSING
    digits = _span_digits(interval.lo, interval.hi)
    return f"{signed(interval.lo, digits)} to {signed(interval.hi, digits)}"


def level(interval: Interval) -> str:
    """The level of an interval: "95 %", "99.2 %"; never rounded up to 100."""
    percent = 100 * interval.level
    digits = 0 if abs(percent - round(percent)) < 1e-6 else 1 if percent < 99.5 else 2
    return number(percent, digits) + NO_BREAK + "%"


def plural(n: int, noun: str) -> str:
    """ "1 run", "2 runs"."""
    return f"{number(n)} {noun}" + ("" if n == 1 else "s")


def _prose_digits(value: float) -> int:
    # A table says 476.5 of what is 476.46: "476" beside it would look wrongly rounded.
    is_half = rounded(abs(value), 1) % 1 == Decimal("0.5")
    return 1 if is_half or (abs(value) < 9.95 and value != round(value)) else 0


def _share_digits(value: float) -> int:
    if abs(value) < 0.5:
        return 1 if 0 < abs(value) < 0.0995 else 0
    digits = 0
    while abs(value) < 1 - 1e-9 and round(100 * abs(value), digits) >= 100:
        digits += 1
    return digits


def _span_digits(lo: float, hi: float) -> int:
    """Enough decimals that the ends of a narrow interval stay apart."""
    width = abs(hi - lo)
    return 0 if width >= 10 else 1 if width >= 1 else 2 if width >= 0.1 else 3
