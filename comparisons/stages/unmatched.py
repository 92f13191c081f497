"""Problems of a file that are not in the set, with the names they may be misspelt from."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

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
    lower = {slug.lower(): slug for slug in slugs}
    found = []
    for place, (slug, n) in enumerate(sorted(counts.items(), key=lambda item: (-item[1], item[0]))):
        near = difflib.get_close_matches(slug.lower(), lower, n=3, cutoff=0.6) if place < _LOOKED_UP else []
        found.append(Unmatched(slug, n, tuple(lower[name] for name in near)))
    return found
