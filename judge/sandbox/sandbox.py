"""The sandbox as the judge uses it: compile, run on many inputs, run a package's tool, let two programs talk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path
from typing import Self

from judge.errors import SandboxFault
from judge.languages import LANGUAGES, Kind
from judge.sandbox.compilers import run_job
from judge.sandbox.compiling import Compiler
from judge.sandbox.conversing import converse
from judge.sandbox.execution import (
    CompileFailure,
    Conversation,
    Ending,
    Executable,
    Execution,
    Isolation,
    Meeting,
    Mode,
    RunLimits,
    ToolResult,
    output_digests,
)
from judge.sandbox.isolation import Isolator, Job, Open, describe, find_isolation, unprivileged_user
from judge.sandbox.meeting import make_pipes, meet
from judge.sandbox.pool import Pool
from judge.sandbox.readings import read_execution
from judge.sandbox.store import cache_folder, prune, scratch_folder
from judge.sandbox.view import View, memory_file, system_view
from judge.sandbox.wire import AHEAD, Report

OUTPUT_CAP = 16 << 20
#: What the compiled programs of all judgings may take on disk before those used longest ago are dropped.
CACHE_BYTES = 4 << 30
TOOL_FILE_CAP = 1 << 20
#: Where managers and programs that read and write files start, and how much they may write there.
_BOX, _BOX_BYTES = "/box", 256 << 20


class Sandbox:
    """Runs programs nobody vouches for. One per worker process; not for sharing between threads.

    A program sees its own files and what its language needs, no network, no other process, no folder it can write.
    Everything it starts is dead when its run ends. Where the sandbox itself fails, the run's ending is FAULT.
    """

    def __init__(self, isolator: Isolator, cache: Path, worker: int, lock: int) -> None:
        self._isolator = isolator
        self._lock = lock
        self._compiler = Compiler(isolator, cache)
        self._pool = Pool(isolator, worker)
        self.isolation: Isolation = isolator.isolation
        self.description: dict[str, str] = describe(isolator)
        self.cache = cache

    @classmethod
    def open(cls, *, cache: Path, worker: int = 0, user: int | None = None, force: Isolation | None = None) -> Sandbox:
        """A sandbox tried on this machine. `cache` keeps compiled programs between sandboxes and workers.

        Started as root, programs run as `user` (a uid), by default one that belongs to `worker` alone; a cache that
        uid could not reach is replaced by one elsewhere (see `store.cache_folder`). `force` takes only that isolation.
        Raises SandboxUnavailable, with the reason and what would help, where programs cannot be isolated.
        """
        uid = unprivileged_user(worker, user)
        folder = cache_folder(cache, user=uid)
        scratch, lock = scratch_folder(folder, worker)
        try:
            isolator = find_isolation(folder, scratch, user=uid, force=force)
        except BaseException:
            os.close(lock)
            raise
        prune(folder / "programs", keep_bytes=CACHE_BYTES)
        return cls(isolator, folder, worker, lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases what the sandbox holds; programs compiled with it stay usable with the next one."""
        self._pool.close()
        if self._lock >= 0:
            shutil.rmtree(self._isolator.scratch, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1

    def alone(self, patience_s: float) -> AbstractContextManager[bool]:
        """Runs inside have this machine to themselves, as far as workers that share the cache go; False where that
        could not be had within `patience_s`."""
        return self._isolator.quiet.alone(patience_s)

    def lacks(self, language: str) -> str:
        """Why programs in `language` cannot be run here: what is missing and what to install; "" where they can."""
        known = LANGUAGES.get(language)
        if known is None:
            return f"programs in {language or 'its language'} are not supported"
        return known.detect(self._isolator.user).reason

    def compile(
        self,
        program_files: Sequence[tuple[str, bytes]],
        language: str,
        *,
        include: Sequence[tuple[str, bytes]] = (),
    ) -> Executable | CompileFailure:
        """The program made of these files (relative name, content), compiled inside a sandbox or taken from the cache.

        The first file is the entry of an interpreted program. `include` files lie beside the program's own and win
        over them; those in the language are compiled and linked too. `CompileFailure.is_fault` tells our failures
        from the program's.
        """
        return self._compiler.compile(program_files, language, include=include)

    def run_batch(
        self,
        executable: Executable,
        inputs: Sequence[Path],
        limits: RunLimits,
        *,
        keep_output: bool = False,
        stop_after: Callable[[int, Execution], bool] | None = None,
        output_cap: int = OUTPUT_CAP,
        mode: Mode = Mode.EXEC,
    ) -> Iterator[Execution]:
        """Runs the program on every input, in order, in one sandbox; yields each run as it ends.

        `keep_output` brings the first `output_cap` bytes of each output along; the digests are always of all of it.
        After a run for which `stop_after(index, execution)` is true the rest is not run. Where the sandbox itself
        fails, the run it failed on ends with FAULT and the rest goes on in a new one. `mode` FORK is a third of the
        work for programs that can be run so; the others are run as ever.
        """
        view = program_view(executable, self._isolator.user)
        cap = output_cap if keep_output else 0
        job = Job(executable, (), view, limits, cap, may_fork=limits.may_fork)
        done = 0
        while done < len(inputs):
            try:
                with closing(self._stream(job, inputs[done:], mode)) as reports:
                    for report in reports:
                        execution = read_execution(report, limits, keep_output=keep_output)
                        yield execution
                        done += 1
                        if stop_after is not None and stop_after(done - 1, execution):
                            return
            except SandboxFault as fault:
                execution = faulty(str(fault))
                yield execution
                done += 1
                if stop_after is not None and stop_after(done - 1, execution):
                    return

    def _stream(self, job: Job, inputs: Sequence[Path], mode: Mode) -> Generator[Report, None, None]:
        """The reports of one entry. Inputs are opened here, with our rights, a few ahead of their turn."""
        with self._pool.enter(job, mode) as sandbox:
            handed = 0
            for received in range(len(inputs)):
                if handed < len(inputs) and handed - received <= AHEAD // 2:
                    count = min(AHEAD, len(inputs) - handed)
                    _hand_over(sandbox, inputs[handed : handed + count])
                    handed += count
                    if handed == len(inputs):
                        sandbox.end()
                yield sandbox.report()

    def run_tool(
        self,
        executable: Executable,
        *,
        args: Sequence[str] = (),
        files: Mapping[str, Path] | None = None,
        stdin: Path | bytes | None = None,
        writable: Sequence[str] = (),
        limits: RunLimits,
        file_cap: int = TOOL_FILE_CAP,
        placed: Mapping[str, bytes] | None = None,
    ) -> ToolResult:
        """Runs a package's own program once: checker, validator, generator, custom grader. It may start processes.

        `files`: absolute path inside -> host file, read-only. `writable`: absolute folders inside, fresh and empty; the
        regular files directly in them come back, each up to `file_cap` bytes, links never followed. It starts in the
        first of them, where `placed` (absolute path -> content) already lies for it to change. Its output is kept up to
        `limits.output_bytes`.
        """
        job = self._tool_job(executable, args, files or {}, writable, limits, placed)
        job = replace(job, file_cap=file_cap)
        handle = _open_input(stdin)
        try:
            return run_job(self._isolator, job, handle)
        except SandboxFault as fault:
            return ToolResult(faulty(str(fault)))
        finally:
            os.close(handle)

    def _tool_job(
        self,
        executable: Executable,
        args: Sequence[str],
        files: Mapping[str, Path],
        writable: Sequence[str],
        limits: RunLimits,
        placed: Mapping[str, bytes] | None = None,
    ) -> Job:
        base = program_view(executable, self._isolator.user)
        folders = tuple(path.rstrip("/") for path in writable)
        view = replace(base, files=files, writable=folders, collected=folders, writable_bytes=64 << 20)
        view = replace(view, placed=placed or {})
        wide = replace(limits, processes=max(limits.processes, 16))
        return Job(executable, tuple(args), view, wide, limits.output_bytes, TOOL_FILE_CAP, may_fork=True)

    def converse(
        self,
        candidate: Executable,
        partner: Executable,
        *,
        candidate_limits: RunLimits,
        partner_limits: RunLimits,
        partner_args: Sequence[str] = (),
        partner_files: Mapping[str, Path] | None = None,
        partner_writable: Sequence[str] = (),
        partner_placed: Mapping[str, bytes] | None = None,
    ) -> Conversation:
        """Runs both at once, each in its own sandbox, each one's output being the other's input.

        Digests and sizes of outputs stay empty. Where a sandbox fails, both runs end with FAULT.
        """
        view = program_view(candidate, self._isolator.user)
        files = partner_files or {}
        ours = self._tool_job(partner, partner_args, files, partner_writable, partner_limits, partner_placed)
        theirs = Job(candidate, (), view, candidate_limits, may_fork=candidate_limits.may_fork)
        try:
            with self._isolator.enter(ours) as partner_box, self._isolator.enter(theirs) as candidate_box:
                said, heard = converse(candidate_box, partner_box)
        except SandboxFault as fault:
            broken = faulty(str(fault))
            return Conversation(broken, ToolResult(broken), "candidate")
        return Conversation(
            candidate=read_execution(said, candidate_limits, keep_output=False),
            partner=ToolResult(read_execution(heard, partner_limits, keep_output=False), heard.files),
            first_to_end="candidate" if said.end_ns <= heard.end_ns else "partner",
        )

    def meet(
        self,
        candidate: Executable,
        manager: Executable,
        *,
        processes: int,
        is_named: bool = False,
        input: Path,
        candidate_limits: RunLimits,
        manager_limits: RunLimits,
    ) -> Meeting:
        """Runs a manager and `processes` of the candidate at once, as CMS's Communication has it.

        Each runs in its own sandbox. The manager gets `input` as standard input and as input.txt where it starts, and
        the names of two pipes for each process (from it, to it); its output is kept. The processes read and write
        theirs as standard input and output or, where `is_named`, get their names (to it, from it); with several, each
        gets its number. Where a sandbox fails, all end with FAULT.
        """
        ours = self._tool_job(manager, (), {f"{_BOX}/input.txt": input}, (_BOX,), manager_limits)
        view = program_view(candidate, self._isolator.user)
        theirs = Job(candidate, (), view, candidate_limits, may_fork=candidate_limits.may_fork)
        handle = _open_input(input)
        try:
            with make_pipes(self._isolator.scratch, processes) as pipes:
                said, heard = meet(self._isolator, ours, theirs, pipes, manager_input=handle, is_named=is_named)
        except SandboxFault as fault:
            broken = faulty(str(fault))
            return Meeting(ToolResult(broken), (broken,), 0)
        finally:
            os.close(handle)
        return Meeting(
            manager=ToolResult(read_execution(said, manager_limits, keep_output=True), said.files),
            processes=tuple(read_execution(report, candidate_limits, keep_output=False) for report in heard),
            ended_before_manager=sum(report.end_ns <= said.end_ns for report in heard),
        )

    def run_on_file(
        self, executable: Executable, input: Path, limits: RunLimits, *, input_name: str, output_name: str
    ) -> Execution:
        """Runs the program once where it starts with `input` as the file `input_name`, beside its standard input.

        What it leaves in the file `output_name` is its output; if it leaves none, what it wrote to standard output is.
        """
        view = program_view(executable, self._isolator.user)
        view = replace(
            view,
            files={f"{_BOX}/{input_name}": input} if input_name else {},
            writable=(_BOX,),
            collected=(_BOX,),
            writable_bytes=_BOX_BYTES,
        )
        cap = max(TOOL_FILE_CAP, limits.output_bytes + input.stat().st_size)
        job = Job(executable, (), view, limits, limits.output_bytes, cap, may_fork=limits.may_fork)
        handle = _open_input(input)
        try:
            result = run_job(self._isolator, job, handle)
        except SandboxFault as fault:
            return faulty(str(fault))
        finally:
            os.close(handle)
        output = result.files.get(f"{_BOX}/{output_name}")
        if output is None:
            return result.execution
        raw, tokens = output_digests(output)
        return replace(result.execution, stdout=output, stdout_bytes=len(output), stdout_hash=raw, tokens_hash=tokens)


def _hand_over(sandbox: Open, inputs: Sequence[Path]) -> None:
    handles: list[int] = []
    try:
        for path in inputs:
            handles.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        sandbox.entry.run(handles)
    finally:
        for handle in handles:
            os.close(handle)


def program_view(executable: Executable, user: int | None) -> View:
    """What the program needs to see: itself at /program, and its interpreter where it has one."""
    own = (executable.path, "/program")
    if LANGUAGES[executable.language].kind is Kind.NATIVE:
        # Rust asks there where the program lies: graders that start it once more do.
        return View(shown=(own,), links=(("/program", "/proc/self/exe"),) if executable.language == "rust" else ())
    tool = LANGUAGES[executable.language].detect(user)
    shown, links = system_view(*tool.folders, links=tool.links)
    return View(shown=(*shown, own), links=links)


def faulty(message: str) -> Execution:
    """A run the sandbox failed on: ending FAULT, the reason as its error output."""
    return Execution(Ending.FAULT, 0, 0.0, 0.0, 0.0, 0, b"", b"", stderr=message.encode())


def _open_input(stdin: Path | bytes | None) -> int:
    if isinstance(stdin, Path):
        return os.open(stdin, os.O_RDONLY | os.O_CLOEXEC)
    return memory_file(stdin or b"")
