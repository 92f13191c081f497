"""What an import of samples would read, before anything is kept: the first rows, and what the import itself finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comparisons.models import ProblemSet
from comparisons.samplers.formats import FORMATS, PODIUM, RawRecord, detect, read_raw
from comparisons.samplers.records import FieldError, Record, find, parse_record
from comparisons.stages.completing import read_programs
from comparisons.stages.importing_pools import scan
from comparisons.stages.matching_records import as_answer
from comparisons.stages.unmatched import Unmatched, unmatched
from judge.errors import MissingRecord, RecordError
from judge.problem import TaskType

SHOWN_ROWS = 10
SHOWN_ERRORS = 10
_SHOWN_CHARACTERS = 400
#: How other tools call what Podium calls so; offered in the form, never applied unasked.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "problem": ("task_id", "question_id", "problem_id", "problem_name", "task", "name", "id"),
    "source": ("completion", "code", "program", "solution", "generated_code", "submission"),
    "raw": ("response", "output", "generation", "text", "content", "answer_text"),
    "index": ("sample_index", "sample_id", "completion_id", "draw"),
    "language": ("lang", "programming_language"),
    "latency_s": ("latency", "duration_s", "elapsed_s"),
    "input_tokens": ("prompt_tokens", "usage.prompt_tokens"),
    "output_tokens": ("completion_tokens", "usage.completion_tokens"),
    "finish_reason": ("stop_reason",),
}


@dataclass(frozen=True)
class PreviewRow:
    """One of the first records as it would be read: the candidate (long texts cut), or why it cannot be, or that
    nobody answered."""

    number: int
    line: int
    record: Record | None
    is_matched: bool
    error: str
    is_missing: bool = False


@dataclass(frozen=True)
class PoolPreview:
    """`n_missing`: draws that nobody answered, which no error stands for. `keys`: the keys of the first records, those
    of inner objects as outer.inner. `suggested`: a mapping for keys that Podium knows by another name. Counts are over
    the whole file; `matched`: the candidates that would be kept, `n_errors`: the records that would be left out because
    they cannot be read."""

    format: str
    format_title: str
    keys: tuple[str, ...]
    mapping: Mapping[str, str]
    suggested: Mapping[str, str]
    rows: tuple[PreviewRow, ...]
    records: int
    matched: int
    n_missing: int
    unmatched: tuple[Unmatched, ...]
    n_errors: int
    errors: tuple[str, ...]

    @property
    def n_unmatched(self) -> int:
        """Records of problems that are not in the set."""
        return sum(item.n for item in self.unmatched)


def preview(path: Path, problem_set: ProblemSet, mapping: Mapping[str, str], *, format: str = "auto") -> PoolPreview:
    """The first rows, and what an import would keep. Raises RecordError where the file cannot be read on. A few
    queries."""
    form = detect(path) if format == "auto" else format
    names = dict(mapping)
    known = dict(problem_set.problems.values_list("slug", "current_version__task_type"))
    slugs, strangers = list(known), Counter[str]()
    rows: list[PreviewRow] = []
    n_shown = 0
    keys: dict[str, None] = {}
    unread: dict[tuple[int, str], str] = {}
    records = n_missing = 0
    for raw in read_programs(path, problem_set, format=form):
        records += 1
        problem = "" if isinstance(raw, RecordError) else find(raw.data, names.get("problem", "problem"))
        is_of_set = isinstance(problem, str | int) and str(problem) in known
        # A set may hold few of a file's problems: rows that would be imported say more than those left out.
        if len(rows) < SHOWN_ROWS or (is_of_set and n_shown < SHOWN_ROWS):
            if isinstance(raw, RawRecord):
                keys |= dict.fromkeys(_keys(raw.data))
            rows.append(_row(raw, records, names, known))
            n_shown += is_of_set
        if isinstance(raw, MissingRecord):
            n_missing += 1
        elif isinstance(raw, RecordError) or not isinstance(problem, str | int) or not str(problem):
            if len(unread) < SHOWN_ERRORS:
                error = raw if isinstance(raw, RecordError) else _unnamed(raw.file or path.name, raw)
                unread[error.line, error.reason] = str(error)  # an import's report does not know which file of several
        elif not is_of_set:
            strangers[str(problem)] += 1
    matched, found = _kept(path, problem_set, names, form)
    errors = [unread.get((error.line, error.reason), str(error)) for error in found]
    n_errors = records - matched - n_missing - sum(strangers.values())
    return PoolPreview(
        format=form,
        format_title=FORMATS[form].title if form in FORMATS else form,
        keys=tuple(keys),
        mapping=names,
        suggested=_suggested(tuple(keys), names) if form == PODIUM else {},
        rows=_chosen(rows),
        records=records,
        matched=matched,
        n_missing=n_missing,
        unmatched=tuple(unmatched(strangers, slugs)),
        n_errors=n_errors,
        errors=tuple((errors if matched else [*unread.values()] or errors)[:SHOWN_ERRORS]) if n_errors else (),
    )


def read_already(path: Path, problem_set: ProblemSet, mapping: Mapping[str, str], *, format: str = "auto") -> str:
    """Why a mapping of the file's own keys finds nothing: its format has read one of them under a key of Podium; ""
    where that is not so, by the first record. Raises RecordError."""
    form = detect(path) if format == "auto" and mapping else format
    if not mapping or form == PODIUM or form not in FORMATS:
        return ""
    own, read = (next((one.data for one in records if isinstance(one, RawRecord)), {})
                 for records in (read_raw(path), read_programs(path, problem_set, format=form)))  # fmt: skip
    gone = next((name for name in mapping.values() if find(own, name) is not None and find(read, name) is None), "")
    if not gone:
        return ""
    return (
        f"{path.name} is read as {FORMATS[form].title}, which has read its {gone!r} already. Leave the mapping out, or "
        "choose the format podium to map the file's own keys."
    )


def _kept(path: Path, problem_set: ProblemSet, names: Mapping[str, str], form: str) -> tuple[int, list[RecordError]]:
    """(the candidates that an import would keep, why it would leave records out or is refused)."""
    try:
        with scan(path, problem_set, format=form, mapping=names, skip_errors=True) as found:
            wrong = [one for one in found.skipped if not one.is_missing and "the set has no problem" not in one.reason]
            return found.candidates, [RecordError(path.name, one.line, one.reason) for one in wrong]
    except RecordError as error:
        return 0, [error]


def _chosen(rows: list[PreviewRow]) -> tuple[PreviewRow, ...]:
    """So many as are shown, in the file's order: those of problems of the set before those that are left out."""
    first = sorted(rows, key=lambda row: not row.is_matched)[:SHOWN_ROWS]
    return tuple(sorted(first, key=lambda row: row.number))


