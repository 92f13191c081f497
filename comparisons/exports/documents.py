"""A comparison as JSON, Markdown and a LaTeX table."""

from __future__ import annotations

import hashlib
import json
import re

from comparisons.exports.attempts import attempts_lines
from comparisons.exports.fits import fit_lines
from comparisons.exports.humans import human_fields
from comparisons.exports.tables import ScoreLine, ScoreTable, score_table
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport

SCHEMA_VERSION = 1


def report_json(report: ComparisonReport) -> bytes:
    """The whole report with the version of its schema and the SHA-256 of its canonical JSON."""
    data = report.to_json()
    document = {
        "schema": "podium-comparison",
        "schema_version": SCHEMA_VERSION,
        "podium_version": report.podium_version,
        "content_sha256": content_hash(report),
        "report": data,
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def content_hash(report: ComparisonReport) -> str:
    """SHA-256 of the report's JSON with sorted keys and no spaces: the same content, the same name."""
    text = json.dumps(report.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def markdown(report: ComparisonReport) -> bytes:
    """What was found, the score table, its notes, and the method, as Markdown."""
    table = score_table(report, report.runs, baseline=report.baseline)
    out = [f"# {_md(report.title)}", ""]
    if report.is_simulated:
        out += ["**Simulated data.** The models are invented.", ""]
    if report.question:
        out += [_md(report.question), ""]
    out += [f"- {_md(finding)}" for finding in report.findings]
    out += [f"- **Note:** {_md(warning)}" for warning in report.warnings]
    if report.problem_set_note:
        out.append(f"- **Note:** {_md(report.problem_set_note)}")
    out += ["", *_markdown_table(report, table), ""]
    out += [f"{mark}: {_md(reason)}  " for mark, reason in table.notes]
    for heading, pairs in (
        ("Further attempts", _attempts(report)),
        ("Among humans", _humans(report)),
        ("Learned scores", _fits(report)),
        ("Method", report.method),
        ("Facts", report.facts),
        ("Prices", report.prices),
        ("Hashes", report.hashes),
    ):
        if pairs:
            out += ["", f"## {heading}", "", *(f"- {_md(label)}: {_md(text)}" for label, text in pairs)]
    out += ["", f"Podium {_md(report.podium_version)}, content {content_hash(report)[:16]}."]
    return ("\n".join(out) + "\n").encode()


def _humans(report: ComparisonReport) -> list[tuple[str, str]]:
    """(run, its place in each field of contestants)."""
    return [
        (line.row.label, f"place {line.place} of {field.humans} and the run ({field.name}; {field.source}), "
         f"{line.percentile} below it" + (f", rating {line.rating}" if line.rating else ""))
        for field in human_fields(report)
        for line in field.lines
    ]  # fmt: skip


def _attempts(report: ComparisonReport) -> list[tuple[str, str]]:
    """(pool, what a further attempt changed there)."""
    return [
        (f"{line.name}, attempt {line.attempt}", f"right {line.first}, then {line.second} of {line.draws} draws; "
         f"Δ {line.difference} = i→c {line.gained} − c→i {line.lost}, shares of all; mended {line.fixed_of_wrong} "
         f"of the wrong, broken {line.broken_of_right} of the right")
        for line in attempts_lines(report)
    ]  # fmt: skip


def _fits(report: ComparisonReport) -> list[tuple[str, str]]:
    """(fit, who chooses by it, what was left out, what it is worth)."""
    return [
        (f"Fit {line.row.fit}", f"{', '.join(line.runs)}. {line.left_out} {line.verdict} "
         + "; ".join(f"{name} {value} ({beside})" for name, value, beside in line.figures) + ".")
        for line in fit_lines(report)
    ]  # fmt: skip


def latex_table(report: ComparisonReport) -> bytes:
    """The score table as a LaTeX `table` for the booktabs package."""
    table = score_table(report, report.runs, baseline=report.baseline)
    top = f"Score of {words.whole(report.points)} & 95\\,\\% over draws & Difference [over problems] & Shown"
    out = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{_tex(report.title)}" + (" (simulated data)" if report.is_simulated else "") + "}",
        "\\begin{tabular}{lrrrlrrr}",
        "\\toprule",
        f"Run & {top} & Draws & Cost, USD & Latency, s \\\\",
        "\\midrule",
        *(_tex_line(line) for line in table.lines),
    ]
    if table.ceilings:
        out += ["\\midrule", *(_tex_line(line) for line in table.ceilings)]
    out += ["\\bottomrule", "\\end{tabular}"]
    out += [f"\\par\\footnotesize {_tex(said)}" for said in _under_the_table(report, table)]
    out += ["\\end{table}", ""]
    return "\n".join(out).encode()


