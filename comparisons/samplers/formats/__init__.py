"""Pool files -> records in Podium's keys, one at a time: memory does not grow with the file.

A format is one file here that defines `FORMAT`; it is found by itself and appears in the commands and pages. What a
file is, `detect` reads off its first record; a record that no other format knows is Podium's own, or anyone's under a
mapping of keys (`records.parse_record`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from comparisons.samplers.formats.containers import read_raw
from comparisons.samplers.formats.format import Format
from comparisons.samplers.formats.json_records import RawRecord
from judge.errors import RecordError

__all__ = ["COMPLETIONS", "FORMATS", "PODIUM", "Format", "RawRecord", "detect", "read_raw", "read_records"]

PODIUM = "podium"


def _found() -> dict[str, Format]:
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    formats = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    # Podium's own takes whatever is left, so it is asked last and named first.
    formats.sort(key=lambda form: (form.slug != PODIUM, form.slug))
    return {form.slug: form for form in formats}


FORMATS = _found()
#: Formats whose samples are no programs by themselves (see `completions`).
COMPLETIONS = frozenset(form.slug for form in FORMATS.values() if form.is_completion)


def detect(path: Path) -> str:
    """The format of the file by its first readable record. Raises RecordError where it holds none."""
    complaint: RecordError | None = None
    with closing(read_raw(path)) as records:
        for record in records:
            if isinstance(record, RawRecord):
                known = (form.slug for form in FORMATS.values() if form.slug != PODIUM and form.recognises(record.data))
                return next(known, PODIUM)
            # The first complaint says more than "no records".
            complaint = complaint or record
    raise complaint or RecordError(path.name, 0, "holds no records")


def read_records(path: Path, *, format: str = "auto") -> Iterator[RawRecord | RecordError]:
    """Every record in Podium's keys or the file's own (see `records.parse_record`); a RecordError stands in for each
    that cannot be read. `format` is one of FORMATS or "auto". Raises RecordError where reading cannot go on."""
    if format != "auto" and format not in FORMATS:
        raise RecordError(path.name, 0, f"the format {format!r} is not one of auto, {', '.join(FORMATS)}")
    slug = detect(path) if format == "auto" else format
    if slug == PODIUM:
        yield from read_raw(path)
        return
    draws, number = FORMATS[slug].draws, 0
    for record in read_raw(path):
        if isinstance(record, RecordError):
            yield record
            continue
        for draw in draws(record, record.file or path.name):
            number += 1
            yield draw if isinstance(draw, RecordError) else RawRecord(number, record.line, draw, record.file)
