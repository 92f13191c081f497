"""The parts of a function problem that Podium brings, as files of a package.

A candidate's program lies at the top of its folder, ours below `judge/functions` and in `main.py`, which starts it.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from judge.functions.loading import SETTINGS
from judge.problem import File, Program

#: Keeps a text under a name: how a reader stores bytes that lie in no file of its package.
Keep = Callable[[str, str], File]
_HERE = Path(__file__).parent
_WITH = {
    "harness": ("harness", "loading", "wire"),
    "serving": ("serving", "loading", "wire"),
    "calling": ("calling", "loading", "canonical"),
    "agreeing": ("agreeing", "harness", "loading", "wire"),
    "timed": ("timed", "serving", "loading", "wire"),
}
LANGUAGE = "python3"


def told(entry_points: Sequence[str], *, prelude: str = "", prompt: str = "") -> str:
    """What `loading.settings` reads. `prelude`: Python that runs before the candidate and before the test code.
    `prompt`: what a completion of a model continues."""
    content = {"entry_points": list(entry_points), "prelude": prelude, "prompt": prompt}
    return json.dumps(content, sort_keys=True)


def harness(keep: Keep, settings: str) -> Program:
    """The interactor of problems with test code."""
    return Program("test harness", LANGUAGE, _files("harness", keep, settings))


def serving(keep: Keep, settings: str) -> dict[str, tuple[File, ...]]:
    """What is included with candidates of problems with test code."""
    return {LANGUAGE: _files("serving", keep, settings)}


def calling(keep: Keep, settings: str) -> dict[str, tuple[File, ...]]:
    """What is included with candidates of problems whose tests are one call each, judged like batch problems."""
    return {LANGUAGE: _files("calling", keep, settings)}


def _files(start: str, keep: Keep, settings: str) -> tuple[File, ...]:
    main = f"from judge.functions.{start} import main\n\nmain()\n"
    modules = [keep(f"judge/functions/{name}.py", (_HERE / f"{name}.py").read_text("utf-8")) for name in _WITH[start]]
    return (keep("main.py", main), *modules, keep(SETTINGS, settings))


def sources(start: str, settings: str) -> list[tuple[str, bytes]]:
    """The files of a part that is no part of any package: (name, content), what starts it first."""
    kept: dict[str, str] = {}

    def keep(name: str, text: str) -> File:
        kept[name] = text
        return File(name, "", 0)

    return [(file.name, kept[file.name].encode()) for file in _files(start, keep, settings)]


def without(source: str, name: str) -> str | None:
    """Python source without its top-level function `name`; None where it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    lines = source.splitlines(keepends=True)
    for node in reversed(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            del lines[first - 1 : node.end_lineno]
    return "".join(lines)


def modules_missing(sources: Iterable[str]) -> list[str]:
    """The modules that pieces of Python import and that do not come with Python: a sandbox does not have them. Raises
    SyntaxError where one is no Python."""
    found: set[str] = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return sorted(found - sys.stdlib_module_names)


def names_used(source: str) -> set[str]:
    """The names that a piece of Python reads. Raises SyntaxError where it is none."""
    nodes = ast.walk(ast.parse(source))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def names_defined(source: str) -> list[str]:
    """The functions and classes that a piece of Python defines at its top, in order. Raises SyntaxError where it is
    none."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in ast.parse(source).body if isinstance(node, kinds)]
