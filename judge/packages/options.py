"""What a reader is told besides the path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReadOptions:
    """`name`: what the thing that was loaded is called, without suffix (slug of a package that lies at the top of an
    archive). `statements`: a file or folder of statements, or None. `workspace`: an existing folder for bytes that lie
    in no file of their own; its content must outlive the packages."""

    name: str
    statements: Path | None
    workspace: Path
