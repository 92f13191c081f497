"""What equal programs did before on this machine: a cache beside the database, never a source of truth.

Its keys name everything an outcome depends on (token hash, problem version, limits, environment), so an entry is never
stale; deleting the folder only costs time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings


def get(key: str) -> dict[str, Any] | None:
    """The stored outcome, or None."""
    try:
        outcome: dict[str, Any] = json.loads(_path(key).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return outcome


def put(key: str, outcome: dict[str, Any]) -> None:
    """Stores an outcome; written beside its place and renamed, so that no reader sees half of it."""
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as partial:
        json.dump(outcome, partial)
    os.replace(partial.name, path)


def representative(program_hash: str, source: str) -> str:
    """The text that stands for all programs of this hash on this machine: the first that came. They differ in comments
    and spaces only, and one text is compiled once."""
    if not program_hash:
        return source
    known = get(f"source:{program_hash}")
    if known is not None:
        return str(known["source"])
    put(f"source:{program_hash}", {"source": source})
    return source


def _path(key: str) -> Path:
    digest = hashlib.sha256(key.encode()).hexdigest()
    return Path(settings.PODIUM_CACHE) / "outcomes" / digest[:2] / f"{digest[2:]}.json"
