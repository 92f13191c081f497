"""Problems as JSON-ready data: what hashes alike stays alike when later releases know more."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

#: Fields that came after the first release, and their defaults: left out of the manifest where they hold them, so that
#: a problem imported before keeps its content hash.
_LATER_FIELDS: dict[str, Any] = {
    "interaction": "kattis",
    "processes": 1,
    "passes": 1,
    "input_file": "",
    "output_file": "",
    "languages": [],
    "code_kib": 0,
    "score_precision": None,
}
_LATER_GROUP_FIELDS: dict[str, Any] = {"threshold": 0.0, "requires": [], "validator_calls": None, "full_score": None}
_PLAIN = (str, int, bool, type(None))


def as_manifest(problem: Any) -> dict[str, Any]:
    """A problem (a dataclass) as JSON-ready data, its fields nested. In one pass: there may be 10^5 tests."""
    data: dict[str, Any] = _json_ready(problem)
    _drop_defaults(data, _LATER_FIELDS)
    _drop_group_defaults(data["root"])
    _drop_program_defaults([value for name, value in data.items() if name != "testcases"])  # which hold none
    return data


def _drop_defaults(data: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    for name, default in defaults.items():
        if data[name] == default:
            del data[name]


def _drop_group_defaults(group: dict[str, Any]) -> None:
    _drop_defaults(group, _LATER_GROUP_FIELDS)
    for child in group["groups"]:
        _drop_group_defaults(child)


def _drop_program_defaults(value: Any) -> None:
    """As for groups, wherever below `value` a program lies."""
    if isinstance(value, Mapping):
        for name in ("expectations", "pictures"):
            if name in value and not value[name]:
                del value[name]  # type: ignore[attr-defined]
        if value.get("all_tests") is False:
            del value["all_tests"]  # type: ignore[attr-defined]
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for item in value:
        _drop_program_defaults(item)


@cache
def _fields(kind: type) -> tuple[str, ...] | None:
    """The names of a dataclass's fields, None for another class."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


def _json_ready(value: Any) -> Any:
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if (names := _fields(kind)) is not None:
        return {name: _json_ready(getattr(value, name)) for name in names}
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {key: _json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(item) for item in value]
    return value
