"""The programs of a Kattis package besides its submissions: validators, graders, generators, included files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from judge.languages import language_of
from judge.packages.bundle import Bundle
from judge.packages.kattis_header import Header
from judge.problem import File, Program

_HEADERS = {".h", ".hpp", ".hh", ".hxx"}
#: What lies beside programs without being one. Everything else is a program, in no language if this judge runs none.
_NO_PROGRAMS = {"", ".txt", ".md", ".yaml", ".yml", ".json", ".in", ".ans", ".out", ".log", ".pdf", ".png", *_HEADERS}


@dataclass
class Programs:
    """What was found. `convention` is how the output validator is called (see `judge.problem.Checker`)."""

    output_validator: Program | None = None
    convention: str = "kattis"
    grader: Program | None = None
    input_validators: tuple[Program, ...] = ()
    generators: tuple[Program, ...] = ()
    include: dict[str, tuple[File, ...]] = field(default_factory=dict)
    unjudgeable: str = ""
    warnings: list[str] = field(default_factory=list)


def read_programs(bundle: Bundle, header: Header) -> Programs:
    """Every program of the package. Raises PackageError where a custom validator is announced and absent."""
    found = Programs()
    found.include = _include(bundle)
    found.generators = tuple(p for p in _programs(bundle, "generators") if p.language)
    validators = _programs(bundle, "input_validators") + _programs(bundle, "input_format_validators")
    found.input_validators = tuple(p for p in validators if p.language)
    found.warnings += [f"an input validator is not run: it {_why_not_run(p)}" for p in validators if not p.language]
    if header.is_custom:
        _output_validator(bundle, found)
    graders = _programs(bundle, "graders")
    found.grader = next((p for p in graders if p.language), None)
    if graders and found.grader is None:
        found.unjudgeable = found.unjudgeable or f"its grader {_why_not_run(graders[0])}"
    return found


def _output_validator(bundle: Bundle, found: Programs) -> None:
    candidates = _programs(bundle, "output_validator", is_one=True) + _programs(bundle, "output_validators")
    if not candidates:
        raise bundle.error(
            bundle.root / "output_validators", "is missing, but problem.yaml asks for a custom validator"
        )
    found.output_validator = next((p for p in candidates if p.language), candidates[0])
    if not found.output_validator.language:
        found.unjudgeable = f"its output validator {_why_not_run(found.output_validator)}"
    if len(candidates) > 1:
        found.warnings.append(f"{len(candidates)} output validators; only {found.output_validator.name} is used")
    if _is_plain_testlib(bundle, found.output_validator):
        found.convention = "testlib"


def _why_not_run(program: Program) -> str:
    """The end of a sentence about a program in no language of ours."""
    scripts = sorted({"build", "run"} & {file.name for file in program.files})
    if scripts:
        return f"is made by a {' and a '.join(scripts)} script of its own ({program.name}), which is not run here"
    return f"is in a language this judge does not run ({program.name})"


def _is_plain_testlib(bundle: Bundle, program: Program) -> bool:
    """True where the program brings a testlib.h whose exit codes were not changed to Kattis's 42 and 43."""
    for file in program.files:
        if file.name.endswith("testlib.h"):
            text = bundle.locations[file.digest].read_text(encoding="utf-8", errors="replace")
            return not re.search(r"\b4[23]\b", text)
    return False


def _programs(bundle: Bundle, folder: str, *, is_one: bool = False) -> list[Program]:
    """The programs in `folder`: each file and each sub-folder is one. `is_one`: source files lying directly in it
    are one program together (2023-07's output_validator/)."""
    path = bundle.root / folder
    if not path.is_dir():
        return []
    children = [child for child in bundle.children(path) if child.name != "__pycache__"]
    if is_one and any(child.is_file() and language_of(child.name) for child in children):
        return [read_program(bundle, path)]
    return [read_program(bundle, child) for child in children if child.is_dir() or is_program(child)]


def read_program(bundle: Bundle, path: Path, expected: str = "") -> Program:
    """One program: a file, or a folder whose files are named from there."""
    name = path.relative_to(bundle.root).as_posix()
    if path.is_file():
        file = bundle.file(path, name=path.name)
        language = "" if _is_python_2(bundle, file) else language_of(path.name) or ""
        return Program(name, language, (file,), expected)
    files = [
        bundle.file(file, name=file.relative_to(path).as_posix())
        for file in bundle.walk(path)
        if "__pycache__" not in file.parts and not file.name.endswith((".o", ".pyc", ".class"))
    ]
    return Program(name, _folder_language(files), tuple(_entry_first(files)), expected)


def _is_python_2(bundle: Bundle, file: File) -> bool:
    """True for a program whose first line asks for Python 2, which no judge of today has."""
    with bundle.locations[file.digest].open("rb") as stream:
        return re.match(rb"#!.*\bpython2", stream.readline(200)) is not None


def is_program(path: Path) -> bool:
    """True for a file that is not there for other purposes."""
    return path.suffix.lower() not in _NO_PROGRAMS


def _folder_language(files: Iterable[File]) -> str:
    """The language of several files; "" where they have a build or run script of their own, or mix languages."""
    names = [file.name for file in files]
    if {"build", "run"} & set(names):
        return ""
    languages = {language_of(name) for name in names if Path(name).suffix.lower() not in _HEADERS} - {None}
    if languages == {"c", "cpp"}:
        return "cpp"
    return languages.pop() or "" if len(languages) == 1 else ""


def _entry_first(files: list[File]) -> list[File]:
    """The program's start first (main.*, as Kattis has it), other sources next, then headers and data."""

    def rank(file: File) -> tuple[int, str]:
        is_source = language_of(file.name) is not None and Path(file.name).suffix.lower() not in _HEADERS
        is_main = Path(file.name).name.lower().startswith(("main.", "__main__."))
        return (0 if is_source and is_main else 1 if is_source else 2, file.name)

    return sorted(files, key=rank)


def _include(bundle: Bundle) -> dict[str, tuple[File, ...]]:
    """include/<language>/: files compiled with every submission in it, named from there."""
    path = bundle.root / "include"
    if not path.is_dir():
        return {}
    return {
        folder.name: tuple(
            _entry_first([bundle.file(file, name=file.relative_to(folder).as_posix()) for file in bundle.walk(folder)])
        )
        for folder in bundle.children(path)
        if folder.is_dir()
    }