def _under_the_table(report: ComparisonReport, table: ScoreTable) -> list[str]:
    """Its notes, what qualifies the score of a run, and that its runs are not like with like: a table goes alone."""
    marked: dict[str, list[str]] = {}
    for line in (*table.lines, *table.ceilings):
        for badge in line.badges:
            marked.setdefault(badge.text, []).append(line.row.label)
    return [
        *(f"{mark}: {reason}" for mark, reason in table.notes),
        *(f"{text[:1].upper()}{text[1:]}: {', '.join(labels)}" for text, labels in marked.items()),
        *(warning for warning in report.warnings if warning.startswith(words.NOT_LIKE)),
    ]


def _markdown_table(report: ComparisonReport, table: ScoreTable) -> list[str]:
    head = [
        "Run",
        f"Score of {words.whole(report.points)}",
        "95 % over draws",
        "Difference [over problems]",
        "Shown",
    ]
    head += ["Draws used", "Cost, USD", "Latency, s, replayed", "Gap closed"]
    out = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for line in (*table.lines, *table.ceilings):
        out.append("| " + " | ".join(_md(text) for text in _cells(line)) + " |")
    return out


def _cells(line: ScoreLine) -> list[str]:
    gap = line.gap + (f" ({line.gap_span})" if line.gap_span else "")
    kinds = "".join(f", {badge.text}" for badge in line.badges)
    return [
        line.row.label + kinds,
        f"{line.score} ({line.score_kind}{f', rank {line.rank}' if line.rank else ''})",
        line.over_draws + _note(line.over_draws_note),
        _difference(line),
        _shown(line),
        line.draws,
        line.cost,
        line.latency,
        gap + _note(line.gap_note),
    ]


def _difference(line: ScoreLine) -> str:
    if line.is_baseline:
        return "baseline"
    note = _note(line.over_problems_note)
    return f"{line.difference} {line.over_problems}".strip() + note


def _shown(line: ScoreLine) -> str:
    p = f"; {line.p}" if line.p else ""
    return line.shown + p + _note(line.p_note) + (f"; smallest {line.smallest}" if line.smallest else "")


def _note(mark: str) -> str:
    return f" ({mark})" if mark else ""


def _tex_line(line: ScoreLine) -> str:
    cells = _cells(line)
    return " & ".join(_tex(text) for text in [line.row.label, line.score, *cells[2:8]]) + " \\\\"


def _md(text: str) -> str:
    """Text without meaning to Markdown or HTML, on one line."""
    text = re.sub(r"\s*\n\s*", " ", text)
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text)


_TEX = {
    "\\": "\\textbackslash{}",
    "{": "\\{",
    "}": "\\}",
    "&": "\\&",
    "%": "\\%",
    "$": "\\$",
    "#": "\\#",
    "_": "\\_",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    words.GAP: "\\,",
    words.NO_BREAK: "~",
    words.MINUS: "$-$",
    "≥": "$\\ge$",
    "≤": "$\\le$",
    "±": "$\\pm$",
    "·": "$\\cdot$",
    "–": "--",
}


def _tex(text: str) -> str:
    """Text without meaning to LaTeX."""
    return "".join(_TEX.get(char, char) for char in re.sub(r"\s*\n\s*", " ", text))
