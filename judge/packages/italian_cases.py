"""Task-maker's gen/cases.gen: tests made by several generators, checked by several validators.

A line that begins with neither # nor : is a test: what the generator in use is called with. Of the others a # begins a
comment, a : one of these:

* GEN name path [parameters] and VAL name path [arguments] introduce a program of the package; one called default, else
  the first, is in use where a subtask begins. GEN name and VAL name take another for the rest of the subtask, the
  validator for all of it.
* SUBTASK points [name] opens a subtask; STDEP names takes the tests of others into it. COPY path is a test whose input
  is that file, RUN name arguments one by that generator.
* CONSTRAINT operand (operator operand)... is an inequality of whole numbers and $parameters, for every test below or in
  the subtask. One with a parameter that is not given, or no whole number, is not asked.

A validator is called with the file and the subtask's number, from 0, or with the values of its arguments: $INPUT,
$ST_NUM, $ST_NAME. Validators that take a generator's parameters are refused, as newer versions of task-maker do.

Source: task-maker-rust, task-maker-format/src/ioi/format/italian_yaml (documentation, cases.gen.pest, cases_gen.rs).
"""

from __future__ import annotations

import operator
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from judge.languages import language_of
from judge.packages.bundle import Bundle
from judge.packages.cms_fields import Part, amount
from judge.packages.cms_programs import program_with_headers
from judge.packages.italian_gen import Line, Open, copied, make_parts, test_name
from judge.problem import Program, ValidatorCall
from judge.validating import INPUT

_OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}
_TOKEN = re.compile(r"\s*(?:(?P<operand>[-+]?\d+|\$[^\s#]+)|(?P<operator><=|<|>=|>|=))\s*")
_WHOLE = re.compile(r"[-+]?\d+")


@dataclass(frozen=True)
class Tool:
    """A program of the package, and its parameters (a generator) or arguments (a validator)."""

    program: Program
    words: tuple[str, ...]


@dataclass
class Tools:
    """The generators, or the validators, by name. `default` is in use where a subtask begins, `current` now."""

    kind: str
    known: dict[str, Tool] = field(default_factory=dict)
    default: str = ""
    current: str = ""


@dataclass(frozen=True)
class Constraint:
    """operand, operator, operand, ... in the order they are written."""

    words: tuple[str, ...]

    def is_broken(self, values: Mapping[str, str]) -> bool:
        """Whether these values are all there, and do not obey."""
        numbers = [_value(word, values) for word in self.words[::2]]
        known = [number for number in numbers if number is not None]
        pairs = zip(self.words[1::2], known, known[1:], strict=False)
        return len(known) == len(numbers) and not all(_OPERATORS[sign](a, b) for sign, a, b in pairs)


def read_cases(bundle: Bundle, path: Path) -> tuple[list[Line], list[Part], tuple[Program, ...]]:
    """The tests, in order, the subtasks and the validators. Raises PackageError, naming the line."""
    cases = _Cases(bundle, path)
    for number, text in enumerate(bundle.text(path).splitlines(), start=1):
        cases.number = number
        words = text.partition("#")[0].strip()
        if words.startswith(":"):
            cases.command(words[1:].strip())
        elif words:
            cases.test(cases.generators.current, words)
    if not cases.lines:
        raise bundle.error(path, "names no tests")
    parts = make_parts(bundle, path, cases.subtasks)
    parts = [replace(part, validator_calls=calls) for part, calls in zip(parts, cases.calls, strict=True)]
    programs = dict.fromkeys(tool.program for tool in cases.validators.known.values())
    return cases.lines, parts, tuple(programs)


