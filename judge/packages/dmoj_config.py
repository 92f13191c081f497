"""init.yml of a DMOJ problem: its nodes, which inherit from those above them, and its list of cases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judge.errors import PackageError
from judge.packages.bundle import Bundle
from judge.packages.kattis_header import number, read_yaml
from judge.packages.matching import match_names

HEADER = "init.yml"
#: DMOJ's own patterns for the names of test files where test_cases gives none.
_PATTERN = r"^(?=.*?\.{0}|{0}).*?(?:(?:^|\W)(?P<batch>\d+)[^\d\s]+)?(?P<case>\d+)[^\d\s]*$"
_DEFAULTS = {"points": 1}
_LONGEST_NAME = 300


class Node:
    """A mapping of init.yml. What it does not say, those above it say."""

    def __init__(self, bundle: Bundle, where: str, values: dict[str, Any], parent: Node | None = None) -> None:
        self.bundle = bundle
        self.where = where
        self.values = values
        self.parent = parent
        for key in values:
            if key.endswith(("++", "()")):
                raise self.error(f"{key!r} is Python to be run when the problem is read; write out what it makes")

    def get(self, key: str, default: Any = None) -> Any:
        """The value of `key` here or above, else `default`."""
        if self.values.get(key) is not None:
            return self.values[key]
        return self.parent.get(key, default) if self.parent else default

    def child(self, where: str, values: Any) -> Node:
        """A node below this one. Raises PackageError where `values` is no mapping of names."""
        if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
            raise self.error(f"{where} is not a mapping of names to values")
        return Node(self.bundle, where, values, self)

    def number(self, key: str) -> float | None:
        """A number of at least 0 that is here or above. Raises PackageError on anything else."""
        value = self.get(key, _DEFAULTS.get(key))
        if value is None:
            return None
        found = number(self.bundle, self.path, f"{self.where}: {key}" if self.where else key, value)
        if not 0 <= found < 1e12:
            raise self.error(f'"{key}" is {found:g}; 0 or more are needed')
        return found

    def name(self, key: str) -> str:
        """The name of a file that this node itself gives, "" for none."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, str | int | float):
            raise self.error(f'"{key}" is not the name of a file')
        return "" if value is None else str(value)

    @property
    def path(self) -> Path:
        """The file it is in."""
        return self.bundle.root / HEADER

    def error(self, reason: str) -> PackageError:
        """A PackageError about this node."""
        return self.bundle.error(self.path, f"{self.where}: {reason}" if self.where else reason)


@dataclass(frozen=True)
class Item:
    """A case (`batch` 0, one node in `cases`), or a batch by its number. `dependencies` are numbers of batches."""

    node: Node
    points: float
    cases: tuple[Node, ...]
    batch: int = 0
    dependencies: tuple[int, ...] = ()


def read_config(bundle: Bundle) -> Node:
    """The top of init.yml. Raises PackageError where it cannot be read."""
    values = read_yaml(bundle, bundle.root / HEADER)
    return Node(bundle, "", values)


def read_items(config: Node, names: Sequence[str]) -> tuple[Item, ...]:
    """The cases and batches, pretests first. `names` are those of the files among which test_cases may choose."""
    items: list[Item] = []
    pretests = config.get("pretest_test_cases")
    if pretests is not None:
        items += _listed(config, "pretest_test_cases", pretests, items, is_pretest=True)
    cases = config.get("test_cases")
    if not isinstance(cases, list):
        cases = _matched(config, config.child("test_cases", cases or {}), names)
    items += _listed(config, "test_cases", cases, items)
    if not items:
        raise config.error('"test_cases" is empty: the problem has no tests')
    return tuple(items)


def _listed(config: Node, key: str, cases: Any, before: Sequence[Item], *, is_pretest: bool = False) -> Iterator[Item]:
    if not isinstance(cases, list):
        raise config.error(f'"{key}" is not a list')
    batch = sum(1 for item in before if item.batch)
    for place, values in enumerate(cases, start=1):
        node = config.child(f"{key}, {place}", values)
        points = 0.0 if is_pretest else node.number("points") or 0.0
        if "batched" not in node.values:
            yield Item(node, points, (node,))
            continue
        batch += 1
        batched = node.values["batched"]
        if not isinstance(batched, list) or not batched:
            raise node.error('"batched" is not a list of cases')
        children = tuple(node.child(f"{key}, {place}, {n}", one) for n, one in enumerate(batched, start=1))
        if nested := next((child for child in children if "batched" in child.values), None):
            raise nested.error("is a batch in a batch")
        yield Item(node, points, children, batch, _dependencies(node, batch))


def _dependencies(node: Node, batch: int) -> tuple[int, ...]:
    values = node.get("dependencies") or []
    if not isinstance(values, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in values):
        raise node.error('"dependencies" is not a list of numbers of batches')
    if wrong := next((one for one in values if not 1 <= one < batch), None):
        raise node.error(f'"dependencies" names batch {wrong}, which is no earlier one')
    return tuple(values)


def _matched(config: Node, node: Node, names: Sequence[str]) -> list[dict[str, Any]]:
    """Cases by the names of files, as DMOJ finds them: one pattern for inputs and one for outputs, whose groups
    `batch` and `case` say where a file belongs."""
    names = [name for name in names if len(name) <= _LONGEST_NAME]
    found: dict[Any, dict[Any, dict[str, str]]] = {}
    batches = set()
    for kind, matches in zip(("in", "out"), _matches(node, names), strict=True):
        for name, match in zip(names, matches, strict=True):
            if match is None:
                continue
            batch, case = (int(part) if part is not None and part.isdecimal() else part for part in match)
            if case is None:
                raise node.error(f"{name} matches the pattern, but no group of it gives the number of the case")
            if batch is not None:
                batches.add(batch)
            found.setdefault(case if batch is None else batch, {}).setdefault(case, {})[kind] = name
    points = node.values.get("case_points")
    if points is not None and (not isinstance(points, list) or len(points) < len(found)):
        raise node.error(f'"case_points" is no list of the points of {len(found)} cases and batches')
    cases: list[dict[str, Any]] = []
    for place, key in enumerate(sorted(found, key=_order)):
        members = [found[key][case] for case in sorted(found[key], key=_order)]
        if key not in batches and len(members) > 1:
            raise node.error(f"{members[0]} and {members[1]} are the same case")
        own = {"points": points[place] if points is not None else config.get("points", 1)}
        cases.append({**own, "batched": members} if key in batches else {**own, **members[0]})
    return cases


def _order(key: Any) -> tuple[bool, Any]:
    return isinstance(key, int), key


def _matches(node: Node, names: Sequence[str]) -> list[list[list[str | None] | None]]:
    patterns = [str(node.values.get(f"{kind}put_format") or _PATTERN.format(kind)) for kind in ("in", "out")]
    try:
        found = match_names(patterns, names, flags=re.IGNORECASE)
    except ValueError as error:
        raise node.error(f"a pattern for file names {error}") from error
    return [[None if match is None else [match.get("batch"), match.get("case")] for match in row] for row in found]
