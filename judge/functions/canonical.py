"""JSON texts that are equal exactly where LiveCodeBench takes two values for equal.

Runs inside sandboxes, without Podium, and in readers of packages.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def canonical(value: Any) -> str:
    """One line of JSON: whole numbers without a point, true and false as 1 and 0, keys in order.

    A tuple counts as a list, but not one inside another value: LiveCodeBench says so. What JSON does not have is told
    by its type, and so equals no expected value.
    """
    return json.dumps(_plain(list(value) if isinstance(value, tuple) else value), separators=(",", ":"), sort_keys=True)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else f"({_plain(key)!r})": _plain(item) for key, item in value.items()}
    return {"no JSON value": type(value).__name__}
