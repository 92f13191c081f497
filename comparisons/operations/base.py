"""What an operation is: the options and the work that a command and an API call of one name share.

One file in this package that defines `Operation` (a `BaseOperation`) is the command and the call of its name. The
options are argparse's, whoever asks: the command gives its words to the parser, the API the fields of its JSON.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

from comparisons.models import User
from judge.errors import PodiumError

#: Said by operations that could wait for workers and do not.
AT_ONCE = "Works in this process, without workers."


@dataclass(frozen=True)
class Outcome:
    """`data` is the object of --json and of the API, `text` what a person reads, `error` one line that makes the exit
    code 1, `notes` lines beside an outcome without one."""

    data: Mapping[str, Any]
    text: str
    error: str = ""
    notes: Sequence[str] = ()

    @property
    def answer(self) -> Mapping[str, Any]:
        """The object that is printed or sent: what was found out, and what went wrong if something did."""
        return {**self.data, "error": " ".join(self.error.split())} if self.error else self.data


class WrongUsage(PodiumError):
    """The options do not go together, or lack something: exit code 2, status 400."""


class Progress(Protocol):
    """A counter somebody looks at."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Shows `done` of `total`."""

    def end(self) -> None:
        """Nothing more comes."""


class Unseen:
    """The counter of those who only wait for the outcome."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __call__(self, done: int, total: int | None = None) -> None:
        """Shows nothing."""

    def end(self) -> None:
        """Ends nothing."""


class BaseOperation(ABC):
    """One thing that is asked for by command or by API. `progress` makes a counter of what it is given; `stdin` is what
    options with the action `StandardInput` read."""

    help = ""
    #: Options (argparse's `dest`) without which nothing is changed: then the API answers GET, too. None: it always is.
    changes_with: tuple[str, ...] | None = None
    #: Options (`dest`) that only a command has -> what is done instead of giving them.
    command_only: Mapping[str, str] = {}

    def __init__(self, progress: Callable[[str], Progress] = Unseen, stdin: TextIO | None = None) -> None:
        self.progress = progress
        self.stdin = stdin or io.StringIO()

    @abstractmethod
    def add_options(self, parser: ArgumentParser) -> None:
        """Adds its arguments."""

    @abstractmethod
    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        """Does the work as this person. Raises PodiumError: WrongUsage, or what is refused."""
