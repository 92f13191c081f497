"""One entry into a sandbox: the bubblewrap (or bare runner) process, its control socket and its reports."""

from __future__ import annotations

import array
import os
import select
import signal
import socket
import struct
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Self

from judge.errors import SandboxFault

#: native/runner.c `struct record`, `struct file_head` and the kinds of its control messages.
RECORD = struct.Struct("=IIiIqqqQQQ16s16sIIII")
FILE_HEAD = struct.Struct("=II")
MAGIC = 0x31445250
JOB_RUN, JOB_PIPED, JOB_END, JOB_PROGRAM, JOB_SERVE, JOB_RESET, JOB_TALK, JOB_RELEASE = range(1, 9)
KILLED_CPU, KILLED_WALL, FAULT, MARK, IDLE = 1, 2, 4, 8, 16
#: Of the words that go with one message; native/jobs.h MAX_TEXT and MAX_WORDS.
TEXT_BYTES, TEXT_WORDS = 8000, 60
#: Inputs handed over ahead of their turn; descriptors in flight count against our limit, so not too many.
AHEAD = 64
FAULT_TEXT_BYTES = 4096
#: How long a runner may take to leave once its launcher has hung up.
LAST_WAIT_S = 10


class Report(NamedTuple):
    """One run as the runner read it: `status` as of wait(2), or an errno where `is_fault`; times in ns."""

    number: int
    status: int
    flags: int
    cpu_ns: int
    wall_ns: int
    end_ns: int
    peak_kib: int
    stdout_bytes: int
    stdout_hash: bytes
    tokens_hash: bytes
    stdout: bytes
    stderr: bytes
    files: dict[str, bytes]

    @property
    def is_cpu_kill(self) -> bool:
        """Killed for its CPU time."""
        return self.flags & KILLED_CPU > 0

    @property
    def is_wall_kill(self) -> bool:
        """Killed for its wall time."""
        return self.flags & KILLED_WALL > 0

    @property
    def is_fault(self) -> bool:
        """The sandbox's own failure."""
        return self.flags & FAULT > 0

    @property
    def is_mark(self) -> bool:
        """No run, but the answer to a reset."""
        return self.flags & MARK > 0

    @property
    def is_idle(self) -> bool:
        """No run's end, but word that it has used no CPU time for `wall_ns` up to `end_ns`."""
        return self.flags & IDLE > 0


