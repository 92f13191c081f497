"""Where the sandbox keeps what programs need: a folder that the unprivileged user can read and only we can write."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from judge.errors import SandboxUnavailable


def cache_folder(wanted: Path, *, user: int | None) -> Path:
    """`wanted`, made if absent; another folder of the machine where `user` could not reach it safely.

    `user` is the uid programs run as when we are root, None where they run as ourselves. A dropped user needs every
    folder above to be passable (a checkout under a 0700 home is not), and nobody else may write there. The other
    folder is /var/cache/podium/<name>, else <tmp>/podium-root/<name>, with a name made from `wanted`.
    Raises SandboxUnavailable where none will do.
    """
    wanted = wanted.absolute()
    if user is None:
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted.resolve()
    name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    others = [Path("/var/cache/podium") / name, Path(tempfile.gettempdir()) / "podium-root" / name]
    for folder in (wanted, *others):
        if _can_be_made(folder) and is_safe(folder):
            return folder.resolve()
    places = ", ".join(str(folder.parent) for folder in others)
    raise SandboxUnavailable(
        f"no folder that an unprivileged user can read and only root can write: tried {wanted}, {places}"
    )


def _can_be_made(folder: Path) -> bool:
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    if missing and not is_safe(missing[-1].parent):
        return False
    try:
        for part in reversed(missing):
            part.mkdir(mode=0o755, exist_ok=True)
            part.chmod(0o755)  # mkdir's mode is cut by the umask
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


def publish(folder: Path, files: dict[str, tuple[bytes, int]]) -> None:
    """Makes `folder` with these files (name -> content, mode) in one step: seen whole or not at all; first one wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o755)
    work = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        for name, (content, mode) in files.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)
        for made, _, _ in os.walk(work):
            Path(made).chmod(0o755)
        os.rename(work, folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Holds an advisory lock on `path` (made if absent) among all processes of this machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
