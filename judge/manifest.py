"""Problems as JSON-ready data: what hashes alike stays alike when later releases know more."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

#: Fields that came after the first release, and their defaults: left out of the manifest where they hold them, so that
#: a problem imported before keeps its content hash.
_LATER_FIELDS = {"interaction": "kattis", "processes": 1, "passes": 1, "input_file": "", "output_file": ""}
_LATER_GROUP_FIELDS = {"threshold": 0.0, "requires": ()}


def as_manifest(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem's fields, nested, as JSON-ready data. Changes `problem`."""
    _drop_defaults(problem, _LATER_FIELDS)
    _drop_group_defaults(problem["root"])
    _drop_program_defaults(problem)
    return _json_ready(problem)  # type: ignore[no-any-return]


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


def _json_ready(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {key: _json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(item) for item in value]
    return value
