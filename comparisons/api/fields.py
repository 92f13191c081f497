"""The options of an operation as fields of a call: read off its parser, so that nothing is said twice."""

from __future__ import annotations

import re
from argparse import Action, ArgumentParser, BooleanOptionalAction
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from comparisons.operations.base import BaseOperation, WrongUsage
from comparisons.operations.options import (
    FileToRead,
    FileToWrite,
    StandardInput,
    day,
    key_value,
    number,
    reference,
    seed,
    usd,
)

_OPTION = re.compile(r"(?<!\S)--?(?P<name>[a-z][a-z0-9-]*)")


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    ID = "id"
    PAIRS = "pairs"
    FILE = "file"
    DOWNLOAD = "download"
    SECRET = "secret"  # noqa: S105 - a word, not a password


_KINDS = {int: Kind.INTEGER, seed: Kind.INTEGER, number: Kind.NUMBER, usd: Kind.NUMBER, day: Kind.DATE,
          reference: Kind.ID, key_value: Kind.PAIRS}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One option. `is_list`: it may be said several times."""

    name: str
    kind: Kind
    is_list: bool
    action: Action

    @property
    def is_required(self) -> bool:
        """Whether a call lacks something without it."""
        return self.action.required and self.action.nargs != "*"  # argparse's word for these is another

    @property
    def is_always_written(self) -> bool:
        """Whether every call is answered with this file."""
        return self.kind == Kind.DOWNLOAD and self.action.required

    @property
    def most_bytes(self) -> int:
        """Of the file that is sent; 0 where none is."""
        return self.action.type.most_bytes if isinstance(self.action.type, FileToRead) else 0

    @property
    def written_as(self) -> str:
        """What the file is called that is sent back; "" for a folder of files."""
        return self.action.type.name if isinstance(self.action.type, FileToWrite) else ""

    def words(self, texts: Sequence[str]) -> list[str]:
        """The field as words of a command, a positional one without its name."""
        named = self.action.option_strings
        if self.kind == Kind.BOOLEAN:
            if isinstance(self.action, BooleanOptionalAction):
                return [named[texts[0] == "false"]]
            return [named[0]] if texts[0] == "true" else []
        if self.kind == Kind.SECRET:
            return [named[0]]
        return [f"{named[0]}={text}" for text in texts] if named else list(texts)


class Parser(ArgumentParser):
    """The operation's own parser, which speaks of fields and ends no process.

    `options` are those that not only a command has, in its order; `fields` by name those that are given: not the place
    of a file that is always sent back.
    """

    def __init__(self, operation: BaseOperation) -> None:
        super().__init__(add_help=False, allow_abbrev=False)
        operation.add_options(self)
        for action in self._actions:
            if not action.option_strings:
                action.metavar = action.dest
        self.options = [_field(action) for action in self._actions if action.dest not in operation.command_only]
        self.fields = {one.name: one for one in self.options if not one.is_always_written}

    def error(self, message: str) -> NoReturn:
        """Raises WrongUsage, with the field named as a caller knows it."""
        raise WrongUsage(as_fields(message.replace("argument ", "")))


def as_fields(message: str) -> str:
    """The sentence with --an-option as an_option."""
    return _OPTION.sub(lambda found: found["name"].replace("-", "_"), message)


def _field(action: Action) -> Field:
    named = action.option_strings
    name = named[0].lstrip("-").replace("-", "_") if named else action.dest
    is_list = action.nargs in ("*", "+") or type(action).__name__ == "_AppendAction"
    return Field(name, _kind(action), is_list, action)


def _kind(action: Action) -> Kind:
    if isinstance(action, StandardInput):
        return Kind.SECRET
    if action.nargs == 0 or isinstance(action, BooleanOptionalAction):
        return Kind.BOOLEAN
    if isinstance(action.type, FileToRead):
        return Kind.FILE
    if isinstance(action.type, FileToWrite):
        return Kind.DOWNLOAD
    return _KINDS.get(action.type, Kind.TEXT)  # type: ignore[arg-type]
