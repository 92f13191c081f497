"""How numbers are written on every page: thin thousands, true minus, an en dash for what is missing.

Filters over `comparisons.metrics.words`, which charts and exports use too, and a few that only pages need. Each takes
None for "unknown" and answers "–": unknown is never 0 and never blank. A value that is not 0 never prints as 0.
"""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

from django import template
from django.utils import timezone

from comparisons.metrics import words
from comparisons.metrics.rows import Interval

register = template.Library()

Number = int | float | Decimal


def known(value: Number | str | None) -> float | None:
    """The value as a float; None where it is missing: None, empty, or no number."""
    if value is None or value == "":
        return None
    number = float(value)
    return number if math.isfinite(number) else None


@register.filter
def count(value: Number | None) -> str:
    """A whole number: 6 144. A mean of whole numbers that is not whole keeps one decimal: 10.5."""
    return words.count(known(value))


@register.filter
def stated(text: str) -> str:
    """A figure, "unknown" in words where it is none: for lists of facts; tables have the dash."""
    return words.stated(text)


@register.filter
def whole(value: Number | None) -> str:
    """A measure of which only the whole part matters: 61."""
    number = known(value)
    return words.MISSING if number is None else words.number(number)


@register.filter
def score(value: Number | None) -> str:
    """An obtained score: one decimal, 434.2."""
    return words.points(known(value))


@register.filter
def points(value: Number | None) -> str:
    """Obtainable points: whole where they are whole (600), else as many decimals as say them, at most two (12.5)."""
    number = known(value)
    if number is None:
        return words.MISSING
    rounded = words.rounded(number, 2)
    return words.number(number, 0 if rounded % 1 == 0 else 1 if words.rounded(number, 1) == rounded else 2)


@register.filter
def signed(value: Number | None) -> str:
    """A difference: +147.1, −31.0, 0.0 without a sign."""
    number = known(value)
    return words.MISSING if number is None else words.signed(number)


@register.filter
def usd(value: Number | None) -> str:
    """Money: four decimals below 0.10, two below 1 000, none above. The unit stands in the header."""
    return words.money(known(value))


@register.filter
def price(value: Decimal | None) -> str:
    """USD per million tokens: at least two decimals, and all that are stated (0.125)."""
    if value is None:
        return words.MISSING
    exponent = value.normalize().as_tuple().exponent
    return words.number(float(value), max(2, -exponent if isinstance(exponent, int) else 2))


@register.filter
def seconds(value: Number | None) -> str:
    """Seconds in three significant digits: 0.150, 2.01, 93.2, 412."""
    return words.seconds(known(value))


@register.filter
def share(value: Number | None) -> str:
    """A share 0-1 in per cent: whole, one decimal below 10; 100 % only where it is exact (99.96 % otherwise)."""
    return words.share(known(value))


@register.filter
def signed_share(value: Number | None) -> str:
    """Per cent with its sign, a difference of two shares; "–" where it is not known."""
    return words.signed_share(known(value))


@register.filter
def mebibytes(value: Number | None) -> str:
    """Bytes as a person says them: 812 bytes, 1.2 KiB, 412 MiB, 1.9 GiB."""
    size = known(value)
    if size is None:
        return words.MISSING
    unit = "bytes"
    for larger in ("KiB", "MiB", "GiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{words.number(size, 0 if unit == 'bytes' or size >= 100 else 1)} {unit}"


@register.filter
def rate(value: Number | None) -> str:
    """Units a second as a person follows them: "312 per s", below one a second "40 per min"."""
    number = known(value)
    if number is None:
        return words.MISSING
    return f"{words.whole(number)} per s" if number >= 1 else f"{words.whole(60 * number)} per min"


@register.filter
def duration(value: Number | None) -> str:
    """A length of time for people: 8 s, 41 min, 3 h 10 min."""
    number = known(value)
    if number is None:
        return words.MISSING
    if number < 90:
        return f"{round(number)} s"
    minutes = round(number / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes and hours < 24 else f"{words.number(hours)} h"


@register.simple_tag
def level_interval(lo: Number | None, hi: Number | None) -> str:
    """The interval of a level, over draws: 394 – 474."""
    return words.level_span(Interval(known(lo), known(hi)))


@register.simple_tag
def difference_interval(lo: Number | None, hi: Number | None) -> str:
    """The interval of a difference: [+9, +285]."""
    return words.difference_span(Interval(known(lo), known(hi)))


@register.filter
def day(value: datetime.date | datetime.datetime | None) -> str:
    """A date: "today, 03:12", "yesterday", "18 Nov", with the year where it is another one."""
    if value is None:
        return words.MISSING
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
