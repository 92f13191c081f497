"""Files that a person has uploaded and not yet confirmed. They lie under PODIUM_HOME/uploads for a day."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path, PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from comparisons.actions import Refused
from comparisons.models import User

KEPT_S = 24 * 3600
LARGEST_BYTES = 2 << 30
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,40}")
_STRANGE = re.compile(r"[^\w.()+, -]+")


class TooLarge(Refused):
    """More was sent than is taken."""


@dataclass(frozen=True)
class Upload:
    """A staged file: `path` has the name it was uploaded under; `companion` came with it (statements), or None."""

    token: str
    path: Path
    companion: Path | None


def stage_upload(user: User, uploaded: UploadedFile, companion: UploadedFile | None = None) -> str:
    """The token under which `find_upload` gives this person's file back. Raises Refused where it is empty or too
    large."""
    for file in filter(None, (uploaded, companion)):
        _check(file, LARGEST_BYTES)
    root = _root()
    _sweep(root)
    token = secrets.token_urlsafe(18)
    folder = root / token
    names = {"main": keep(uploaded, folder / "main").name, "companion": None}
    if companion is not None:
        names["companion"] = keep(companion, folder / "companion").name
    # Written last: a folder without it is half an upload and belongs to nobody.
    (folder / "about.json").write_text(json.dumps({"user": user.pk, **names}))
    return token


def keep(file: UploadedFile, folder: Path, most_bytes: int = LARGEST_BYTES) -> Path:
    """Writes an uploaded file into this folder, which is made, under the harmless part of its name. Raises Refused
    where it is empty, TooLarge."""
    _check(file, most_bytes)
    folder.mkdir(parents=True)
    path = folder / _name(file)
    with path.open("wb") as target:
        for chunk in file.chunks():
            target.write(chunk)
    return path


def find_upload(user: User, token: str) -> Upload:
    """This person's staged file. Raises Refused where there is none (any more)."""
    gone = Refused("The uploaded file is no longer here; upload it again.")
    if not _TOKEN.fullmatch(token):
        raise gone
    folder = _root() / token
    try:
        about = json.loads((folder / "about.json").read_text())
    except FileNotFoundError:
        raise gone from None
    if about["user"] != user.pk:
        raise gone
    companion = folder / "companion" / about["companion"] if about["companion"] else None
    return Upload(token, folder / "main" / about["main"], companion)


def discard_upload(user: User, token: str) -> None:
    """Removes the staged file: it was imported, or is not wanted. Raises Refused as `find_upload` does."""
    shutil.rmtree(find_upload(user, token).path.parent.parent, ignore_errors=True)


def _root() -> Path:
    root = Path(settings.PODIUM_HOME) / "uploads"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


def _check(file: UploadedFile, most_bytes: int) -> None:
    if not file.size:
        raise Refused(f"{_name(file)} is empty.")
    if file.size > most_bytes:
        said = f"{most_bytes >> 30} GiB" if most_bytes >= 1 << 30 else f"{most_bytes >> 20} MiB"
        raise TooLarge(f"{_name(file)} is larger than {said}; import it with the command instead.")


def _name(file: UploadedFile) -> str:
    """The file's name as a person knows it, harmless as a name here: no folders, no leading dot, not too long."""
    name = _STRANGE.sub("_", PurePath(str(file.name or "").replace("\\", "/")).name).lstrip(".")
    suffix = PurePath(name).suffix[:20]
    return (name[: 120 - len(suffix)].removesuffix(suffix) + suffix) or "upload"


def _sweep(root: Path) -> None:
    old = time.time() - KEPT_S
    for folder in root.iterdir():
        if folder.stat().st_mtime < old:
            shutil.rmtree(folder, ignore_errors=True)
