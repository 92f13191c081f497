"""The files of a comparison, above all the report: complete, escaped, and without anything that runs or fetches."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.actions import Refused
from comparisons.actions.exports import FORMATS, export, report_html
from comparisons.exports import SourceRow
from comparisons.models import Comparison
from tests.comparisons.reports import make_edge_report, make_report, make_run_row
from tests.comparisons.views.test_comparison_detail import make_comparison, text_of

ADDRESS = re.compile(r'(?:src|href|action)="(?!#)[^"]*"|url\((?!data:)|@import')


def get(client: Client, comparison: Comparison, file_format: str, query: str = ""):
    client.force_login(comparison.created_by)
    return client.get(reverse("podium:comparison-export", args=[comparison.pk, file_format]) + query)


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", sorted(FORMATS))
def test_every_format_comes_with_its_type_and_name(client: Client, file_format: str) -> None:
    response = get(client, make_comparison(make_edge_report()), file_format)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == FORMATS[file_format]
    assert f"podium-1-specialise-select-or-scale{'-runs' if file_format in ('csv', 'parquet') else ''}" in (
        response.headers["Content-Disposition"].replace("-gap", "")
    )
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@pytest.mark.django_db
def test_csv_of_a_chart_follows_the_address(client: Client) -> None:
    response = get(client, make_comparison(make_report()), "csv", "?part=gap&hide=1,2,3")
    assert len(response.content.decode().splitlines()) == 1 + 9


@pytest.mark.django_db
@pytest.mark.parametrize(("file_format", "query"), [("exe", ""), ("csv", "?part=secrets"), ("svg", "?part=runs")])
def test_export_that_does_not_exist_is_not_found(client: Client, file_format: str, query: str) -> None:
    assert get(client, make_comparison(make_report()), file_format, query).status_code == 404


@pytest.mark.django_db
def test_export_before_the_result_is_not_found(client: Client) -> None:
    assert get(client, make_comparison(), "json").status_code == 404


@pytest.mark.django_db
def test_zip_holds_the_report(client: Client) -> None:
    archive = zipfile.ZipFile(io.BytesIO(get(client, make_comparison(make_report()), "zip").content))
    assert archive.read("report.html").startswith(b"<!doctype html>")
    assert json.loads(archive.read("comparison.json"))["schema"] == "podium-comparison"


def test_unknown_format_is_refused_with_the_choices() -> None:
    with pytest.raises(Refused, match="no export as pdf: choose one of html, csv, json, md, tex, svg, zip"):
        export(make_report(), "pdf")


@pytest.mark.parametrize("report", [make_report(), make_edge_report()], ids=["plain", "edges"])
def test_report_fetches_nothing_and_runs_nothing(report) -> None:
    page = report_html(report).decode()
    assert ADDRESS.findall(page) == []
    assert re.findall(r"<script|\son\w+=|javascript:", page) == []
    assert len(page) < 300_000


def test_report_explains_itself_to_a_stranger() -> None:
    text = text_of(report_html(make_report()).decode())
    for words in (
        "Simulated data.",
        "How to read this",
        "Over draws",
        "Over problems",
        "Not shown does not mean equal.",
        "input 0.15, output 0.60 USD per million tokens",
        "3f9a0c51d2e84b77",
        "07c41fa09e7d35b2",
        "n is the number of draws a problem.",
        "20, 0",
        "12 runs",
        "213 of 600",
    ):
        assert words in text, words


def test_report_says_every_reason() -> None:
    text = text_of(report_html(make_edge_report()).decode())
    assert "no interval: one draw for each unit" in text
    assert "large-70 · random-k was scored elsewhere" in text
    assert "Only problems where at least one of these models failed" in text


def test_report_without_simulated_models_has_no_badge() -> None:
    assert "Simulated" not in text_of(report_html(make_report(is_simulated=False)).decode())


def test_report_escapes_what_people_and_models_wrote() -> None:
    nasty = "</pre></style></title><script>alert(1)</script>"
    runs = (make_run_row(1, label=nasty), make_run_row(2, pool_name=nasty, options={nasty: nasty}))
    report = make_report(title=nasty, question=nasty, runs=runs, findings=(nasty,), hashes=((nasty, nasty),))
    source = SourceRow(1, nasty, nasty, None, 1, 0, 9, "cpp", nasty, None)
    page = report_html(report, sources=[source]).decode()
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert page.count("</title>") == 1 + page.count("<title>") - 1


def test_report_has_sources_only_when_given() -> None:
    assert "Submitted programs" not in report_html(make_report()).decode()
    source = SourceRow(1, "a · b", "ferry", None, 1, 0, 9, "cpp", "int main() { return 1 < 2; }", 10.0)
    assert "int main() { return 1 &lt; 2; }" in report_html(make_report(), sources=[source]).decode()
