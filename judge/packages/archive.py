"""Zip archives from strangers: unpacked within bounds, or refused with the reason and nothing left behind."""

from __future__ import annotations

import io
import lzma
import posixpath
import shutil
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from judge.errors import PackageError

#: A problem set of an olympiad is below 1 GB and a few thousand files; beyond these an archive is a mistake or a bomb.
MAX_TOTAL_BYTES = 4 << 30
MAX_FILES = 100_000
_CHUNK = 1 << 20
#: The list of MAX_FILES names is below this; Python's reader takes all of it into memory before it can be counted.
_MAX_LIST_BYTES = 32 << 20
_MAX_LINK_BYTES = 4096
#: Folders in folders; what walks or removes them goes one call deeper for each.
_MAX_DEPTH = 64
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError, RuntimeError,
    ValueError,
)  # fmt: skip


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the zip `archive` into the empty `folder`.

    Names that leave the folder, links that leave it, lead in a circle or nowhere, encrypted entries and archives over
    MAX_TOTAL_BYTES or MAX_FILES raise PackageError, after which `folder` is empty again.
    """
    try:
        with _Bounded(archive) as stream, zipfile.ZipFile(stream) as source:
            _unpack(source, folder)
    except PackageError:
        _empty(folder)
        raise
    except _UNREADABLE as error:
        _empty(folder)
        raise PackageError(archive.name, f"is not a zip file that can be read ({_sentence(error)})") from error


class _Bounded(io.FileIO):
    """A file of which nobody takes more into memory at once than the list of an honest archive needs."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As `FileIO.read`; raises PackageError for more than `_MAX_LIST_BYTES`."""
        if size is not None and size > _MAX_LIST_BYTES:
            raise PackageError("", f"the archive holds more than {MAX_FILES} files")
        return super().read(size) or b""


def _unpack(source: zipfile.ZipFile, folder: Path) -> None:
    entries = [entry for entry in source.infolist() if not entry.is_dir()]
    if len(entries) > MAX_FILES:
        raise PackageError("", f"the archive holds {len(entries)} files, more than {MAX_FILES}")
    links: list[tuple[str, str]] = []
    seen: set[str] = set()
    left = MAX_TOTAL_BYTES
    for entry in entries:
        name = _safe_name(entry)
        if name in seen:
            raise PackageError(name, "is in the archive twice")
        seen.add(name)
        if entry.flag_bits & 1:
            raise PackageError(name, "is encrypted")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFLNK):
            raise PackageError(name, "is not a regular file")
        if kind == stat.S_IFLNK:
            with source.open(entry) as reader:
                target = reader.read(_MAX_LINK_BYTES)
            links.append((name, target.decode("utf-8", "replace")))
            continue
        left = _copy(source, entry, folder / name, left)
    _link(folder, links)


def _safe_name(entry: zipfile.ZipInfo) -> str:
    name = entry.filename.replace("\\", "/")
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")) or "\0" in name:
        raise PackageError(name.replace("\0", "?"), "is a name that leaves the archive")
    if len(parts) > _MAX_DEPTH:
        raise PackageError(f"{name[:80]}…", f"lies more than {_MAX_DEPTH} folders deep")
    return posixpath.normpath(name)


def _copy(source: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one entry; what is left of the size allowed. The size is counted, not believed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open(entry) as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise PackageError("", f"the archive unpacks to more than {MAX_TOTAL_BYTES >> 30} GiB")
            writer.write(chunk)
    return left


def _link(folder: Path, links: list[tuple[str, str]]) -> None:
    """Make the links last, so that nothing is ever written through one, then check where each leads."""
    for name, target in links:
        normal = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if target.startswith("/") or normal.startswith("../") or normal == ".." or "\0" in target:
            raise PackageError(name, "is a link that leaves the package")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    real_folder = folder.resolve()
    for name, _ in links:
        try:
            real = (folder / name).resolve(strict=True)
        except FileNotFoundError as error:
            raise PackageError(name, "is a link that leads nowhere") from error
        except (OSError, RuntimeError) as error:
            raise PackageError(name, "is a link that leads back to itself") from error
        if not real.is_relative_to(real_folder):
            raise PackageError(name, "is a link that leaves the package")


def _empty(folder: Path) -> None:
    for child in folder.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
