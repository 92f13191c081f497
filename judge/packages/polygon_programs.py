"""The programs of a Polygon package: each is compiled with the headers that lie in files/, testlib.h among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from judge.errors import PackageError
from judge.languages import language_of
from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.polygon_xml import HEADER, Description, Source
from judge.packages.testlib import require_testlib
from judge.problem import Checker, File, Program

_HEADERS = {".h", ".hh", ".hpp", ".hxx"}
#: Polygon's tags of solutions -> what they were filed under. With points, a wrong solution may get some of them.
_EXPECTED = {
    "main": "accepted",
    "accepted": "accepted",
    "rejected": "rejected",
    "incorrect": "rejected",
    "failed": "rejected",
    "wrong-answer": "wrong_answer",
    "presentation-error": "wrong_answer",
    "time-limit-exceeded": "time_limit_exceeded",
    "time-limit-exceeded-or-accepted": "time_limit_exceeded|accepted",
    "time-limit-exceeded-or-memory-limit-exceeded": "time_limit_exceeded|memory_limit_exceeded",
    "memory-limit-exceeded": "memory_limit_exceeded",
}
#: Standard checkers that are the default token comparison with these flags: words, whole numbers in their one spelling
#: (testlib refuses any other), YES and NO in any case.
_SAME_AS_TOKENS = {
    "std::wcmp.cpp": ("case_sensitive",),
    "std::ncmp.cpp": ("case_sensitive",),
    "std::icmp.cpp": ("case_sensitive",),
    "std::hcmp.cpp": ("case_sensitive",),
    "std::nyesno.cpp": (),
    "std::yesno.cpp": (),
}


@dataclass
class Programs:
    """Makes programs of the sources that problem.xml names. Raises PackageError where one is missing."""

    bundle: Bundle
    description: Description
    warnings: list[str] = field(default_factory=list)

    @cached_property
    def headers(self) -> tuple[File, ...]:
        """The headers in files/, and those problem.xml names, under their bare names."""
        places = [self.bundle.root / path for path in self.description.resources]
        folder = self.bundle.root / "files"
        if folder.is_dir():
            places += self.bundle.children(folder)
        found = {
            place.name: self.bundle.file(place, name=place.name)
            for place in places
            if place.suffix.lower() in _HEADERS and place.is_file()
        }
        return tuple(found.values())

    def tool(self, source: Source, role: str) -> Program:
        """A checker, validator, generator or interactor: its source and all headers."""
        place = self._place(source, role)
        program = self._program(source, place, self.headers)
        require_testlib(self.bundle, place, self.headers, place="files/testlib.h")
        return program

    def checker(self) -> Checker:
        """The package's checker; a standard one whose source is not there is a token comparison where that is equal."""
        source, name = self.description.checker, self.description.checker_name
        if source is not None and (self.bundle.root / source.path).is_file():
            return Checker(self.tool(source, "the checker"), convention="testlib")
        if name in _SAME_AS_TOKENS:
            return Checker(flags=_SAME_AS_TOKENS[name])
        if source is not None:
            what = f"is missing: {name} is no plain comparison of tokens" if name else "is missing: it is the checker"
            raise self.bundle.error(self.bundle.root / source.path, f"{what}; add its source there")
        if name:
            raise self._error(f"the checker {name} has no source: add it as files/check.cpp and name it in <checker>")
        if self.description.interactor is None:
            self.warnings.append("no checker is named: outputs are compared token by token, case-sensitively")
        return Checker(flags=("case_sensitive",))

    def generator(self, name: str) -> Program:
        """The program that the commands of generated tests call by this name."""
        for source in self.description.executables:
            if PurePosixPath(source.path).stem == name:
                return self.tool(source, "a generator")
        folder = self.bundle.root / "files"
        for place in self.bundle.children(folder) if folder.is_dir() else ():
            if place.stem == name and language_of(place.name):
                return self.tool(Source(f"files/{place.name}", ""), "a generator")
        raise self._error(f"tests are made by {name!r}, but no program of this name is in files/")

    def validators(self) -> Iterator[Program]:
        """The validators in languages that run here."""
        for source in self.description.validators:
            program = self.tool(source, "a validator")
            if program.language:
                yield program
            else:
                self.warnings.append(f"{program.name}: not run (its language is not supported)")

    def solutions(self, *, is_scored: bool) -> tuple[Program, ...]:
        """The solutions with what their tags expect."""
        found = []
        tags = [tag for tag, _ in self.description.solutions]
        self.warnings += known_keys.unknown(HEADER, tags, frozenset({*_EXPECTED, "do-not-run", ""}), what="tag")
        for tag, source in self.description.solutions:
            expected = _EXPECTED.get(tag, "")
            if is_scored and expected not in ("", "accepted", "rejected"):
                expected += "|partially_accepted"
            found.append(self._program(source, self._place(source, "a solution"), (), expected))
        return tuple(found)

    def main_solution(self) -> Program | None:
        """The solution that makes the answers."""
        for tag, source in self.description.solutions:
            if tag == "main":
                return self._program(source, self._place(source, "the main solution"), (), "accepted")
        return None

    def include(self) -> dict[str, tuple[File, ...]]:
        """Resources that are compiled with every solution, by language."""
        found: dict[str, list[File]] = {}
        for path in self.description.included:
            place = self.bundle.root / path
            language = "cpp" if place.suffix.lower() in _HEADERS else language_of(place.name)
            if language:
                found.setdefault(language, []).append(self.bundle.file(place, name=place.name))
            else:
                self.warnings.append(f"{path}: solutions are not given it, for it is neither a header nor a program")
        return {language: tuple(files) for language, files in found.items()}

    def _place(self, source: Source, role: str) -> Path:
        place = self.bundle.root / source.path
        if not place.is_file():
            raise self.bundle.error(place, f"is missing: {HEADER} names it as {role}")
        return place

    def _program(self, source: Source, place: Path, headers: tuple[File, ...], expected: str = "") -> Program:
        is_old = source.type.startswith(("python.2", "python.pypy2"))
        language = "" if is_old else language_of(place.name) or ""
        own = self.bundle.file(place, name=place.name)
        with_headers = (own, *headers) if language in ("c", "cpp") else (own,)
        return Program(source.path, language, with_headers, expected)

    def _error(self, reason: str) -> PackageError:
        return self.bundle.error(self.bundle.root / HEADER, reason)
