"""What the comparison page costs on the server: `python -m benchmarks.pages` prints one JSON line a measurement.

The floor is an empty page of the same application (the list of comparisons of a person who has none), asked for in turn
with the page, so that a busy machine slows both; the ratio is that of the medians.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

ROUNDS = 40


def main() -> int:
    """Prints the lines; exit code 0. Works in a temporary folder and database."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as home:
        os.environ["PODIUM_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.test_settings"
        os.environ.pop("DATABASE_URL", None)
        for line in _measure():
            print(json.dumps(line), flush=True)
    return 0


def _measure() -> list[dict[str, object]]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from django.test.utils import setup_test_environment

    call_command("migrate", verbosity=0)
    setup_test_environment()
    from comparisons.actions.exports import report_html
    from comparisons.models import Comparison, ProblemSet, User
    from tests.comparisons.reports import make_report, make_runs

    owner = User.objects.create(username="owner")
    reader = User.objects.create(username="reader")
    problem_set = ProblemSet.objects.create(slug="bench", title="Bench", visibility="private", created_by=owner)
    empty, full = Client(), Client()
    empty.force_login(reader)
    full.force_login(owner)

    def page(n: int) -> Callable[[], object]:
        runs = make_runs()
        runs = tuple(dataclasses.replace(runs[i % len(runs)], run=i + 1) for i in range(n))
        made = make_report(runs=runs, baseline=1)
        comparison = Comparison.objects.create(
            problem_set=problem_set, title="Bench", result=made.to_json(), created_by=owner
        )
        return lambda: full.get(f"/comparisons/{comparison.pk}/")

    def nothing() -> object:
        return empty.get("/comparisons/")

    report = make_report()
    lines = [
        _line("comparison page, 12 runs", page(12), nothing),
        _line("comparison page, 120 runs", page(120), nothing, rounds=8),
        _line("comparison page, 12 runs, matrix alone", _section(page(12), full), nothing),
        _line("comparison report file, 12 runs", lambda: report_html(report), nothing, rounds=10),
    ]
    return lines


def _section(page: Callable[[], object], client: object) -> Callable[[], object]:
    """The page as htmx asks for its matrix."""

    def ask() -> object:
        client.defaults = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "matrix"}  # type: ignore[attr-defined]
        try:
            return page()
        finally:
            client.defaults = {}  # type: ignore[attr-defined]

    return ask


def _line(
    name: str, work: Callable[[], object], floor: Callable[[], object], *, rounds: int = ROUNDS
) -> dict[str, object]:
    """One measurement: work and floor in turn, medians in milliseconds."""
    work(), floor()
    spent: list[list[float]] = [[], []]
    for _ in range(rounds):
        for place, action in enumerate((work, floor)):
            start = time.perf_counter()
            action()
            spent[place].append(1000 * (time.perf_counter() - start))
    value, least = statistics.median(spent[0]), statistics.median(spent[1])
    return {
        "name": name,
        "value": round(value, 2),
        "unit": "ms",
        "floor": round(least, 2),
        "ratio": round(value / least, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