def _row(
    raw: RawRecord | RecordError, number: int, names: Mapping[str, str], known: Mapping[str, str | None]
) -> PreviewRow:
    if isinstance(raw, RecordError):
        return PreviewRow(number, raw.line, None, False, raw.reason, isinstance(raw, MissingRecord))
    try:
        record = parse_record(raw.data, names)
    except FieldError as error:
        return PreviewRow(number, raw.line, None, False, str(error))
    if known.get(record.problem) == TaskType.ANSWER:
        record = as_answer(record)
    return PreviewRow(number, raw.line, record, record.problem in known, "")


def _unnamed(name: str, raw: RawRecord) -> RecordError:
    return RecordError(name, raw.line, f"{'' if raw.line else f'record {raw.number}: '}names no problem")


def _keys(data: Mapping[str, Any]) -> list[str]:
    found = []
    for key, value in data.items():
        found.append(str(key))
        if isinstance(value, Mapping):
            found += [f"{key}.{inner}" for inner in value]
    return found


def _suggested(keys: tuple[str, ...], mapping: Mapping[str, str]) -> dict[str, str]:
    taken = set(mapping.values())
    suggested = {}
    for field, names in SYNONYMS.items():
        if field in keys or field in mapping or f"usage.{field}" in keys:
            continue
        name = next((name for name in names if name in keys and name not in taken), None)
        if name is not None:
            suggested[field] = name
            taken.add(name)
    return suggested
