"""Finding the packages below a folder by the file that each of them has."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path


def find_roots(path: Path, is_root: Callable[[Path], bool]) -> list[Path]:
    """Folders at or below `path` for which `is_root` holds, by path, not looking into one nor through links."""
    if not path.is_dir():
        return []
    if is_root(path):
        return [path]
    return [
        root
        for child in sorted(path.iterdir())
        if child.is_dir() and not child.is_symlink() and not child.name.startswith((".", "__"))
        for root in find_roots(child, is_root)
    ]


def slug_of(name: str) -> str:
    """A problem's slug from the name of its folder or archive."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.").lower() or "problem"


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sorts test2 before test10."""
    parts = re.split(r"(\d+)", name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name
