"""Types and actions of options that mean more than their text: files, references, pairs, standard input.

A command takes a file by its path. The API never does: it looks for these types and has the file sent instead.
"""

from __future__ import annotations

import math
from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from comparisons.actions.uploads import LARGEST_BYTES


@dataclass(frozen=True)
class FileToRead:
    """A file (or, for a command, a folder) that exists; `most_bytes`: the largest one that is sent here."""

    most_bytes: int = LARGEST_BYTES

    def __call__(self, text: str) -> Path:
        """The path."""
        return Path(text)


@dataclass(frozen=True)
class FileToWrite:
    """A file that is written; `name`: what it is called where it is sent instead, "" for a folder of files that have
    names of their own."""

    name: str = ""

    def __call__(self, text: str) -> Path:
        """The path."""
        return Path(text)


class StandardInput(Action):
    """A flag that has a secret read from standard input, so that it is in no list of processes; over the API the text
    itself."""

    def __init__(self, option_strings: list[str], dest: str, **about: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=False, **about)

    def __call__(self, parser: ArgumentParser, namespace: Namespace, values: Any, option: str | None = None) -> None:
        """Sets the flag."""
        setattr(namespace, self.dest, True)


def reference(text: str) -> str:
    """The id of a row, as another operation printed it; whether there is one is asked later."""
    return text


def key_value(text: str) -> tuple[str, str]:
    """The type of an argument KEY=VALUE; argparse ends with 2 where it is none."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ArgumentTypeError(f"{text!r} is not of the form KEY=VALUE")
    return name.strip(), value


def number(text: str) -> float:
    """A finite number: with another, every comparison and sum would come out one way or be none."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ArgumentTypeError(f"{text!r} is no number")
    return value


def seed(text: str) -> int:
    """A seed of lots, as rows keep it: from 0 on, in 31 bits."""
    value = int(text)
    if not 0 <= value < 2**31:
        raise ArgumentTypeError(f"{value} is not from 0 to {2**31 - 1}")
    return value


def day(text: str) -> date:
    """A date in ISO form."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date: write it as 2026-01-31") from None


def usd(text: str) -> Decimal:
    """An amount of money. Raises ValueError for what is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite():
        raise ValueError(text)
    return value
