"""Finding the packages below a folder by the file that each of them has."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path


def find_roots(path: Path, is_root: Callable[[Path], bool]) -> list[Path]:
    """Folders at or below `path` for which `is_root` holds, by path, not looking into one nor through links."""
    if not path.is_dir():
        return []
    if is_root(path):
        return [path]
    return [root for child in own_folders(path) for root in find_roots(child, is_root)]


def own_folders(path: Path) -> list[Path]:
    """The folders in `path` by name, without hidden ones and links. Files, of which there may be many, cost little."""
    with os.scandir(path) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return [path / name for name in sorted(names) if not name.startswith((".", "__"))]


def slug_of(name: str) -> str:
    """A problem's slug from the name of its folder or archive."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.").lower() or "problem"


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sorts test2 before test10."""
    parts = re.split(r"(\d+)", name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name
