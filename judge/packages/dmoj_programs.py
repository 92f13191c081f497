"""The programs of a DMOJ problem: checkers, interactors, generators, signature graders, its own test submissions."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from judge.comparing import COMPARISONS
from judge.languages import language_of
from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.dmoj_config import HEADER, Node
from judge.packages.kattis_header import number, read_yaml
from judge.packages.testlib import require_testlib
from judge.problem import Checker, File, Program

#: DMOJ's names of a bridged program's type -> how it is called and answers.
_CONVENTIONS = {"default": "dmoj", "testlib": "testlib-points", "coci": "coci"}
_HEADERS = {".h", ".hpp", ".hh"}
#: What a custom checker may import of DMOJ's judge: what `_SHIM` stands in for.
_STOOD_IN = {"dmoj.result", "dmoj.utils.unicode"}
#: DMOJ's short names of verdicts -> what a test submission is filed under.
_EXPECTED = {
    "AC": "accepted",
    "WA": "wrong_answer",
    "TLE": "time_limit_exceeded",
    "MLE": "memory_limit_exceeded",
    "OLE": "output_limit_exceeded",
    "RTE": "run_time_error",
    "IR": "run_time_error",
    "CE": "compile_error",
}
#: Runs a checker written for DMOJ's judge as a program: input, output and answer, then its options as JSON; it answers
#: as testlib's checkers do.
_SHIM = """
import importlib.util
import json
import sys
import types


class CheckerResult:
    def __init__(self, passed, points, feedback=None, extended_feedback=None):
        self.passed, self.points, self.feedback = passed, points, feedback


def utf8bytes(text):
    return text.encode() if isinstance(text, str) else text


def utf8text(text, errors="strict"):
    return text.decode("utf-8", errors) if isinstance(text, bytes) else text


for name, members in {
    "dmoj": {}, "dmoj.utils": {}, "dmoj.result": {"CheckerResult": CheckerResult},
    "dmoj.utils.unicode": {"utf8bytes": utf8bytes, "utf8text": utf8text},
}.items():
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)

