"""From sources to an `Executable`: compiled (or checked) inside a sandbox, kept under the sources' digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from judge.errors import SandboxFault
from judge.languages import LANGUAGES, Kind, Language, Tool, language_of
from judge.languages.commands import CLASSES, PROGRAM, java_command, link_flags, native_command, units_of
from judge.languages.java import main_class, named_after_type
from judge.sandbox.building import SERVER_OBJECT, runner_digest
from judge.sandbox.compilers import compiler_view, run_compiler, run_job, said, unpacked
from judge.sandbox.execution import CompileFailure, Ending, Executable, RunLimits, ToolResult
from judge.sandbox.isolation import Isolator, Job
from judge.sandbox.libraries import Libraries, Library
from judge.sandbox.store import publish, touch
from judge.sandbox.view import View, system_view

#: The end of a program's error output is kept; of a compiler's the beginning counts, so all there may be is taken.
#: Far more than any honest program needs: a compiler beside ten other processes takes a multiple of its usual CPU time.
COMPILE_LIMITS = RunLimits(30, memory_mib=2048, output_bytes=64 << 20, wall_s=180, processes=64, stderr_bytes=64 << 20)
CHECK_LIMITS = RunLimits(10, memory_mib=512, wall_s=30)
#: In a compiler's message: it met a limit, which another day it may not.
OF_THE_MACHINE = ("Killed", "out of memory", "CPU time limit", "No space left", "Cannot allocate")
#: Code of C or C++ that runs, or lays out the program so that some might run, before the first constructor.
EARLY = re.compile(rb"preinit_array|ifunc|\b_start\b|__libc_|_dl_|\.(?:push)?section|\bsection\s*\(|\bweak\b")
#: Where the compiler sees the fork server.
SERVER = "/fork_server.o"
#: In a folder of class files: the name of the class that starts the program.
START = ".start"
#: `traceback` is as slow to import as Python is to start: only for a program that cannot be read.
CHECK_PYTHON = """
import sys, warnings
warnings.simplefilter("ignore")
for name in sys.argv[1:]:
    try:
        with open(name, "rb") as file:
            compile(file.read(), name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        import traceback
        sys.exit("".join(traceback.format_exception_only(error)).rstrip())
"""
Sources = Sequence[tuple[str, bytes]]


class Compiler:
    """Compiles for one worker. What it makes is shared between workers and outlives them."""

    def __init__(self, isolator: Isolator, cache: Path) -> None:
        self._isolator = isolator
        self._cache = cache
        self._libraries = Libraries(isolator, cache)

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
            if known.kind is Kind.NATIVE:
                return self._native(files, entry, known, tool)
            if known.kind is Kind.BYTECODE:
                return self._bytecode(files, entry, known, tool)
            return self._interpreted(files, entry, known, tool)
        except SandboxFault as fault:
            return CompileFailure(str(fault), is_fault=True)

    def _native(
        self, files: Mapping[str, bytes], entry: str, language: Language, tool: Tool
    ) -> Executable | CompileFailure:
        units = units_of(language, files, entry)
        if not units:
            return CompileFailure(f"no {language.title} file to compile among: {', '.join(sorted(files))}")
        server = self._isolator.runner.with_name(SERVER_OBJECT) if language.family in ("c", "cpp") else None
        linked = (runner_digest(),) if server else ()
        digest = _digest(language, tool, " ".join((*language.flags, *link_flags(tool), *linked, units[0])), files)
        folder = self._folder(digest)
        program = folder / "program"
        if (failure := self._known_failure(folder)) is not None:
            return failure
        if not program.is_file():
            library = self._libraries.needed_by(language, tool, files)
            result = self._linked(files, units, language, tool, library, server)
            made = result.files.get(PROGRAM)
            if not result.execution.is_clean or made is None:
                return self._refused(result, folder)
            publish(folder, {"program": (made, 0o755)})
        return Executable(
            language.slug, program, ("/program",), digest, language.processes,
            is_static=not language.has_runtime, can_fork=server is not None and is_forkable(files),
        )  # fmt: skip

    def _linked(
        self,
        files: Mapping[str, bytes],
        units: Sequence[str],
        language: Language,
        tool: Tool,
        library: Library | None,
        server: Path | None,
    ) -> ToolResult:
        view = compiler_view(tool, files)
        if library is not None:
            view = replace(view, shown=(*view.shown, (library.folder, library.inside)))
        if server is not None:
            view = replace(view, shown=(*view.shown, (server, SERVER)))
        include = [library.inside] if library is not None else []
        command = native_command(language, tool, units, include=include, objects=(SERVER,) if server else ())
        return self._run_compiler(command, view, language)

    def _bytecode(
        self, files: Mapping[str, bytes], entry: str, language: Language, tool: Tool
    ) -> Executable | CompileFailure:
        """Java: class files in a folder, and the name of the class that starts the program."""
        named = named_after_type(files)
        units = units_of(language, named, entry)
        if not units:
            return CompileFailure(f"no {language.title} file to compile among: {', '.join(sorted(files))}")
        entry = entry if entry in named else units[0]
        digest = _digest(language, tool, " ".join((*language.flags, entry)), named)
        folder = self._folder(digest)
        if (failure := self._known_failure(folder)) is not None:
            return failure
        if not (folder / START).is_file():
            result = self._run_compiler(java_command(language, tool, units), compiler_view(tool, named), language)
            made = result.files.get(CLASSES)
            if not result.execution.is_clean or made is None:
                return self._refused(result, folder)
            classes = unpacked(made)
            if (start := main_class(classes, entry)) is None:
                return CompileFailure("no class has a `public static void main(String[])` to start with")
            data = {name: content for name, content in named.items() if name not in units}
            kept = {name: (content, 0o644) for name, content in {**data, **classes}.items()}
            publish(folder, {**kept, START: (start.encode(), 0o644)})
        argv = (tool.command, *language.start, "-cp", "/program", (folder / START).read_text())
        return Executable(language.slug, folder, argv, digest, language.processes)

    def _known_failure(self, folder: Path) -> CompileFailure | None:
        """What is remembered of these sources' failure; else marks the folder as used."""
        failure = folder / "failure.txt"
        if failure.is_file():
            return CompileFailure(failure.read_text())
        touch(folder)
        return None

    def _refused(self, result: ToolResult, folder: Path) -> CompileFailure:
        """A failure that is the program's is kept; one of a limit may be the machine's load and is not."""
        if result.ending is Ending.FAULT:
            return CompileFailure(f"the compiler could not be started: {said(result)}", is_fault=True)
        if result.ending is not Ending.EXIT:
            words = {Ending.CPU: "took too long", Ending.WALL: "took too long", Ending.MEMORY: "needs too much memory"}
            return CompileFailure(f"compiling {words.get(result.ending, 'was stopped: ' + str(result.ending))}")
        message = said(result)
        if not any(text in message for text in OF_THE_MACHINE):
            publish(folder, {"failure.txt": (message.encode(), 0o644)})
        return CompileFailure(message or "the compiler made no program and gave no reason")

    def _interpreted(
        self, files: Mapping[str, bytes], entry: str, language: Language, tool: Tool
    ) -> Executable | CompileFailure:
        digest = _digest(language, tool, entry, files)
        folder = self._folder(digest)
        argv = (tool.command, *language.start, f"/program/{entry}")
        touch(folder)
        if not folder.is_dir():
            if (failure := self._check(files, entry, language, tool)) is not None:
                return failure
            publish(folder, {name: (content, 0o644) for name, content in files.items()})
        can_fork = language.slug == "python3"
        return Executable(language.slug, folder, argv, digest, language.processes, can_fork=can_fork)

    def _check(self, files: Mapping[str, bytes], entry: str, language: Language, tool: Tool) -> CompileFailure | None:
        """Whether the interpreter reads the program; None where it does, or where nobody can say beforehand."""
        names = [name for name in sorted(files) if language_of(name) == language.family]
        checks = {"python3": (*language.start, "-c", CHECK_PYTHON), "javascript": (*language.start, "--check")}
        if language.family not in checks:
            return None
        shown, links = system_view(*tool.folders, links=tool.links)
        view = View(shown=shown, links=links, data={f"/src/{name}": files[name] for name in names})
        argv = (tool.command, *checks[language.family])
        executable = Executable(language.slug, Path(tool.command), argv, "", language.processes)
        asked = tuple(view.data) if language.family == "python3" else (f"/src/{entry}",)
        result = run_job(self._isolator, Job(executable, asked, view, CHECK_LIMITS))
        if result.ending is Ending.FAULT:
            reason = f"the {language.title} interpreter could not be started: {said(result)}"
            return CompileFailure(reason, is_fault=True)
        if result.execution.is_clean:
            return None
        return CompileFailure(said(result) or f"the program cannot be compiled: {result.ending}")

    def _folder(self, digest: str) -> Path:
        return self._cache / "programs" / digest[:2] / digest

    def _run_compiler(self, command: list[str], view: View, language: Language) -> ToolResult:
        return run_compiler(self._isolator, command, view, COMPILE_LIMITS, language=language.slug)


def is_forkable(files: Mapping[str, bytes]) -> bool:
    """False for a C or C++ program that, by the words in it, may want to run before the fork server linked into it.

    Words can be hidden, so this is no barrier: such a program would see more of its inputs at once and spoil its own
    readings, in a sandbox where everything else holds.
    """
    return not any(EARLY.search(content) for content in files.values())


def _refuse_names(files: Mapping[str, bytes]) -> str:
    for name in files:
        path = PurePosixPath(name)
        if not name or path.is_absolute() or ".." in path.parts or "\0" in name or str(path) != name:
            return f"a program file cannot be called {name!r}"
    return ""


def _digest(language: Language, tool: Tool, how: str, files: Mapping[str, bytes]) -> str:
    parts = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return hashlib.sha256(json.dumps([language.slug, tool.version, how, sorted(parts.items())]).encode()).hexdigest()
