"""Sandboxes for batches of runs: one that is kept for programs to be handed in, or one made for a single program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

from judge.errors import SandboxFault
from judge.sandbox.building import ZYGOTE
from judge.sandbox.cores import Cores
from judge.sandbox.execution import Mode
from judge.sandbox.isolation import Isolator, Job, Open
from judge.sandbox.readings import patience_s
from judge.sandbox.wire import Entry

#: Where the zygote and its library are shown.
SERVERS = "/podium"


class Pool:
    """The sandboxes of one worker's batches.

    Entering a sandbox costs as much as ten runs of a small program. One that needs nothing but itself is therefore
    handed, as an open file, into a sandbox that is kept: between two programs everything in it is killed and its
    outputs are emptied, and there is no place where a program could leave anything else. Forks of a
    server keep to one core where one is free.
    """

    def __init__(self, isolator: Isolator, worker: int) -> None:
        self._isolator = isolator
        self._cores = Cores(worker)
        self._kept: Entry | None = None
        self._owner = 0
        self._is_busy = False

    @contextmanager
    def enter(self, job: Job, mode: Mode) -> Iterator[Open]:
        """A sandbox for the runs of `job`; on leaving, nothing of the program is alive."""
        is_served = mode is Mode.FORK and self._isolator.bwrap is not None and job.executable.can_fork
        with self._cores.one() if is_served else nullcontext() as core, self._entered(job, mode, core) as sandbox:
            if is_served:
                sandbox.entry.serve(_server_command(job))
            yield sandbox

    @contextmanager
    def _entered(self, job: Job, mode: Mode, core: int | None) -> Iterator[Open]:
        if self._isolator.bwrap is None or self._is_busy or not job.executable.is_static or job.may_fork:
            with self._isolator.enter(_shown(job, mode, self._isolator), core=core) as sandbox:
                yield sandbox
            return
        self._is_busy = True
        try:
            with self._isolator.quiet.running(), self._handed_in(job, core) as entry:
                yield Open(entry, None, is_kept=True)
        finally:
            self._is_busy = False

    @contextmanager
    def _handed_in(self, job: Job, core: int | None) -> Iterator[Entry]:
        program = os.open(job.executable.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            entry = self._ready(program, job, core)
            yield entry
        except SandboxFault:
            self.close()
            raise
        finally:
            os.close(program)
            self._empty()

    def _ready(self, program: int, job: Job, core: int | None) -> Entry:
        """The kept sandbox with the program in it; a new one where there is none, or it broke while nobody used it."""
        words, patience = self._isolator.command_line(job, core), patience_s(job.limits)
        if self._kept is not None and self._owner == os.getpid():
            try:
                self._kept.hand_in(program, words, patience_s=patience)
                return self._kept
            except SandboxFault:
                self.close()
        self._kept, self._owner = self._isolator.open_pool(), os.getpid()
        self._kept.hand_in(program, words, patience_s=patience)
        return self._kept

    def _empty(self) -> None:
        """Ends the program; the whole sandbox where that cannot be done, which is no fault of any run."""
        try:
            if self._kept is not None:
                self._kept.reset()
        except SandboxFault:
            self.close()

    def close(self) -> None:
        """Ends the kept sandbox; the next batch makes another."""
        if self._kept is not None and self._owner == os.getpid():
            self._kept.close()
        self._kept = None


def _shown(job: Job, mode: Mode, isolator: Isolator) -> Job:
    """`job`, with the zygote in its view where a Python program is to be run by forks."""
    if mode is not Mode.FORK or isolator.bwrap is None or not _has_zygote(job):
        return job
    return replace(job, view=replace(job.view, shown=(*job.view.shown, (isolator.runner.parent, SERVERS))))


def _has_zygote(job: Job) -> bool:
    return job.executable.can_fork and job.executable.language == "python3"


def _server_command(job: Job) -> tuple[str, ...]:
    """What starts the fork server: by default the program itself, else its interpreter with the zygote."""
    if not _has_zygote(job):
        return ()
    *interpreter, program = job.executable.argv
    return (*interpreter, f"{SERVERS}/{ZYGOTE}", program)
