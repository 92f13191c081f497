"""What the sandbox is asked and what it answers: plain data, no I/O."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal


class Isolation(StrEnum):
    """How programs are kept in; stored with every judging."""

    BWRAP = "bwrap+seccomp"
    LANDLOCK = "landlock+seccomp"


class Mode(StrEnum):
    """How the runs of a batch are started. Outputs and endings are the same; times and memory only nearly so."""

    EXEC = "exec"  # each anew: for runs that are scored
    FORK = "fork"  # as forks of the program that has been started once, where it can be: for many runs that are not


class Ending(StrEnum):
    """Why a run ended. The order of testing is the order here: the first that holds is reported."""

    FAULT = "fault"  # the sandbox's own failure: verdict IE
    MEMORY = "memory"  # the peak passed the limit, whatever stopped the run later; or it failed for want of memory
    CPU = "cpu"  # CPU time over the limit
    WALL = "wall"  # the wall guard: asleep, stopped or starved
    OUTPUT = "output"
    SIGNAL = "signal"
    EXIT = "exit"  # ended by itself; `code` is its exit code


@dataclass(frozen=True)
class RunLimits:
    """Limits of one run. CPU time decides; `wall_s` only guards (None: 2 × cpu_s + 1), and a program that is starved by
    the machine, rather than asleep (it gets a hundredth of the time), has up to eight times as much, unless processes
    it has started are at work; what those used counts as its own when it ends, however short they lived. `processes`
    counts threads too; others than itself it may start only with `may_fork`. A program is stopped for CPU time only
    when it has had `grace` (a share of the limit) more, so that its reading shows by how much it was over."""

    cpu_s: float
    memory_mib: int
    output_bytes: int = 16 << 20
    wall_s: float | None = None
    processes: int = 1
    stderr_bytes: int = 16 << 10
    may_fork: bool = False
    grace: float = 0.0


@dataclass(frozen=True)
class Execution:
    """One run. `code`: exit code or signal number. `stdout_hash`: 128-bit digest of the raw output (16 bytes),
    `tokens_hash`: the same of its whitespace-normalised form (runs of whitespace equal, leading and trailing dropped);
    `stdout` is None where it was not asked for, and `rounded_hash` (see `judge.rounding`) empty."""

    ending: Ending
    code: int
    cpu_time_s: float
    wall_time_s: float
    memory_mib: float
    stdout_bytes: int
    stdout_hash: bytes
    tokens_hash: bytes
    stdout: bytes | None = None
    stderr: bytes = b""
    rounded_hash: bytes = b""

    @property
    def is_clean(self) -> bool:
        """True where the program ended by itself with exit code 0."""
        return self.ending is Ending.EXIT and self.code == 0


@dataclass(frozen=True)
class Executable:
    """A program ready to run: the file to bind into the sandbox, how to start it, and what made it.

    `argv` is run inside the sandbox, where `path` is bound read-only at /program (a file, or a folder for languages
    of several
    files). `digest` is the SHA-256 (hex) of the sources and the tool chain: equal digests behave equally.
    `is_static`: it needs nothing in its sandbox but itself. `can_fork`: it can be run in `Mode.FORK`.
    """

    language: str
    path: Path
    argv: tuple[str, ...]
    digest: str
    processes: int = 1
    is_static: bool = False
    can_fork: bool = False


@dataclass(frozen=True)
class CompileFailure:
    """Why a program could not be compiled: a message for its author, at most 16 KiB. `is_fault`: ours, not its."""

    message: str
    is_fault: bool = False


@dataclass(frozen=True)
class ToolResult:
    """One run of a package's program. `files`: what it left in its writable folders, by absolute path in the
    sandbox."""

    execution: Execution
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def ending(self) -> Ending:
        """Why the run ended."""
        return self.execution.ending

    @property
    def code(self) -> int:
        """Exit code, or signal number where `ending` is SIGNAL."""
        return self.execution.code

    @property
    def stdout(self) -> bytes:
        """What it wrote to its standard output, capped by its limits; empty in a conversation."""
        return self.execution.stdout or b""

    @property
    def stderr(self) -> bytes:
        """The end of what it wrote to its standard error."""
        return self.execution.stderr


@dataclass(frozen=True)
class Conversation:
    """A candidate and its partner (an interactor or manager), joined by two pipes. Who ended first may decide."""

    candidate: Execution
    partner: ToolResult
    first_to_end: Literal["candidate", "partner"]


@dataclass(frozen=True)
class Meeting:
    """A manager and the candidate's processes that were started, in order of their ends (see `Sandbox.meet`). The
    first `ended_before_manager` of them cannot have ended because of the manager's end."""

    manager: ToolResult
    processes: tuple[Execution, ...]
    ended_before_manager: int


def output_digests(output: bytes) -> tuple[bytes, bytes]:
    """What `Execution.stdout_hash` and `tokens_hash` would be of this output: BLAKE2b with 16 bytes (RFC 7693)."""
    raw = hashlib.blake2b(output, digest_size=16).digest()
    return raw, hashlib.blake2b(b" ".join(output.split()), digest_size=16).digest()
