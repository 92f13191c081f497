"""Where the sandbox keeps what programs need: a folder that the unprivileged user can read and only we can write."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from judge.errors import SandboxUnavailable


def cache_folder(wanted: Path, *, user: int | None) -> Path:
    """`wanted`, made if absent; another folder of the machine where `user` could not reach it safely.

    `user` is the uid programs run as when we are root, None where they run as ourselves. A dropped user needs every
    folder above to be passable (a checkout under a 0700 home is not), and nobody else may write there. The other
    folder is /var/cache/podium, else <tmp>/podium-root; everything in it is named by content, so that all that fall
    back to it may share it. Raises SandboxUnavailable where none will do.
    """
    wanted = wanted.absolute()
    if user is None:
        return _own_folder(wanted)
    others = [Path("/var/cache/podium"), Path(tempfile.gettempdir()) / "podium-root"]
    for folder in (wanted, *others):
        if _can_be_made(folder) and is_safe(folder):
            return folder.resolve()
    places = ", ".join(map(str, others))
    raise SandboxUnavailable(
        f"no folder that an unprivileged user can read and only root can write: tried {wanted}, {places}"
    )


def _own_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SandboxUnavailable(f"the sandbox's cache {folder} cannot be made: {error.strerror}") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise SandboxUnavailable(f"the sandbox's cache {folder} belongs to somebody else")
    return folder.resolve()


def _can_be_made(folder: Path) -> bool:
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    if missing and not is_safe(missing[-1].parent):
        return False
    try:
        make_public(folder)
    except OSError:
        return False
    return folder.is_dir()


def is_safe(folder: Path) -> bool:
    """Whether everybody can pass to `folder` and only root can change it or a folder above (sticky ones excepted)."""
    folder = folder.resolve()
    for part in (folder, *folder.parents):
        status = part.lstat()
        is_open_to_writers = bool(status.st_mode & 0o022) and not status.st_mode & stat.S_ISVTX
        if status.st_uid != 0 or is_open_to_writers or not status.st_mode & 0o001:
            return False
    return True


def make_public(folder: Path) -> None:
    """Makes `folder` and what is missing above it, each readable by everybody whatever the umask."""
    for part in reversed([part for part in (folder, *folder.parents) if not part.exists()]):
        part.mkdir(exist_ok=True)
        part.chmod(0o755)


def publish(folder: Path, files: dict[str, tuple[bytes, int]]) -> None:
    """Makes `folder` with these files (name -> content, mode) in one step: seen whole or not at all; first one wins."""
    make_public(folder.parent)
    work = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        for name, (content, mode) in files.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)
        for made, _, _ in os.walk(work):
            Path(made).chmod(0o755)
        work.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def prune(folder: Path, *, keep_bytes: int, spare_s: float = 3600) -> None:
    """Removes the entries (<folder>/<xx>/<digest>) used longest ago until `keep_bytes` are left.

    Entries used within `spare_s` stay: another worker may be about to run them. A use is marked by `touch`.
    """
    entries = []
    for entry in folder.glob("??/*"):
        try:
            size = sum(path.lstat().st_size for path in entry.rglob("*"))
            entries.append((entry.stat().st_mtime, size, entry))
        except FileNotFoundError:  # another worker is pruning too
            continue
    total = sum(size for _, size, _ in entries)
    for used_at, size, entry in sorted(entries):
        if total <= keep_bytes or used_at > time.time() - spare_s:
            return
        shutil.rmtree(entry, ignore_errors=True)
        total -= size


def touch(entry: Path) -> None:
    """Marks a cache entry as used now."""
    with suppress(OSError):  # gone, or another user's: it is only a hint
        os.utime(entry)


def scratch_folder(cache: Path, worker: int) -> tuple[Path, int]:
    """This process's own folder in the cache, and the descriptor of the lock that keeps it, to be closed at the end.

    What killed processes left there is removed: their locks went with them.
    """
    make_public(cache / "scratch")
    for number in range(worker, worker + 100_000, 1000):
        folder = cache / "scratch" / str(number)
        if (handle := _held(Path(f"{folder}.lock"))) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            make_public(folder)
            _remove_unheld(cache / "scratch")
            return folder, handle
    raise SandboxUnavailable(f"a hundred sandboxes of worker {worker} are open already")


def _held(path: Path) -> int | None:
    """The descriptor of the lock on this file, made if absent; None where another process holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _remove_unheld(scratch: Path) -> None:
    """Commands take numbers of their own, which nobody may take again for long."""
    for folder in scratch.iterdir():
        with suppress(OSError):  # another user's
            if folder.is_dir() and (handle := _held(Path(f"{folder}.lock"))) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(handle)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Holds an advisory lock on `path` (made if absent) among all processes of this machine."""
    make_public(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
