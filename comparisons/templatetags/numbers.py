"""How numbers are written, once for every page: thin thousands, true minus, an en dash for what is missing.

Plain functions that are also template filters (`{% load numbers %}`). Each takes None for "unknown" and answers "–":
unknown is never 0 and never blank. A value that is not 0 never prints as 0.
"""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

from django import template
from django.utils import timezone

register = template.Library()

Number = int | float | Decimal

GAP = "\u202f"  # narrow no-break space: between thousands, and before %
MINUS = "−"
MISSING = "–"


def _grouped(digits: str) -> str:
    return digits.replace(",", GAP).replace("-", MINUS)


def _fixed(value: Number, decimals: int) -> str:
    """`value` with so many decimals, and with more where it would otherwise print as 0 although it is not."""
    while value != 0 and decimals < 8 and round(abs(value), decimals) == 0:
        decimals += 1
    text = f"{value:,.{decimals}f}"
    return _grouped(text.lstrip("-") if float(text.replace(",", "")) == 0 else text)


def _is_missing(value: Number | str | None) -> bool:
    return value is None or value == "" or (isinstance(value, float) and not math.isfinite(value))


@register.filter
def count(value: Number | None) -> str:
    """A whole number: 6 144. A mean of whole numbers that is not whole keeps one decimal: 10.5."""
    if value is None or _is_missing(value):
        return MISSING
    return _fixed(value, 0 if float(value).is_integer() else 1)


@register.filter
def whole(value: Number | None) -> str:
    """A measure of which only the whole part matters: 61."""
    return MISSING if value is None or _is_missing(value) else _fixed(value, 0)


@register.filter
def score(value: Number | None) -> str:
    """An obtained score: one decimal, 434.2."""
    return MISSING if value is None or _is_missing(value) else _fixed(value, 1)


@register.filter
def points(value: Number | None) -> str:
    """Obtainable points: whole where they are whole (600), else as many decimals as say them, at most two (12.5)."""
    if value is None or _is_missing(value):
        return MISSING
    rounded = round(float(value), 2)
    return _fixed(value, 0 if rounded.is_integer() else 1 if round(rounded, 1) == rounded else 2)


@register.filter
def signed(value: Number | None) -> str:
    """A difference: +147.1, −31.0, 0.0 without a sign."""
    if value is None or _is_missing(value):
        return MISSING
    return ("+" if value > 0 else "") + _fixed(value, 1)


@register.filter
def usd(value: Number | None) -> str:
    """Money: four decimals below 0.10, two below 1 000, none above. The unit stands in the header."""
    if value is None or _is_missing(value):
        return MISSING
    size = abs(value)
    return _fixed(value, 4 if 0 < size < Decimal("0.1") else 2 if size < 1000 else 0)


@register.filter
def price(value: Number | None) -> str:
    """USD per million tokens: at least two decimals, and all that are stated (0.125)."""
    if value is None or _is_missing(value):
        return MISSING
    exact = Decimal(str(value)).normalize()
    exponent = exact.as_tuple().exponent
    return _fixed(exact, max(2, -exponent if isinstance(exponent, int) else 2))


@register.filter
def seconds(value: Number | None) -> str:
    """Seconds in three significant digits: 0.150, 2.01, 93.2, 412; whole above 1 000."""
    if value is None or _is_missing(value):
        return MISSING
    size = abs(float(value))
    if size == 0:
        return "0"
    decimals = min(3, max(0, 2 - math.floor(math.log10(size))))
    return _fixed(value, decimals)


@register.filter
def share(value: Number | None) -> str:
    """A share 0-1 in per cent: whole, one decimal below 10; 100 % and 0 % only where exact."""
    if value is None or _is_missing(value):
        return MISSING
    percent = float(value) * 100
    decimals = 1 if abs(percent) < 10 and percent != 0 or round(percent) == 100 and percent != 100 else 0
    text = _fixed(min(percent, 99.9) if decimals and percent < 100 else percent, decimals)
    return f"{text}{GAP}%"


@register.filter
def mebibytes(value: Number | None) -> str:
    """Bytes as a person says them: 812 bytes, 1.2 KiB, 412 MiB, 1.9 GiB."""
    if value is None or _is_missing(value):
        return MISSING
    size = float(value)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            decimals = 0 if unit == "bytes" or size >= 100 else 1
            return f"{_fixed(size, decimals)} {unit}"
        size /= 1024
    raise AssertionError("unreachable: GiB ends the loop")


@register.filter
def duration(value: Number | None) -> str:
    """A length of time for people: 8 s, 41 min, 3 h 10 min."""
    if value is None or _is_missing(value):
        return MISSING
    whole = round(float(value))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes and hours < 24 else f"{_grouped(f'{hours:,}')} h"


@register.simple_tag
def level_interval(lo: Number | None, hi: Number | None) -> str:
    """The interval of a level, over draws: 394.0 – 474.1."""
    return MISSING if lo is None or hi is None else f"{_fixed(lo, 1)}\u00a0– {_fixed(hi, 1)}"


@register.simple_tag
def difference_interval(lo: Number | None, hi: Number | None) -> str:
    """The interval of a difference: [+9.0, +285.3]."""
    return MISSING if lo is None or hi is None else f"[{signed(lo)}, {signed(hi)}]"


@register.filter
def day(value: datetime.date | datetime.datetime | None) -> str:
    """A date: "today, 03:12", "yesterday", "18 Nov", with the year where it is another one."""
    if value is None:
        return MISSING
    clock = ""
    if isinstance(value, datetime.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
        clock = value.strftime(", %H:%M")
        value = value.date()
    today = timezone.localdate()
    if value == today:
        return f"today{clock}"
    if value == today - datetime.timedelta(days=1):
        return f"yesterday{clock}"
    text = f"{value.day}\u00a0{value.strftime('%b')}"
    return text if value.year == today.year else f"{text} {value.year}"
