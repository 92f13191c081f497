"""import_pool PATH --set SLUG --model SLUG: recorded samples into a pool."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from typing import Any

from comparisons.actions import Refused
from comparisons.actions.pools import ON_ERROR, POOL_FORMATS, PoolImportReport, import_pool, read_mapping
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.lookups import problem_set
from comparisons.operations.options import FileToRead
from comparisons.operations.printing import table


def _mapping(text: str) -> dict[str, str]:
    try:
        return read_mapping(text)
    except Refused as error:
        raise ArgumentTypeError(str(error)) from None


class Operation(BaseOperation):
    help = (
        "Imports a file of samples as a new pool: every record of a problem in the set, or nothing where one cannot be"
        " read. Read are JSON lines (Podium's or mapped), LiveCodeBench submissions and self-repair files, CodeT's and"
        " HumanEval's completions, Inspect logs (.eval, .json), open-r1/ioi rows (JSON lines, Parquet), Reflexion's"
        " logs, and a folder or zip of LiveOIBench's score tables; any of the JSON ones gzipped."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=FileToRead())
        parser.add_argument("--set", required=True, dest="slug", metavar="SLUG")
        parser.add_argument("--model", required=True, metavar="SLUG", help="made where it is not known yet")
        parser.add_argument("--format", default="auto", choices=POOL_FORMATS, help="told by its content")
        parser.add_argument(
            "--map",
            type=_mapping,
            default={},
            dest="mapping",
            metavar="KEY=KEY,...",
            help="Podium's key = the file's, as in source=completion,problem=task_id; dots step into objects",
        )
        parser.add_argument("--name", default="", help="what the pool is called")
        parser.add_argument(
            "--batch",
            action="store_true",
            help="its calls went in the provider's batch mode: they cost less its discount",
        )
        parser.add_argument(
            "--generated-tests",
            type=FileToRead(),
            metavar="PATH",
            help="tests that the model wrote (CodeT's *_test_case.jsonl); strategies may use them, scores never do",
        )
        parser.add_argument(
            "--on-error",
            default="refuse",
            choices=ON_ERROR,
            help="refuse: an unreadable record imports nothing; skip: it is left out and counted",
        )

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        progress = self.progress("records")
        try:
            report = import_pool(
                user,
                options["path"],
                problem_set=problem_set(user, options["slug"]),
                model_slug=options["model"],
                format=options["format"],
                mapping=options["mapping"],
                name=options["name"],
                on_error=options["on_error"],
                generated_tests=options["generated_tests"],
                recipe={"is_batch": True} if options["batch"] else None,
                progress=progress,
            )
        finally:
            progress.end()
        return Outcome(report.to_data(), _text(report))


def _text(report: PoolImportReport) -> str:
    lines = [f"Pool {report.pool.pk}: {report.pool.name}"]
    n, of = report.candidates, report.problems
    lines.append(f"{n:,} candidate{'s' * (n != 1)} of {of:,} problem{'s' * (of != 1)}")
    if report.languages:
        lines.append("languages: " + ", ".join(f"{name} {n:,}" for name, n in report.languages.items()))
    lines += [f"without a program: {n:,} ({reason})" for reason, n in report.no_program.items()]
    if tests := report.generated_tests:
        said = tests.to_data()
        lines.append(
            f"{said['tests']:,} generated tests of {said['problems']:,} problems in {said['samples']:,} samples,"
            f" {said['samples_without_tests']:,} of which hold none"
        )
        if tests.unmatched:
            lines.append(f"{tests.unmatched.total():,} records of generated tests are for problems not in the set")
        lines += [f"generated tests left out: {item.reason}" for item in tests.skipped[:20]]
    lines += [f"note: {warning}" for warning in report.warnings]
    n_unmatched = sum(item.n for item in report.unmatched)
    if n_unmatched:
        lines += ["", f"{n_unmatched:,} records of {len(report.unmatched):,} problems that are not in the set:"]
        rows = [[item.slug, item.n, ", ".join(item.nearest) or None] for item in report.unmatched[:20]]
        lines.append(table(["problem", "records", "nearest names in the set"], rows))
        if len(report.unmatched) > len(rows):
            lines.append(f"and {len(report.unmatched) - len(rows):,} more")
    others = [item for item in report.skipped if "the set has no problem" not in item.reason]
    lines += _left_out("missing, because nobody answered:", [item.reason for item in others if item.is_missing])
    lines += _left_out("left out because they cannot be read:", [item.reason for item in others if not item.is_missing])
    return "\n".join(lines)


def _left_out(title: str, reasons: list[str]) -> list[str]:
    rows = [[n, reason] for reason, n in Counter(reasons).most_common(20)]
    return ["", title, table(["records", "reason"], rows)] if rows else []
