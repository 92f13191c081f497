"""The files of one package on disk: named relative to what was loaded, hashed once, never followed outside."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from judge.errors import PackageError
from judge.problem import File

#: Test data larger than this is refused: it could not be stored or judged within reason.
MAX_FILE_BYTES = 1 << 30
_LONGEST = 400
#: Links to folders that lead to folders of links hold any number of files.
MAX_FOLDER_LINKS = 300


class Bundle:
    """The files below `root`, a package's folder, named relative to `top`, the folder or archive that was loaded.

    Links are resolved; one that leaves `root`, leads in a circle or leads nowhere raises PackageError.
    """

    def __init__(self, root: Path, *, top: Path | None = None) -> None:
        self.root = root
        self.top = top or root
        self._real_root = root.resolve()
        self._files: dict[Path, File] = {}
        self._real_folders: dict[Path, Path] = {}
        self.locations: dict[str, Path] = {}
        #: How many links came as small text files and were followed (see `link_target`).
        self.n_text_links = 0
        self._n_folder_links = 0

    def name(self, path: Path) -> str:
        """How a message names `path`: relative to what was loaded, so that it says nothing of this machine."""
        shown = path.relative_to(self.top).as_posix() if path.is_relative_to(self.top) else path.name
        return os.fsencode(shown).decode("utf-8", "replace")

    def error(self, path: Path, reason: str) -> PackageError:
        """A PackageError about `path`. What a package says can be long; its sentence is not."""
        return PackageError(self.name(path), reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}…")

    def real(self, path: Path) -> Path:
        """`path` with its links resolved. Raises PackageError where they leave the package or do not resolve."""
        try:
            real = self._resolved(path)
        except (RuntimeError, OSError) as error:
            reason = "is a link that leads nowhere" if _is_dangling(error) else "is a link that leads back to itself"
            raise self.error(path, reason) from error
        if not real.is_relative_to(self._real_root):
            is_named_inside = path.is_relative_to(self.root) and ".." not in path.parts
            raise self.error(path, f"{'is a link that leaves' if is_named_inside else 'lies outside'} the package")
        return real

    def _resolved(self, path: Path) -> Path:
        """As Path.resolve, with each folder resolved once: a package can have 10^5 tests in one."""
        parent = self._real_folders.get(path.parent)
        if parent is None:
            parent = self._real_folders[path.parent] = path.parent.resolve(strict=True)
        if path.name in ("", "..") or stat.S_ISLNK(path.lstat().st_mode):
            return path.resolve(strict=True)
        return parent / path.name

    def children(self, folder: Path) -> list[Path]:
        """What lies in `folder`, by name, without hidden files. Raises PackageError on what is neither a file nor a
        folder, on names that are not UTF-8, and on links that leave the package or lead in a circle."""
        found = sorted(child for child in folder.iterdir() if not child.name.startswith("."))
        for child in found:
            if any("\udc80" <= character <= "\udcff" for character in child.name):
                raise self.error(child, "has a name that is not UTF-8 text")
            mode = child.lstat().st_mode
            if stat.S_ISLNK(mode) and self.real(child).is_dir():
                self._follow(child, self.real(child))
            elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode) and not child.is_file():
                raise self.error(child, "is not a regular file")
        return found

    def _follow(self, link: Path, folder: Path) -> None:
        """Raises PackageError where a link to a folder leads in a circle, or is one of too many."""
        self._n_folder_links += 1
        if self._n_folder_links > MAX_FOLDER_LINKS:
            raise self.error(link, f"is one of more than {MAX_FOLDER_LINKS} links to folders")
        for parent in link.parents:
            if self.real(parent).is_relative_to(folder):
                raise self.error(link, "is a link that leads back to itself")
            if parent == self.root:
                return

    def walk(self, folder: Path) -> Iterator[Path]:
        """Every file below `folder`, by name, depth first."""
        for child in self.children(folder):
            if child.is_dir():
                yield from self.walk(child)
            else:
                yield child

    def file(self, path: Path, *, name: str | None = None) -> File:
        """`path` as a File called `name` (default: its path below the package's folder), and its location kept."""
        real = self.real(path)
        facts = real.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise self.error(path, "is not a regular file")
        name = name or path.relative_to(self.root).as_posix()
        known = self._files.get(real)
        if known is None:
            size = facts.st_size
            if size > MAX_FILE_BYTES:
                raise self.error(path, f"is larger than {MAX_FILE_BYTES >> 20} MiB")
            known = File(name, _digest(real), size)
            self._files[real] = known
            self.locations.setdefault(known.digest, real)
        return File(name, known.digest, known.size)

    def add(self, name: str, content: bytes, workspace: Path) -> File:
        """`content`, which lies in no file of the package as it is, as a File called `name`, written to `workspace`."""
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self.locations:
            path = workspace / "added" / digest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.locations[digest] = path
        return File(name, digest, len(content))

    def link_target(self, path: Path) -> Path:
        """Where `path` leads if it is a link saved as text, as checkouts without symbolic links have it; else `path`.

        Such a file holds nothing but a relative path, starting with "../" or "./", to a file of the same suffix in
        the package.
        """
        try:
            facts = path.lstat()
        except OSError:
            return path
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > 512:
            return path
        text = path.read_bytes()
        if not text.startswith((b"../", b"./")) or b"\0" in text or len(text.split()) != 1:
            return path
        target = path.parent / os.fsdecode(text.strip())
        if target.suffix != path.suffix or not target.is_file():
            return path
        self.n_text_links += 1
        real = target.resolve()
        if not real.is_relative_to(self._real_root):
            raise self.error(path, "is a link that leaves the package")
        return self.root / real.relative_to(self._real_root)

    def text(self, path: Path) -> str:
        """The text of `path`. Raises PackageError unless it is UTF-8."""
        try:
            return self.real(path).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise self.error(path, "is not UTF-8 text") from error


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_dangling(error: Exception) -> bool:
    return isinstance(error, FileNotFoundError | NotADirectoryError)