class Entry:
    """A running sandbox. Jobs go in, reports come out in order; leaving the context kills what is left of it.

    `patience_s`: how long a report may take; the runner guards its runs, so this is only met where it is broken.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        patience_s: float,
        folder: str = "/",
        descriptors: Sequence[int] = (),
    ) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._messages = os.memfd_create("messages")
        nothing: dict[str, str] = {}
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=self._messages,
                pass_fds=descriptors,
                env=nothing,
                cwd=folder,
            )
        except (OSError, ValueError) as error:  # ValueError: a word that no program can be given
            self._control.close()
            os.close(self._messages)
            raise SandboxFault(f"the sandbox could not be started: {error}") from error
        finally:
            theirs.close()
        assert self._process.stdout is not None
        self._reports = self._process.stdout.fileno()
        self._waiting = select.poll()
        self._waiting.register(self._reports, select.POLLIN)
        self._patience_ms = patience_s * 1000
        self._buffer = b""
        self._at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, descriptors: Sequence[int]) -> None:
        """Asks for one run on each of these standard inputs. The descriptors stay the caller's to close."""
        self._send(JOB_RUN, descriptors)

    def run_piped(self, stdin: int, stdout: int) -> None:
        """Asks for one run with this input and output."""
        self._send(JOB_PIPED, (stdin, stdout))

    def talk(self, stdin: int, stdout: int) -> None:
        """Asks for one run with this input and output, and for reports of its being idle before that of its end."""
        self._send(JOB_TALK, (stdin, stdout))

    def release(self) -> None:
        """Has the ends of pipes given up that the runner holds until the run has ended; it may have ended by now."""
        with suppress(OSError):
            self._control.sendmsg([struct.pack("=I", JOB_RELEASE)])

    def wait_for(self, other: Entry) -> Entry:
        """Whichever of the two has something to report; raises SandboxFault where neither has for too long."""
        for entry in (self, other):
            if entry._at < len(entry._buffer):
                return entry
        waiting = select.poll()
        for entry in (self, other):
            waiting.register(entry._reports, select.POLLIN)
        ready = waiting.poll(max(self._patience_ms, other._patience_ms))
        if not ready:
            raise self.fault("it does not answer")
        return self if ready[0][0] == self._reports else other

    def hand_in(self, program: int, words: Sequence[str], *, patience_s: float) -> None:
        """Says which program, an open file, the next runs are of, and under which limits. To an entry without one."""
        self._patience_ms = patience_s * 1000
        self._send(JOB_PROGRAM, (program,), words)

    def serve(self, command: Sequence[str] = ()) -> None:
        """Asks for runs as forks of a server that `command`, by default the program's own, starts."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            self._send(JOB_SERVE, (ours.fileno(), theirs.fileno()), command)

    def reset(self) -> None:
        """Drops what is left of the program handed in and its runs. Afterwards nothing of them is alive."""
        self._send(JOB_RESET, ())
        while not self.report().is_mark:
            continue

    def end(self) -> None:
        """Says that no more runs will be asked for."""
        self._send(JOB_END, ())

    def _send(self, kind: int, descriptors: Sequence[int], words: Sequence[str] = ()) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        text = b"".join(os.fsencode(word) + b"\0" for word in words)
        if len(text) > TEXT_BYTES or len(words) > TEXT_WORDS:
            raise self.fault("a command line is too long for it")
        try:
            self._control.sendmsg([struct.pack("=I", kind), text], rights)
        except OSError as error:
            raise self.fault(f"it does not take its input ({error.strerror})") from error

    def report(self) -> Report:
        """The next run's report; waits for it. Raises SandboxFault where the sandbox ended without it."""
        self._await(RECORD.size)
        fields = RECORD.unpack_from(self._buffer, self._at)
        self._at += RECORD.size
        magic, number, status, flags, cpu, wall, end, peak, out, _, raw, tokens, n_out, n_err, n_files, _ = fields
        if magic != MAGIC:
            raise self.fault("its report cannot be read")
        stdout = self._read(n_out) if n_out else b""
        stderr = self._read(n_err) if n_err else b""
        files: dict[str, bytes] = {}
        for _ in range(n_files):
            name_bytes, content_bytes = FILE_HEAD.unpack(self._read(FILE_HEAD.size))
            name = os.fsdecode(self._read(name_bytes))
            files[name] = self._read(content_bytes)
        return Report(number, status, flags, cpu, wall, end, peak, out, raw, tokens, stdout, stderr, files)

    def _read(self, size: int) -> bytes:
        self._await(size)
        self._at += size
        return self._buffer[self._at - size : self._at]

    def _await(self, size: int) -> None:
        """Waits until `size` bytes more are in the buffer."""
        available = len(self._buffer) - self._at
        if available >= size:
            return
        parts = [self._buffer[self._at :]]
        while available < size:
            if not self._waiting.poll(self._patience_ms):
                raise self.fault("it does not answer")
            part = os.read(self._reports, max(1 << 16, min(size - available, 1 << 20)))
            if not part:
                raise self.fault("it ended too early")
            parts.append(part)
            available += len(part)
        self._buffer = b"".join(parts)
        self._at = 0

    def close(self) -> None:
        """Ends the sandbox, whatever it is at, and waits until everything in it is gone."""
        self._end()
        if self._process.stdout is not None:
            self._process.stdout.close()
        if self._messages >= 0:
            os.close(self._messages)
            self._messages = -1

    def _end(self) -> None:
        """Closes the control socket, at which the runner kills all and leaves, and waits for the processes' end.

        Killing bubblewrap is the last resort: in the moment between making its child and letting it go on, the child
        would be left waiting for ever, and hold the reports' pipe open.
        """
        self._control.close()
        if self._process.returncode is not None:
            return
        while self._waiting.poll(LAST_WAIT_S * 1000):
            if not os.read(self._reports, 1 << 16):
                break
        try:
            self._process.wait(LAST_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def fault(self, what: str) -> SandboxFault:
        """The error to raise when the sandbox misbehaves, with what bubblewrap or the runner said last."""
        self._end()
        code = self._process.returncode
        said = os.pread(self._messages, FAULT_TEXT_BYTES, 0).decode(errors="replace").strip()
        ended = signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
        return SandboxFault(f"the sandbox failed: {what}: {said or ended}")