@dataclass
class _Cases:
    """The file as far as it is read. `number` is the line's; `calls` are each subtask's."""

    bundle: Bundle
    path: Path
    number: int = 0
    generators: Tools = field(default_factory=lambda: Tools("generator"))
    validators: Tools = field(default_factory=lambda: Tools("validator"))
    subtasks: list[Open] = field(default_factory=list)
    calls: list[tuple[ValidatorCall, ...]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    common: list[Constraint] = field(default_factory=list)
    own: list[Constraint] = field(default_factory=list)

    def error(self, reason: str) -> Exception:
        return self.bundle.error(self._where, reason)

    @property
    def _where(self) -> Path:
        return self.path.parent / f"{self.path.name}, line {self.number}"

    def command(self, text: str) -> None:
        """A line that began with a colon."""
        name, rest = (*text.split(None, 1), "", "")[:2]
        if name == "GEN":
            self._tool(self.generators, rest)
        elif name == "VAL":
            self._tool(self.validators, rest)
            if self.subtasks:
                self.calls[-1] = self._calls()
        elif name == "CONSTRAINT":
            (self.own if self.subtasks else self.common).append(self._constraint(rest))
        elif name == "SUBTASK":
            self._subtask(rest)
        elif name == "STDEP":
            self._subtask_of("STDEP").depends_on += rest.split()
        elif name == "COPY":
            self._add("", copied(self.bundle, self._where, "COPY", rest), ())
        elif name == "RUN":
            generator, args = (*rest.split(None, 1), "", "")[:2]
            if not args:
                raise self.error("RUN needs a generator and what it is called with")
            self.test(generator, args)
        else:
            raise self.error(f'"{name}" is not known; GEN, VAL, CONSTRAINT, SUBTASK, STDEP, COPY and RUN are')

    def test(self, generator: str, text: str) -> None:
        """A test that this generator makes. Raises PackageError where a constraint does not hold for it."""
        if not generator:
            self._subtask_of("a test")
            raise self.error("no generator is introduced for this test")
        if generator not in self.generators.known:
            raise self.error(f'no generator called "{generator}" is introduced above')
        args = self._words(text)
        values = self._values() | dict(zip(self.generators.known[generator].words, args, strict=False))
        for constraint in (*self.common, *self.own):
            if constraint.is_broken(values):
                given = ", ".join(
                    f"${name} = {values[name]}" for name in map(_name, constraint.words) if name in values
                )
                raise self.error(f"the test breaks the constraint {' '.join(constraint.words)} ({given})")
        self._add(generator, None, args)

    def _add(self, generator: str, copy: Path | None, args: tuple[str, ...]) -> None:
        self._subtask_of("a test").tests.append(test_name(len(self.lines)))
        program = self.generators.known[generator].program if generator else None
        self.lines.append(Line(self.number, len(self.subtasks), copy, args, program))

    def _subtask_of(self, what: str) -> Open:
        if not self.subtasks:
            raise self.error(f"{what} stands before the first SUBTASK")
        return self.subtasks[-1]

    def _subtask(self, text: str) -> None:
        points, title = (*text.split(None, 1), "", "")[:2]
        subtask = Open(amount(self.bundle, self._where, "SUBTASK", points), line=self.number)
        subtask.name = "".join(title.split())
        self.subtasks.append(subtask)
        self.own = []
        for tools in (self.generators, self.validators):
            tools.current = tools.default
        self.calls.append(self._calls())

    def _tool(self, tools: Tools, text: str) -> None:
        """Introduces a program, or takes one that is known."""
        name, path, words = (*text.split(None, 2), "", "", "")[:3]
        if not path:
            if not self.subtasks or name not in tools.known:
                why = "is introduced above" if self.subtasks else "can be taken before the first SUBTASK"
                raise self.error(f'no {tools.kind} called "{name}" {why}')
            tools.current = name
            return
        if name in tools.known:
            raise self.error(f'a second {tools.kind} is called "{name}"')
        file = self.bundle.root / path
        if not file.is_file() or not language_of(file.name):
            why = "is in a language that does not run here" if file.is_file() else "is not in the package"
            raise self.error(f'the {tools.kind} "{path}" {why}')
        tools.known[name] = Tool(program_with_headers(self.bundle, file), self._words(words))
        if not tools.default or name == "default":
            tools.default = name

    def _calls(self) -> tuple[ValidatorCall, ...]:
        """What the subtask's tests are shown to."""
        if not self.validators.current:
            return ()
        tool, values = self.validators.known[self.validators.current], self._values()
        names = [word.removeprefix("$") for word in tool.words] or ["INPUT", "ST_NUM"]
        for name in names:
            if name not in values:
                known = ", ".join(f"${value}" for value in values)
                raise self.error(f"validators cannot be called with ${name} here, only with {known}")
        return (ValidatorCall(tool.program.name, tuple(values[name] for name in names)),)

    def _values(self) -> dict[str, str]:
        values = {"INPUT": INPUT, "ST_NUM": str(len(self.subtasks) - 1)}
        return values | ({"ST_NAME": self.subtasks[-1].name} if self.subtasks and self.subtasks[-1].name else {})

    def _constraint(self, text: str) -> Constraint:
        words, place, kinds = [], 0, []
        while match := _TOKEN.match(text, place):
            kinds.append(match.lastgroup)
            words.append(match[match.lastgroup or 0])
            place = match.end()
        wanted = ["operand" if at % 2 == 0 else "operator" for at in range(len(kinds))]
        if place < len(text) or len(words) < 3 or len(words) % 2 == 0 or kinds != wanted:
            raise self.error(f'"{text}" is no constraint: an inequality of whole numbers and $parameters')
        if len({sign[0] for sign in words[1::2]} - {"="}) > 1:
            raise self.error(f'"{text}" is no constraint: its signs do not point one way')
        return Constraint(tuple(words))

    def _words(self, text: str) -> tuple[str, ...]:
        try:
            return tuple(shlex.split(text))
        except ValueError as error:
            raise self.error(f"cannot be read ({error})") from error


def _name(word: str) -> str:
    return word[1:] if word.startswith("$") else ""


def _value(word: str, values: Mapping[str, str]) -> int | None:
    text = values.get(_name(word), "") if word.startswith("$") else word
    return int(text) if _WHOLE.fullmatch(text) and len(text) < 20 else None
