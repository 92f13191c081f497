"""CSV, JSON, Markdown, LaTeX and zip."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import zipfile

from comparisons.exports import (
    TABLES,
    SourceRow,
    content_hash,
    file_stem,
    latex_table,
    markdown,
    report_json,
    zip_bytes,
)
from comparisons.exports.bundle import figures, source_name
from comparisons.exports.fits import fit_lines
from comparisons.metrics.rows import ComparisonReport, HumanRow
from tests.comparisons.reports import make_edge_report, make_fit_row, make_report, make_run_row


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def make_source(**changes) -> SourceRow:
    values = {"run": 7, "label": "a · b", "problem": "ferry", "subtask": None, "order": 1, "seed": 0, "candidate": 40}
    return SourceRow(**(values | {"language": "cpp", "source": "int main() {}", "score": 10.0} | changes))


def test_runs_csv_has_plain_numbers_and_reasons() -> None:
    rows = rows_of(TABLES["runs"](make_edge_report()))
    assert len(rows) == 13
    assert (rows[1]["cost_usd"], rows[1]["cost_missing"]) == ("", "no price for base-7")
    assert rows[2]["over_draws_lo"] == ""
    assert rows[2]["over_draws_reason"] == "one draw for each unit: another draw cannot be imitated from it"
    assert rows[2]["cost_is_lower_bound"] == "true"


def test_pairs_csv_has_both_intervals() -> None:
    row = rows_of(TABLES["pairs"](make_report()))[6 - 1]
    assert (row["label"], row["baseline_label"], row["shown"]) == (
        "contest-7 · largest-cluster-first",
        "contest-7 · random-k",
        "problems",
    )
    assert float(row["over_problems_lo"]) > 0


def test_subtasks_csv_leaves_missing_scores_empty() -> None:
    rows = rows_of(TABLES["subtasks"](make_edge_report()))
    assert len(rows) == 13 * 32
    assert [row["score"] for row in rows if row["run"] == "4"][:5] == ["", "", "", "", "5.0"]


def test_csv_text_is_no_formula_for_a_spreadsheet() -> None:
    runs = (make_run_row(1, label="=HYPERLINK(1)"),)
    assert rows_of(TABLES["runs"](make_report(runs=runs)))[0]["label"] == "'=HYPERLINK(1)"


def test_json_round_trips_and_names_its_schema() -> None:
    report = make_edge_report()
    document = json.loads(report_json(report))
    assert (document["schema"], document["schema_version"]) == ("podium-comparison", 1)
    assert ComparisonReport.from_json(document["report"]) == report
    assert document["content_sha256"] == content_hash(report)


def test_content_hash_changes_with_the_content() -> None:
    assert content_hash(make_report()) == content_hash(make_report())
    assert content_hash(make_report()) != content_hash(make_report(title="Another"))


def test_markdown_keeps_markup_of_names_as_text() -> None:
    text = markdown(make_report(title="<script>alert(1)</script> *a* | b")).decode()
    assert text.splitlines()[0] == r"# \<script\>alert(1)\</script\> \*a\* \| b"
    assert "**Simulated data.**" in text


def test_latex_escapes_what_has_meaning() -> None:
    runs = (make_run_row(1, label="a_b & 50% · {x}"),)
    text = latex_table(make_report(runs=runs, title=r"A\B")).decode()
    assert r"\caption{A\textbackslash{}B (simulated data)}" in text
    assert r"a\_b \& 50\% $\cdot$ \{x\} & 415.0" in text


def test_latex_table_says_what_qualifies_its_scores_and_its_comparison() -> None:
    runs = (make_run_row(1, label="one", is_privileged=True), make_run_row(2, label="two", is_incomplete=True))
    warnings = ("Not like with like. The budget differs: 5 (one); 50 (two).", "The cost of one is unknown.")
    text = latex_table(make_report(runs=runs, warnings=warnings)).decode()
    under = [line.removeprefix("\\par\\footnotesize ") for line in text.splitlines() if "footnotesize" in line]
    assert "Probes made from package data: one" in under
    assert "Partial: two" in under
    assert (warnings[0] in under, warnings[1] in under) == (True, False)


def test_zip_has_the_sums_of_its_files_and_no_source_unless_asked() -> None:
    archive = zipfile.ZipFile(io.BytesIO(zip_bytes(make_report(), html=b"<p>")))
    lines = archive.read("SHA256SUMS").decode().splitlines()
    assert lines == [f"{hashlib.sha256(archive.read(line[66:])).hexdigest()}  {line[66:]}" for line in lines]
    assert sorted(archive.namelist()) == sorted(["SHA256SUMS", *(line[66:] for line in lines)])
    assert [name for name in archive.namelist() if name.startswith("sources/")] == []


def test_zip_of_the_same_report_is_the_same_bytes() -> None:
    assert zip_bytes(make_report(), html=b"x") == zip_bytes(make_report(), html=b"x")


def test_zip_carries_sources_when_asked() -> None:
    content = zip_bytes(make_report(), html=b"", sources=[make_source()])
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.read("sources/run-7/ferry/00-0001-candidate-40.cpp") == b"int main() {}"


def test_source_name_cannot_leave_the_folder() -> None:
    assert (
        source_name(make_source(problem="../../etc", language="cobol")) == "sources/run-7/-etc/00-0001-candidate-40.txt"
    )


def test_file_stem_is_plain() -> None:
    assert file_stem(make_report(title='Spec/ "ä" \r\n select?')) == "podium-1-spec-select"
    assert file_stem(make_report(title="???")) == "podium-1"


def test_a_fit_is_in_every_file_with_what_was_left_out_and_its_curve() -> None:
    report = make_report(fits=(make_fit_row(),))
    assert ComparisonReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    (row,) = rows_of(TABLES["fits"](report))
    assert (row["fit"], row["runs"], row["leave"], row["log_loss"], row["base_log_loss"]) == (
        "3", "1 2", "problem", "0.41", "0.52",
    )  # fmt: skip
    assert [figure.name for figure in figures(report)][-2:] == ["calibration-3", "search-3"]
    text = markdown(report).decode()
    assert "Leaves one problem out: each problem is ranked by weights that were trained on the others." in text
    assert "better than the base rate’s by 0.110 of log loss" in text
    with zipfile.ZipFile(io.BytesIO(zip_bytes(report, html=b""))) as archive:
        assert {"charts/calibration-3.svg", "charts/search-3.svg", "fits.csv"} <= set(archive.namelist())


def test_a_fit_that_is_worth_nothing_says_so() -> None:
    worse = make_fit_row(held_out={**make_fit_row().held_out, "log_loss": 0.6}, search=None, untuned="no tries asked")
    (line,) = fit_lines(make_report(fits=(worse,)))
    assert line.verdict.startswith("Held out, its chances are no better than the base rate’s (worse by 0.080")
    assert dict(line.facts)["Weights of o1-ioi"] == "not tuned: no tries asked"
    assert [figure.name for figure in figures(make_report(fits=(worse,)))][-1] == "calibration-3"


def test_places_among_humans_are_in_the_files() -> None:
    row = HumanRow(1, "IOI 2019", "a page", 327, 57.5, 2, 82.3, (50.0, 60.0), (81.0, 85.0), rating_reason="no ratings")
    report = make_report(humans=(row,))
    (line,) = rows_of(TABLES["humans"](report))
    assert (line["field"], line["place"], line["place_best"], line["percentile_hi"], line["rating"]) == (
        "IOI 2019", "57.5", "50.0", "85.0", "",
    )  # fmt: skip
    assert "place 57.5, tied with 2 of 327 and the run (IOI 2019; a page)" in markdown(report).decode()


def test_the_plan_is_a_table_too() -> None:
    report = make_report()
    lines = rows_of(TABLES["plan"](report))
    assert [line["run"] for line in lines] == [str(pair.run) for pair in report.pairs]
    assert {"difference", "problems", "draws", "cost_usd", "reason"} <= set(lines[0])


def test_what_draws_hold_and_problems_cost_are_tables() -> None:
    held = {"problems": 8, "left_out": 0, "n_at_k": 0.5, "law_reason": "too few", "effective": {
        "size": 10.0, "draws": 40, "correlation": 0.1}}  # fmt: skip
    first, second = make_run_row(1, cost_usd=8.0, score=100.0), make_run_row(2, cost_usd=20.0, score=160.0)
    runs = (dataclasses.replace(first, held=held, solved=2.0), dataclasses.replace(second, solved=None))
    report = make_report(runs=runs, front=(1, 2))
    row, other = rows_of(TABLES["held"](report))
    assert (row["n_at_k"], row["effective_size"], row["law_a"], row["law_reason"]) == ("0.5", "10.0", "", "too few")
    assert other["n_at_k"] == ""
    row, other = rows_of(TABLES["prices"](report))
    n = len(first.problem_scores)
    assert (float(row["cost_usd_problem"]), row["cost_usd_solved"]) == (8 / n, "4.0")
    assert (other["cost_usd_solved"], row["usd_per_point_on_front"]) == ("", "")
    assert float(other["usd_per_point_on_front"]) == 12 / 60
