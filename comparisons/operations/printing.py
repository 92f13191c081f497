"""What an operation found out, as JSON or as text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any


def to_json(data: Any) -> str:
    """One line of JSON: money as a number, dates in ISO form, NaN and infinities as null."""
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False)


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns under headers, numbers to the right; null is shown as a dash."""
    values = [list(row) for row in rows]
    cells = [[_cell(value) for value in row] for row in values]
    kinds = [[isinstance(value, int | float | Decimal) for value in row] for row in values]
    widths = [max(len(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]
    numeric = [bool(kinds) and all(row[i] for row in kinds) for i in range(len(headers))]

    def line(texts: Sequence[str]) -> str:
        return "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, numeric, strict=True)
        ).rstrip()

    return "\n".join([line(headers), line(["-" * width for width in widths]), *map(line, cells)])


def one_line(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _plain(float(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
