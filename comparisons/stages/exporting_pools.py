"""A pool -> JSON lines that import as an equal pool."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from comparisons.models import Candidate, Pool
from comparisons.samplers.records import TOKENS, Record, to_data

CHUNK = 2000


def export_lines(pool: Pool) -> Iterator[str]:
    """One line (with its end) per candidate, in key order: what a download streams. One query."""
    rows = Candidate.objects.filter(pool=pool).select_related("problem")
    ordered = rows.order_by("problem__position", "problem_id", "subtask", "index", "attempt")
    for candidate in ordered.iterator(chunk_size=CHUNK):
        yield json.dumps(to_data(_record(candidate, with_scores=pool.is_scored_elsewhere)), ensure_ascii=False) + "\n"


def generated_tests_lines(pool: Pool) -> Iterator[str]:
    """One line (with its end) per problem with generated tests: the samples, from which an import finds the tests
    again. One query."""
    for row in pool.generated_tests.select_related("problem").order_by("problem__position", "problem_id"):
        tests = row.load()
        data = {"problem": row.problem.slug, "entry_point": tests.entry_point, "samples": tests.samples}
        yield json.dumps(data, ensure_ascii=False) + "\n"


def write_lines(lines: Iterable[str], path: Path) -> int:
    """Writes the lines to `path` and returns their number. A killed export leaves what was there before.

    Raises OSError where the file cannot be written.
    """
    n = 0
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as part:
        try:
            for line in lines:
                part.write(line)
                n += 1
        except BaseException:
            os.unlink(part.name)
            raise
    os.chmod(part.name, 0o644)
    os.replace(part.name, path)
    return n


def _record(candidate: Candidate, *, with_scores: bool) -> Record:
    scores = {int(index): score for index, score in candidate.scores.items()} if candidate.scores is not None else None
    return Record(
        problem=candidate.problem.slug,
        index=candidate.index,
        subtask=candidate.subtask,
        attempt=candidate.attempt,
        language=candidate.language,
        source=candidate.source,
        program_hash=candidate.program_hash,
        no_program=candidate.no_program,
        answer=candidate.answer,
        raw=candidate.raw,
        tokens={name: getattr(candidate, name) for name in TOKENS},
        latency_s=candidate.latency_s,
        finish_reason=candidate.finish_reason,
        scores=scores if with_scores else None,
        extra=candidate.extra,
    )
