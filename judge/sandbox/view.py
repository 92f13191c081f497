"""What a program sees of the machine, and how that is said to bubblewrap or, without namespaces, to Landlock."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

#: The folders of a Linux system that hold programs and libraries; links to /usr on most.
SYSTEM_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


@dataclass(frozen=True)
class View:
    """The file system of one sandbox; everything else is absent.

    `shown`: (host path, path inside), readable by everybody, shown read-only. `links`: (target, path inside). `files`
    and `data`: path inside -> a host file that only we may be able to read, or content; read-only copies or binds.
    `writable`: fresh empty folders of `writable_bytes` each, of which the files in `collected` come back; `placed`:
    path in one of them -> content that lies there already. `pipes`: (host folder, path inside) of named pipes, which
    can be read and written.
    """

    shown: tuple[tuple[Path, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    data: Mapping[str, bytes] = field(default_factory=dict)
    writable: tuple[str, ...] = ()
    collected: tuple[str, ...] = ()
    writable_bytes: int = 256 << 20
    pipes: tuple[tuple[Path, str], ...] = ()
    placed: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Where programs start."""
        return self.writable[0] if self.writable else "/"


def system_view(
    *folders: Path, links: Iterable[tuple[str, str]] = ()
) -> tuple[tuple[tuple[Path, str], ...], tuple[tuple[str, str], ...]]:
    """`shown` and `links` that make these system folders work at their own paths, with the machine's library links.

    Of the `links` asked for (target, path inside), those in a folder that is shown are the machine's own or absent.
    """
    shown = [(folder, str(folder)) for folder in dict.fromkeys(folders)]
    links = [pair for pair in links if not any(Path(pair[1]).is_relative_to(folder) for folder in folders)]
    for name in SYSTEM_FOLDERS:
        path = Path(name)
        if path.is_symlink():
            links.append((str(path.readlink()), name))
        elif path.is_dir():
            shown.append((path, name))
    if Path("/etc/ld.so.cache").is_file():
        shown.append((Path("/etc/ld.so.cache"), "/etc/ld.so.cache"))
    return tuple(shown), tuple(links)


def is_public(path: Path) -> bool:
    """Whether everybody may read the file, through folders everybody may pass. `path` has no links in it."""
    return bool(path.stat().st_mode & 0o004) and all(part.stat().st_mode & 0o001 for part in path.parents)


def bwrap_arguments(view: View, runner: Path, stack: ExitStack, *, user: int | None) -> tuple[list[str], list[int]]:
    """bubblewrap's arguments for this view, and the descriptors it is to inherit, which `stack` closes.

    Files that `user` (None: ourselves) cannot open, for their folders are closed to it, are copied into memory.
    """
    # Not --die-with-parent: killed while it sets up, bubblewrap would leave its child waiting for ever. The runner
    # itself watches its launcher, and dies with bubblewrap.
    words = ["--unshare-all", "--as-pid-1", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    descriptors: list[int] = []
    # A pipe can be written on a read-only mount, too: only the folder cannot be changed.
    for host, inside in ((runner, "/runner"), *view.shown, *view.pipes):
        words += ["--ro-bind", str(host), inside]
    for target, inside in view.links:
        words += ["--symlink", target, inside]
    for device in DEVICES:
        words += ["--dev-bind", device, device]
    for folder in view.writable:
        words += ["--perms", "0700", "--size", str(view.writable_bytes), "--tmpfs", folder]
    for inside, host in view.files.items():
        path = host.resolve(strict=True)
        if user is None or is_public(path):
            words += ["--ro-bind", str(path), inside]
            continue
        descriptors.append(_opened(os.open(path, os.O_RDONLY | os.O_CLOEXEC), stack))
        words += ["--perms", "0444", "--ro-bind-data", str(descriptors[-1]), inside]
    for inside, content in view.data.items():
        descriptors.append(_opened(memory_file(content), stack))
        words += ["--perms", "0444", "--ro-bind-data", str(descriptors[-1]), inside]
    for inside, content in view.placed.items():
        descriptors.append(_opened(memory_file(content), stack))
        words += ["--perms", "0644", "--file", str(descriptors[-1]), inside]
    return [*words, "--remount-ro", "/", "--chdir", view.folder], descriptors


def _opened(handle: int, stack: ExitStack) -> int:
    stack.callback(os.close, handle)
    return handle


def memory_file(content: bytes) -> int:
    """A descriptor of an unnamed, read-only file in memory with this content, at its start."""
    writer = os.memfd_create("podium")
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(writer, view) :]
        return os.open(f"/proc/self/fd/{writer}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(writer)


@dataclass(frozen=True)
class Stage:
    """A view laid out in real folders, for want of a private file system. `renamed`: path inside -> path here."""

    renamed: tuple[tuple[str, str], ...]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    folder: str

    def outward(self, word: str) -> str:
        """An argument of the program with the paths it would see inside replaced by those here."""
        for inside, host in self.renamed:
            if word == inside or word.startswith(inside.rstrip("/") + "/"):
                return host + word[len(inside) :]
        return word

    def inward(self, text: bytes) -> bytes:
        """A message of the program with the paths of this machine replaced by those it would see inside."""
        for inside, host in self.renamed:
            text = text.replace(os.fsencode(host), os.fsencode(inside))
        return text


def stage_view(view: View, scratch: Path, *, own: Callable[[Path], None], stack: ExitStack) -> Stage:
    """Lays `view` out below a new folder of `scratch`, removed by `stack`. `own` gives a path to the programs' user."""
    base = Path(tempfile.mkdtemp(prefix="view-", dir=scratch))
    stack.callback(shutil.rmtree, base, ignore_errors=True)
    base.chmod(0o755)
    renamed = [(inside, str(host)) for host, inside in view.shown if inside != str(host)]
    readable = [str(host) for host, _ in view.shown] + list(DEVICES)
    tops: dict[str, Path] = {}
    folders = {inside: base / f"rw{number}" for number, inside in enumerate(view.writable)}
    for folder in folders.values():
        folder.mkdir()
    for inside in (*view.files, *view.data):
        parent = folders.get(os.path.dirname(inside), base / "ro" / os.path.dirname(inside).lstrip("/"))
        target = parent / os.path.basename(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        if inside in view.files:
            shutil.copyfile(view.files[inside], target)
        else:
            target.write_bytes(view.data[inside])
        target.chmod(0o644)
        if parent not in folders.values():
            tops[inside] = target
    for made, _, _ in os.walk(base):
        Path(made).chmod(0o755)
    writable = []
    for inside, target in folders.items():
        target.chmod(0o700)
        own(target)
        renamed.append((inside, str(target)))
        writable.append(str(target))
    for inside, content in view.placed.items():
        target = folders[os.path.dirname(inside)] / os.path.basename(inside)
        target.write_bytes(content)
        own(target)
    for host, inside in view.pipes:
        renamed.append((inside, str(host)))
        writable.append(str(host))
    renamed += _parents_of(tops)
    readable.append(str(base / "ro"))
    renamed.sort(key=lambda pair: -len(pair[0]))
    return Stage(tuple(renamed), tuple(readable), (*writable, "/dev/null"), writable[0] if view.writable else "/")


def _parents_of(files: Mapping[str, Path]) -> Sequence[tuple[str, str]]:
    pairs = {inside: str(host) for inside, host in files.items()}
    for inside, host in files.items():
        if inside.count("/") > 1:
            pairs["/" + inside.split("/")[1]] = str(host.parents[inside.count("/") - 2])
    return list(pairs.items())
