"""One zip of everything: the report, the data, the charts, and a list of checksums."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comparisons.charts import (
    Figure,
    cluster_sizes,
    cost_against_score,
    latency_against_score,
    oracle_gap,
    to_svg,
    waterfall,
)
from comparisons.exports.csv_files import TABLES
from comparisons.exports.documents import latex_table, markdown, report_json
from comparisons.exports.fits import fit_figures
from comparisons.exports.tables import score_table
from comparisons.metrics.rows import ComparisonReport
from judge.languages import LANGUAGES, canonical

# The earliest time a zip can hold: the same content makes the same bytes.
_WHEN = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class SourceRow:
    """A submitted program, for an export that was asked to carry sources."""

    run: int
    label: str
    problem: str
    subtask: int | None
    order: int
    seed: int
    candidate: int
    language: str
    source: str
    score: float | None


def figures(report: ComparisonReport) -> tuple[Figure, ...]:
    """The charts of a report in reading order: the gap, the clusters that say most, cost and latency, learned
    scores."""
    chosen = telling_subtask(report)
    runs = [line.row for line in score_table(report, report.runs, baseline=report.baseline).lines]
    drawn = [oracle_gap(report, runs)]
    built = waterfall(report)
    if built is not None:
        drawn.append(built)
    if chosen is not None:
        drawn.append(cluster_sizes(report, *chosen))
    drawn += [cost_against_score(report, runs), latency_against_score(report, runs)]
    return (*drawn, *fit_figures(report))


def telling_subtask(report: ComparisonReport) -> tuple[str, int] | None:
    """The subtask whose clusters are shown first: most pools with a right cluster that is not the largest.

    Ties: the one worth more points, then the earlier. None where no clusters are known.
    """
    points = {(c.problem, c.index): c.points for c in report.columns}
    told: dict[tuple[str, int], int] = {}
    for row in report.clusters:
        place = next((i for i, (_, outcome) in enumerate(row.clusters) if outcome == "right"), 0)
        key = (row.problem, row.subtask)
        told[key] = told.get(key, 0) + (1 if place > 0 else 0)
    return max(told, key=lambda key: (told[key], points.get(key, 0.0)), default=None)


def file_stem(report: ComparisonReport) -> str:
    """A name for files, from the title: letters, digits and hyphens only."""
    words = re.sub(r"[^a-z0-9]+", "-", report.title.lower()).strip("-")[:60].strip("-")
    return f"podium-{report.comparison}-{words}" if words else f"podium-{report.comparison}"


def zip_bytes(report: ComparisonReport, *, html: bytes, sources: Sequence[SourceRow] = ()) -> bytes:
    """The zip: `html` is the report file; `sources` only where they were asked for. Same input, same bytes."""
    files: dict[str, bytes] = {
        "report.html": html,
        "comparison.json": report_json(report),
        "comparison.md": markdown(report),
        "scores.tex": latex_table(report),
    }
    files |= {f"{name}.csv": write(report) for name, write in TABLES.items()}
    files |= {f"charts/{figure.name}.svg": to_svg(figure).encode() for figure in figures(report)}
    files |= {source_name(row): row.source.encode() for row in sources}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return _zip({**files, "SHA256SUMS": sums.encode()})


def source_name(row: SourceRow) -> str:
    """The path of a submitted program in the zip; nothing in it can lead out of the folder."""
    known = LANGUAGES.get(canonical(row.language) or "")
    suffix = known.extension if known else ".txt"
    problem = re.sub(r"[^A-Za-z0-9_-]+", "-", row.problem) or "problem"
    return f"sources/run-{row.run}/{problem}/{row.seed:02d}-{row.order:04d}-candidate-{row.candidate}{suffix}"


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()
