"""A manager and the processes of a candidate, each in a sandbox of its own, joined by named pipes as CMS joins them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from judge.sandbox.isolation import Isolator, Job, Open
from judge.sandbox.view import memory_file
from judge.sandbox.wire import Report

#: How often somebody who waits for an end of a pipe that nobody will open any more is let go.
_RELEASE_S = 0.02


@dataclass(frozen=True)
class Pipes:
    """The two named pipes between the manager and one process: `folder` here, `inside` in both sandboxes."""

    folder: Path
    inside: str
    number: int

    @property
    def names(self) -> tuple[str, str]:
        """Their paths in the sandboxes: what the process writes, what it reads."""
        return f"{self.inside}/u{self.number}_to_m", f"{self.inside}/m_to_u{self.number}"

    @property
    def paths(self) -> tuple[Path, Path]:
        """The same here."""
        return self.folder / f"u{self.number}_to_m", self.folder / f"m_to_u{self.number}"

    def release(self) -> None:
        """Lets whoever is waiting in open() for the other side go on; does nothing to pipes that are in use."""
        for path in self.paths:
            os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))


@contextmanager
def make_pipes(scratch: Path, count: int) -> Iterator[tuple[Pipes, ...]]:
    """`count` pairs of pipes in `scratch`, for every user of this machine that gets at them; gone on leaving."""
    with tempfile.TemporaryDirectory(prefix="pipes-", dir=scratch) as base:
        folder = Path(base)
        folder.chmod(0o755)
        made = []
        for number in range(count):
            pipes = Pipes(folder / str(number), f"/fifo{number}", number)
            pipes.folder.mkdir()
            pipes.folder.chmod(0o755)
            for path in pipes.paths:
                os.mkfifo(path)
                path.chmod(0o666)
            made.append(pipes)
        yield tuple(made)


def meet(
    isolator: Isolator, manager: Job, candidate: Job, pipes: Sequence[Pipes], *, manager_input: int, is_named: bool
) -> tuple[Report, list[Report]]:
    """The manager's report and those of the candidate's processes that were started, in order of their ends.

    The manager gets `manager_input` on standard input and for each process the names of two pipes, to the manager
    first. `is_named`: so does each process, the one it reads first; else they are its standard input and output, and it
    starts once the manager has opened both. With several processes the last argument is its number, from 0.
    Raises SandboxFault.
    """
    names = tuple(name for pair in pipes for name in pair.names)
    manager = _with_pipes(replace(manager, arguments=(*manager.arguments, *names)), pipes)
    with ExitStack() as stack:
        manager_box = stack.enter_context(isolator.enter(manager))
        boxes = [
            stack.enter_context(isolator.enter(_process(candidate, pair, len(pipes), is_named=is_named)))
            for pair in pipes
        ]
        pool = stack.enter_context(ThreadPoolExecutor(len(pipes) + 1))
        is_over = Event()
        manager_box.entry.run([manager_input])
        manager_box.entry.end()
        run = _run_named if is_named else _run_joined
        managing: Future[Report | None] = pool.submit(manager_box.report)
        running = [pool.submit(run, box, pair, is_over) for box, pair in zip(boxes, pipes, strict=True)]
        try:
            _wait_for_all(managing, running, pipes, is_over)
        finally:
            is_over.set()
            for pair in pipes:
                pair.release()
        reports = [report for future in running if (report := future.result()) is not None]
        said = managing.result()
        assert said is not None
        return said, sorted(reports, key=lambda report: report.end_ns)


def _process(job: Job, pipes: Pipes, count: int, *, is_named: bool) -> Job:
    to_manager, from_manager = pipes.names
    number = (str(pipes.number),) if count > 1 else ()
    if not is_named:
        return replace(job, arguments=number)
    return _with_pipes(replace(job, arguments=(from_manager, to_manager, *number)), (pipes,))


def _with_pipes(job: Job, pipes: Sequence[Pipes]) -> Job:
    return replace(job, view=replace(job.view, pipes=tuple((pair.folder, pair.inside) for pair in pipes)))


def _run_joined(box: Open, pipes: Pipes, is_over: Event) -> Report | None:
    """Runs the process on the pipes once the manager has opened them; None where it has ended without."""
    to_manager, from_manager = pipes.paths
    with ExitStack() as ends:
        handles = []
        for path, mode in ((from_manager, os.O_RDONLY), (to_manager, os.O_WRONLY)):
            handles.append(os.open(path, mode | os.O_CLOEXEC))
            ends.callback(os.close, handles[-1])
            if is_over.is_set():
                return None
        box.entry.run_piped(*handles)
    box.entry.end()
    return box.report()


def _run_named(box: Open, pipes: Pipes, is_over: Event) -> Report | None:
    nothing = memory_file(b"")
    try:
        box.entry.run([nothing])
    finally:
        os.close(nothing)
    box.entry.end()
    return box.report()


def _wait_for_all(
    managing: Future[Report | None], running: Sequence[Future[Report | None]], pipes: Sequence[Pipes], is_over: Event
) -> None:
    """Waits until all have ended. Whoever ends leaves nobody waiting for it to open its pipes."""
    waiting = {managing, *running}
    while waiting:
        has_ended = len(waiting) <= len(running)
        waiting = wait(waiting, _RELEASE_S if has_ended else None, FIRST_COMPLETED).not_done
        if managing.done():
            is_over.set()
        for future, pair in zip(running, pipes, strict=True):
            if future.done() != managing.done():
                pair.release()
