"""Problems of a file that are not in the set, with the names they may be misspelt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from judge.near import near_names

#: Looking for near names takes long: it is done for so many problems.
_LOOKED_UP = 200


@dataclass(frozen=True)
class Unmatched:
    """A problem of the file that is not in the set: how many records it has there, the set's nearest names."""

    slug: str
    n: int
    nearest: tuple[str, ...]


def unmatched(counts: Mapping[str, int], slugs: list[str]) -> list[Unmatched]:
    """The problems that are not in the set, most records first, with the set's nearest names (for the first 200)."""
    found = []
    for place, (slug, n) in enumerate(sorted(counts.items(), key=lambda item: (-item[1], item[0]))):
        found.append(Unmatched(slug, n, tuple(near_names(slug, slugs) if place < _LOOKED_UP else ())))
    return found
