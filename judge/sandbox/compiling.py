"""From sources to an `Executable`: compiled (or checked) inside a sandbox, kept under the sources' digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from judge.errors import SandboxFault
from judge.languages import LANGUAGES, Tool, language_of
from judge.sandbox.execution import CompileFailure, Ending, Executable, RunLimits, ToolResult
from judge.sandbox.isolation import Isolator, Job
from judge.sandbox.readings import read_execution
from judge.sandbox.store import lock, publish, touch
from judge.sandbox.view import View, memory_file, system_view

MESSAGE_BYTES = 16 << 10
#: The end of a program's error output is kept; of a compiler's the beginning counts, so all there may be is taken.
COMPILE_LIMITS = RunLimits(10, memory_mib=2048, output_bytes=64 << 20, wall_s=60, processes=64, stderr_bytes=64 << 20)
HEADER_LIMITS = RunLimits(60, memory_mib=4096, output_bytes=512 << 20, wall_s=300, processes=64)
CHECK_LIMITS = RunLimits(10, memory_mib=512, wall_s=30)
#: In a compiler's message: it met a limit, which another day it may not.
OF_THE_MACHINE = ("Killed", "out of memory", "CPU time limit", "No space left", "Cannot allocate")
STANDARD_HEADER = "bits/stdc++.h"
CHECK_PYTHON = """
import sys, traceback, warnings
warnings.simplefilter("ignore")
for name in sys.argv[1:]:
    try:
        with open(name, "rb") as file:
            compile(file.read(), name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        sys.exit("".join(traceback.format_exception_only(error)).rstrip())
"""
Sources = Sequence[tuple[str, bytes]]


class Compiler:
    """Compiles for one worker. What it makes is shared between workers and outlives them."""

    def __init__(self, isolator: Isolator, cache: Path) -> None:
        self._isolator = isolator
        self._cache = cache
        self._headers: dict[str, Path | None] = {}

    def compile(self, program_files: Sources, language: str, *, include: Sources = ()) -> Executable | CompileFailure:
        """See `Sandbox.compile`."""
        known = LANGUAGES.get(language)
        if known is None:
            return CompileFailure(f"programs in {language or 'this language'} are not supported")
        tool = known.detect(self._isolator.user)
        if not tool.is_available:
            return CompileFailure(tool.reason, is_fault=True)
        files = dict(program_files) | dict(include)
        if refusal := _refuse_names(files):
            return CompileFailure(refusal)
        if not program_files:
            return CompileFailure("the program has no files")
        entry = program_files[0][0]
        try:
            if known.flags:
                return self._compiled(files, language, tool, known.processes)
            return self._interpreted(files, entry, language, tool, known.processes)
        except SandboxFault as fault:
            return CompileFailure(str(fault), is_fault=True)

    def _compiled(
        self, files: Mapping[str, bytes], language: str, tool: Tool, processes: int
    ) -> Executable | CompileFailure:
        flags = LANGUAGES[language].flags
        units = [name for name in sorted(files) if language_of(name) in ("c", "cpp")]
        if not units:
            return CompileFailure(f"no {LANGUAGES[language].title} file to compile among: {', '.join(sorted(files))}")
        digest = _digest(language, tool.version, " ".join((*flags, *self._link_flags(tool))), files)
        folder = self._folder(digest)
        program, failure = folder / "program", folder / "failure.txt"
        if failure.is_file():
            return CompileFailure(failure.read_text())
        touch(folder)
        if not program.is_file():
            command = [tool.command, *flags, *self._link_flags(tool), "-I", "/src"]
            view = compiler_view(tool, files)
            header = self._header(tool, flags) if language == "cpp" and _wants_header(files) else None
            if header is not None:
                command += ["-I", "/pch"]
                view = View(**{**vars(view), "shown": (*view.shown, (header, "/pch"))})
            command += ["-o", "/out/program", *(f"/src/{name}" for name in units)]
            command += ["-lm"] if language == "c" else []
            result = self._run_compiler(command, view, COMPILE_LIMITS)
            made = result.files.get("/out/program")
            if not result.execution.is_clean or made is None:
                return self._refused(result, folder)
            publish(folder, {"program": (made, 0o755)})
        return Executable(language, program, ("/program",), digest, processes)

    def _refused(self, result: ToolResult, folder: Path) -> CompileFailure:
        """A failure that is the program's is kept; one of a limit may be the machine's load and is not."""
        if result.ending is Ending.FAULT:
            return CompileFailure(f"the compiler could not be started: {_said(result)}", is_fault=True)
        if result.ending is not Ending.EXIT:
            words = {Ending.CPU: "took too long", Ending.WALL: "took too long", Ending.MEMORY: "needs too much memory"}
            return CompileFailure(f"compiling {words.get(result.ending, 'was stopped: ' + str(result.ending))}")
        message = _said(result)
        if not any(text in message for text in OF_THE_MACHINE):
            publish(folder, {"failure.txt": (message.encode(), 0o644)})
        return CompileFailure(message or "the compiler made no program and gave no reason")

    def _interpreted(
        self, files: Mapping[str, bytes], entry: str, language: str, tool: Tool, processes: int
    ) -> Executable | CompileFailure:
        digest = _digest(language, tool.version, entry, files)
        folder = self._folder(digest)
        inside = f"/program/{entry}"
        argv = (tool.command, "-s", "-B", inside) if language == "python3" else (tool.command, inside)
        touch(folder)
        if not folder.is_dir():
            if language == "python3" and (failure := self._check_python(files, tool)):
                return failure
            publish(folder, {name: (content, 0o644) for name, content in files.items()})
        return Executable(language, folder, argv, digest, processes)

    def _check_python(self, files: Mapping[str, bytes], tool: Tool) -> CompileFailure | None:
        names = [name for name in sorted(files) if language_of(name) == "python3"]
        shown, links = system_view(*tool.folders)
        view = View(shown=shown, links=links, data={f"/src/{name}": files[name] for name in names})
        executable = Executable("python3", Path(tool.command), (tool.command, "-s", "-B", "-c", CHECK_PYTHON), "")
        result = run_job(self._isolator, Job(executable, tuple(view.data), view, CHECK_LIMITS))
        if result.ending is Ending.FAULT:
            return CompileFailure(f"the Python interpreter could not be started: {_said(result)}", is_fault=True)
        if result.execution.is_clean:
            return None
        said = _said(result)
        return CompileFailure(said or f"the program cannot be compiled: {result.ending}")

    def _folder(self, digest: str) -> Path:
        return self._cache / "programs" / digest[:2] / digest

    @staticmethod
    def _link_flags(tool: Tool) -> tuple[str, ...]:
        gold = ("-fuse-ld=gold",) if (Path(tool.command).parent / "ld.gold").exists() else ()
        return (*gold, "-static", "-s")

    def _header(self, tool: Tool, flags: tuple[str, ...]) -> Path | None:
        """The folder with bits/stdc++.h precompiled under these flags; None where the compiler has no such header."""
        key = hashlib.sha256(" ".join((tool.version, *flags)).encode()).hexdigest()[:32]
        if key not in self._headers:
            folder = self._cache / "headers" / key
            with lock(self._cache / "headers" / f"{key}.lock"):
                if not folder.is_dir():
                    self._build_header(tool, flags, folder)
            self._headers[key] = folder if (folder / STANDARD_HEADER).is_file() else None
        return self._headers[key]

    def _build_header(self, tool: Tool, flags: tuple[str, ...], folder: Path) -> None:
        probe = {"probe.cpp": f"#include <{STANDARD_HEADER}>\n".encode()}
        listing = self._run_compiler([tool.command, "-M", "/src/probe.cpp"], compiler_view(tool, probe), COMPILE_LIMITS)
        words = listing.stdout.decode(errors="replace").split()
        paths = [word for word in words if word.endswith("/" + STANDARD_HEADER)]
        if not paths:
            publish(folder, {"absent": (b"", 0o644)})
            return
        text = Path(paths[0]).read_bytes()
        command = [tool.command, *flags, "-x", "c++-header", f"/src/{STANDARD_HEADER}", "-o", "/out/header.gch"]
        result = self._run_compiler(command, compiler_view(tool, {STANDARD_HEADER: text}), HEADER_LIMITS)
        if (made := result.files.get("/out/header.gch")) is None:
            raise SandboxFault(f"{STANDARD_HEADER} could not be precompiled: {_said(result)}")
        publish(folder, {STANDARD_HEADER: (text, 0o644), f"{STANDARD_HEADER}.gch": (made, 0o644)})

    def _run_compiler(self, command: list[str], view: View, limits: RunLimits) -> ToolResult:
        executable = Executable("compiler", Path(command[0]), tuple(command), "")
        job = Job(executable, (), view, limits, stdout_cap=1 << 20, file_cap=limits.output_bytes, may_fork=True)
        return run_job(self._isolator, job)


def run_job(isolator: Isolator, job: Job, stdin: int | None = None) -> ToolResult:
    """Runs the job's program once, with an empty input unless a descriptor of one is given."""
    handle = memory_file(b"") if stdin is None else stdin
    try:
        with isolator.enter(job) as sandbox:
            sandbox.entry.run([handle])
            sandbox.entry.end()
            report = sandbox.report()
    finally:
        if stdin is None:
            os.close(handle)
    return ToolResult(read_execution(report, job.limits, keep_output=True), report.files)


def compiler_view(tool: Tool, files: Mapping[str, bytes]) -> View:
    """The system's programs and headers, the sources in /src, and room for the result in /out."""
    shown, links = system_view(*tool.folders)
    data = {f"/src/{name}": content for name, content in files.items()}
    return View(shown, links, data=data, writable=("/temporary", "/out"), collected=("/out",), writable_bytes=512 << 20)


def _wants_header(files: Mapping[str, bytes]) -> bool:
    return any(STANDARD_HEADER.encode() in content for content in files.values())


def _refuse_names(files: Mapping[str, bytes]) -> str:
    for name in files:
        path = PurePosixPath(name)
        if not name or path.is_absolute() or ".." in path.parts or "\0" in name or str(path) != name:
            return f"a program file cannot be called {name!r}"
    return ""


def _digest(language: str, version: str, how: str, files: Mapping[str, bytes]) -> str:
    parts = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return hashlib.sha256(json.dumps([language, version, how, sorted(parts.items())]).encode()).hexdigest()


def _said(result: ToolResult) -> str:
    """What the compiler wrote, with the sources under their own names, at most 16 KiB."""
    return _cap(result.stderr.decode(errors="replace").replace("/src/", "").strip())


def _cap(message: str) -> str:
    encoded = message.encode()
    if len(encoded) <= MESSAGE_BYTES:
        return message
    return encoded[: MESSAGE_BYTES - 32].decode(errors="ignore") + "\n(the rest is cut)"