given, output, answer = (open(path, "rb").read() for path in sys.argv[1:4])
options = json.loads(sys.argv[4])
path = __file__.replace("main.py", "checker.py")
spec = importlib.util.spec_from_file_location("checker", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
try:
    result = module.check(
        output, answer, judge_input=given, submission_source=b"", submission_language="", binary_data=False,
        execution_time=0.0, problem_id="", result=None, **options
    )
except UnicodeDecodeError:
    result = False
if isinstance(result, CheckerResult):
    print(f"points {result.points} {result.feedback or ''}", file=sys.stderr)
    sys.exit(7 if result.passed else 1)
sys.exit(0 if result else 1)
"""


@dataclass
class Programs:
    """Makes programs of what init.yml names, and checkers of what its cases name. `unjudgeable` is why the problem
    cannot be judged here, "" if it can."""

    bundle: Bundle
    workspace: Path
    warnings: list[str] = field(default_factory=list)
    unjudgeable: str = ""
    _checkers: list[tuple[Program | None, str]] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        """Notes why the problem cannot be judged here; the first reason stays."""
        self.unjudgeable = self.unjudgeable or reason

    def program(self, node: Node, names: Any, *, place: str) -> Program:
        """The program of these files: one name, or a list of which the first is its start."""
        listed = [names] if isinstance(names, str) else names
        if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
            raise node.error(f'"{place}" names no files')
        paths = [self._path(node, name, place) for name in listed]
        files = [self.bundle.file(path, name=path.name) for path in paths]
        headers = [child for child in self.bundle.children(self.bundle.root) if child.suffix.lower() in _HEADERS]
        known = {file.name for file in files}
        files += [self.bundle.file(child, name=child.name) for child in headers if child.name not in known]
        language = next((slug for file in files[: len(listed)] if (slug := language_of(file.name))), "")
        if language in ("c", "cpp"):
            require_testlib(self.bundle, paths[0], files, place="testlib.h beside init.yml")
        return Program(listed[0], language, tuple(files if language in ("c", "cpp") else files[: len(listed)]))

    def _path(self, node: Node, name: str, place: str) -> Path:
        path = self.bundle.root / name
        if name.startswith("/") or ".." in PurePosixPath(name).parts or not path.is_file():
            raise node.error(f'"{place}" names {name}, which is not in the package')
        return path

    def checker_flags(self, case: Node, *, points: float, batch: int, position: int) -> tuple[str, ...]:
        """How the checker of this case is called; the checker itself is remembered for `checker`."""
        value = case.get("checker") or "standard"
        name, args = (value.get("name"), value.get("args") or {}) if isinstance(value, dict) else (value, {})
        if not isinstance(name, str) or not isinstance(args, dict):
            raise case.error('"checker" is neither a name nor a name with args')
        if name == "bridged":
            self._checkers.append(self._bridged(case, args))
            return ()
        if "." in name:
            self._checkers.append((self._custom(case, name), "testlib-points"))
            options = {**args, "point_value": points, "case_position": position, "batch": batch}
            try:
                return (json.dumps(options),)
            except TypeError as error:
                raise case.error("the checker's args are more than numbers and texts") from error
        self._checkers.append((None, "dmoj"))
        self.warnings += known_keys.unknown(f"{HEADER}: checker {name}", args, known_keys.COMPARISON, what="argument")
        return _built_in(case, name, args, is_batched=batch > 0)

    def checker(self) -> Checker:
        """The one checker of all cases whose `checker_flags` were asked for."""
        kinds = list(dict.fromkeys(self._checkers))
        if len(kinds) > 1:
            self.refuse("its cases are checked by different programs")
        program, convention = kinds[0]
        gives_score = convention != "dmoj" or program is None
        return Checker(program, (), convention, gives_score=gives_score)

    def _bridged(self, case: Node, args: dict[str, Any]) -> tuple[Program, str]:
        kind = str(args.get("type") or "default")
        self._say_what_has_no_effect("checker", args, known_keys.BRIDGED)
        if kind not in _CONVENTIONS or args.get("args_format_string"):
            self.refuse(f"its checker is called in a way of its own (type {kind})")
        program = self.program(case, args.get("files"), place="checker: files")
        if not program.language:
            self.refuse("its checker is in a language this judge does not run")
        return program, convention_of(kind, args)

    def _custom(self, case: Node, name: str) -> Program:
        """A checker in Python for DMOJ's judge, with a program that calls it. Where it wants more of DMOJ than there
        is, the problem cannot be judged here."""
        path = self._path(case, name, "checker")
        text = self.bundle.text(path)
        if reason := _beyond(text):
            self.refuse(f"its checker {name} {reason}")
        shim = self.bundle.add("main.py", _SHIM.encode(), self.workspace)
        return Program(name, "python3", (shim, self.bundle.file(path, name="checker.py")))

    def interactor(self, config: Node) -> tuple[Program | None, str]:
        """The interactor and how it talks; (None, "kattis") where there is none."""
        value = config.values.get("interactive")
        if value is None:
            return None, "kattis"
        node = config.child("interactive", value)
        kind = str(node.values.get("type") or "default")
        if kind not in _CONVENTIONS or node.values.get("args_format_string"):
            self.refuse(f"its interactor is called in a way of its own (type {kind})")
        self._say_what_has_no_effect("interactive", node.values, known_keys.INTERACTIVE)
        program = self.program(node, node.values.get("files"), place="files")
        if not program.language:
            self.refuse("its interactor is in a language this judge does not run")
        return program, {"testlib": "testlib", "coci": "coci"}.get(kind, "dmoj")

    def generator(self, case: Node) -> tuple[Program, tuple[str, ...]] | None:
        """The generator of a case and its arguments, None where it has none."""
        value = case.get("generator")
        if value is None:
            return None
        args = case.get("generator_args") or []
        names = value
        if isinstance(value, dict):
            names = value.get("source") or value.get("name")
            args = args or value.get("args") or []
            self._say_what_has_no_effect("generator", value, known_keys.GENERATOR)
        if not isinstance(args, list):
            raise case.error('"generator_args" is not a list')
        program = self.program(case, names, place="generator")
        return program, tuple(str(arg) for arg in args)

    def include(self, config: Node) -> dict[str, tuple[File, ...]]:
        """The files of a signature grader, compiled with every submission in C++."""
        value = config.values.get("signature_grader")
        if value is None:
            return {}
        node = config.child("signature_grader", value)
        paths = [self._path(node, node.name(key), key) for key in ("entry", "header")]
        return {"cpp": tuple(self.bundle.file(path, name=path.name) for path in paths)}

    def submissions(self) -> tuple[Program, ...]:
        """The problem's own submissions: tests/*/test.yml, as DMOJ's judges test themselves with."""
        folder = self.bundle.root / "tests"
        found = []
        for child in self.bundle.children(folder) if folder.is_dir() else ():
            config = child / "test.yml"
            if not config.is_file():
                continue
            values = read_yaml(self.bundle, config)
            source = child / str(values.get("source") or "")
            if not source.is_file():
                raise self.bundle.error(config, f'"source" names {source.name}, which is not beside it')
            expected = values.get("expect", "AC")
            verdicts = expected if isinstance(expected, list) else [expected]
            filed = "|".join(filter(None, (_EXPECTED.get(str(verdict), "") for verdict in verdicts)))
            file = self.bundle.file(source, name=source.name)
            name = f"tests/{child.name}/{source.name}"
            found.append(Program(name, language_of(source.name) or "", (file,), filed))
        return tuple(found)

    def _say_what_has_no_effect(self, place: str, values: dict[str, Any], known: frozenset[str]) -> None:
        """Of what a checker, interactor or generator is given."""
        where = f"{HEADER}: {place}"
        self.warnings += known_keys.unknown(where, values, known)
        self.warnings += known_keys.without_effect(where, values, known_keys.PROGRAM_UNUSED)


def convention_of(kind: str, values: Mapping[str, Any]) -> str:
    """The convention of a bridged checker or interactor of this type; testlib's points are percent where asked for."""
    if kind == "testlib" and values.get("treat_checker_points_as_percentage"):
        return "testlib-percent"
    return _CONVENTIONS.get(kind, "dmoj")


def _built_in(case: Node, name: str, args: dict[str, Any], *, is_batched: bool) -> tuple[str, ...]:
    """The flags of `judge.comparing` for a checker of DMOJ's own."""
    aliases = {"floatsabs": ("floats", "absolute"), "floatsrel": ("floats", "relative"), "unordered": ("sorted", "")}
    kind, mode = aliases.get(name, (name, ""))
    if kind not in COMPARISONS:
        raise case.error(f'"checker" is {name!r}, which is none of DMOJ\'s and no file')
    if kind == "floats":
        precision = number(case.bundle, case.path, "checker: precision", args.get("precision", 6))
        mode = mode or str(args.get("error_mode", "default"))
        if mode not in ("default", "absolute", "relative") or not 0 <= precision <= 300:
            raise case.error(f'"checker" has the precision {precision:g} and the error_mode {mode!r}')
        return (kind, str(int(precision)), mode)
    if kind == "sorted":
        split = "whitespace" if name == "unordered" else str(args.get("split_on", "lines"))
        if split not in ("lines", "whitespace"):
            raise case.error(f'"checker" splits on {split!r}, neither lines nor whitespace')
        return (kind, split)
    if kind == "linematches":
        return (kind, "strict" if args.get("filler_lines_required", True) else "any", *_weights(case, args))
    if kind == "linecount" and is_batched:
        return (kind, "all")
    if kind == "rstripped" and args.get("filter_new_line"):
        return (kind, "filter")
    return (kind,)


def _weights(case: Node, args: dict[str, Any]) -> Sequence[str]:
    weights = args.get("point_distribution", [1])
    if not isinstance(weights, list) or not all(isinstance(one, int) and one >= 0 for one in weights):
        raise case.error('"checker" has a point_distribution that is no list of whole numbers')
    return [str(int(one)) for one in weights]


def _beyond(text: str) -> str:
    """What a custom checker wants that it cannot have here, as the end of a sentence; "" if nothing."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "is not Python 3"
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module]
        if other := next((one for one in modules if one.startswith("dmoj") and one not in _STOOD_IN), None):
            return f"imports {other} of DMOJ's judge"
    if re.search(r"\bsubmission_(source|language)\b|\brun_on_error\b", text):
        return "looks at more than the output"
    return ""
