"""What a format of samples is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from comparisons.samplers.formats.json_records import RawRecord
from judge.errors import RecordError

Draws = Iterator[dict[str, Any] | RecordError]


class Unanswered(Exception):
    """The record says that its call ended before the model had answered."""


@dataclass(frozen=True)
class Format:
    """One shape of records.

    recognises: is this, the first record of a file, of the shape? draws: the draws of one record in Podium's keys
    (`records.FIELDS`; other keys are kept as they are); a RecordError stands in for what cannot be read, a
    MissingRecord for what nobody answered. The second argument is the file's name. What the record does not say is
    left out: unknown, never 0. is_completion: the samples are no programs by themselves (see `completions`).
    """

    slug: str
    title: str
    summary: str
    recognises: Callable[[Mapping[str, Any]], bool]
    draws: Callable[[RawRecord, str], Draws]
    is_completion: bool = False


def where(record: RawRecord) -> str:
    """The start of a complaint about a record that has no line."""
    return "" if record.line else f"record {record.number}: "
