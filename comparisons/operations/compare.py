"""Puts runs on one problem set side by side against a baseline, and writes what that says to files."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comparisons.actions import Refused
from comparisons.actions.equalising import equal_comparison
from comparisons.actions.exports import FORMATS, export
from comparisons.actions.runs import compare_inline, create_comparison
from comparisons.exports.tables import score_words
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, Interval, PairRow, RunRow
from comparisons.models import Comparison, PoolState, Run, User
from comparisons.operations import lookups
from comparisons.operations.base import AT_ONCE, BaseOperation, Outcome, WrongUsage
from comparisons.operations.options import FileToWrite, key_value, number, reference
from comparisons.operations.printing import table
from comparisons.queries.comparisons import EQUAL, comparison_progress, comparison_report


class Operation(BaseOperation):
    help = f"{__doc__} {AT_ONCE}"

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "runs", nargs="*", type=reference, metavar="RUN", help="ids of runs, as replay printed them"
        )
        parser.add_argument(
            "--baseline", type=reference, metavar="RUN", help="default: the first random-k run, else the first run"
        )
        parser.add_argument("--title", default="")
        parser.add_argument(
            "--like", type=reference, metavar="COMPARISON", help="take the runs and baseline of this comparison"
        )
        parser.add_argument(
            "--replace", action="append", type=key_value, default=[], metavar="A=B",
            help="with --like: run B in place of run A",
        )  # fmt: skip
        parser.add_argument(
            "--equal", choices=sorted(EQUAL), help="the same rules on equal draws, or on as many as the cheapest run's "
            "cost pays for"
        )  # fmt: skip
        parser.add_argument(
            "--fail-below", type=number, metavar="SCORE",
            help="exit 1 where a run's whole over-draws interval lies below SCORE, or a loss against the baseline is "
            "shown over problems",
        )  # fmt: skip
        parser.add_argument(
            "--export", type=FileToWrite(), metavar="PATH", help="a file, or a folder for several formats"
        )
        parser.add_argument(
            "--format",
            type=_formats,
            default=[],
            metavar="html,csv,…",
            help=f"of {', '.join(FORMATS)}; default: by the ending of PATH, else html",
        )

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        if not options["runs"] and not options["like"]:
            raise WrongUsage("Name the runs to compare, or a comparison with --like.")
        formats = options["format"]
        if formats and not options["export"]:
            raise Refused("--format says how to export: say where with --export PATH.")
        runs, baseline, like = _chosen(user, options)
        comparison = create_comparison(
            user,
            runs=runs,
            baseline=baseline,
            title=options["title"] or (like.title if like else ""),
            question=like.question if like else "",
            is_inline=True,
        )
        if options["equal"]:
            comparison = equal_comparison(user, compare_inline(comparison), options["equal"], is_inline=True)
        comparison = compare_inline(comparison)
        report = comparison_report(user, comparison.pk)
        if report is None:
            progress = comparison_progress(user, comparison.pk)
            raise Refused(
                f"Comparison {comparison.pk} is not computed yet. {' '.join((progress.words, *progress.failed))}"
            )
        files = _write(report, options["export"], formats) if options["export"] else []
        error = _too_low(report, options["fail_below"])
        return Outcome(_data(report, files), _text(report, files), error, _notes(report, options["fail_below"]))


def _notes(report: ComparisonReport, least: float | None) -> list[str]:
    """What is to be known beside the figures."""
    unheard = [
        f"--fail-below says nothing of {row.label}: {row.over_draws.reason}."
        for row in (report.runs if least is not None else ())
        if not row.over_draws.is_known and row.kind != "ceiling"
    ]
    return [*report.warnings, *unheard]


def _chosen(user: User, options: dict[str, Any]) -> tuple[list[Run], Run | None, Comparison | None]:
    """The runs in order, the baseline if one is named, and the comparison they are taken from."""
    like = lookups.comparison(user, options["like"]) if options["like"] else None
    if options["replace"] and like is None:
        raise Refused("--replace goes with --like COMPARISON.")
    ids = [str(pk) for pk in like.entries.order_by("position").values_list("run", flat=True)] if like else []
    replaced = dict(options["replace"])
    strange = [old for old in replaced if old not in ids]
    if strange:
        raise Refused(f"Comparison {options['like']} has no run {strange[0]}: its runs are {', '.join(ids)}.")
    wanted = [replaced.get(one, one) for one in ids] + options["runs"]
    runs = [_run(user, one) for one in wanted]
    baseline = options["baseline"] or (
        replaced.get(str(like.baseline_id), str(like.baseline_id)) if like and like.baseline_id else None
    )
    return runs, _run(user, baseline) if baseline else None, like


def _formats(text: str) -> list[str]:
    """The type of --format: known names only, before anything is stored."""
    names = [name for name in text.split(",") if name]
    strange = [name for name in names if name not in FORMATS]
    if strange:
        raise ArgumentTypeError(f"no export as {strange[0]!r}: choose of {', '.join(FORMATS)}")
    return names


def _run(user: User, reference: str) -> Run:
    found = lookups.run(user, reference)
    if found.state == PoolState.FAILED:
        raise Refused(f"Run {found.pk} failed: {found.state_reason}")
    return found


def _too_low(report: ComparisonReport, least: float | None) -> str:
    """Why the comparison fails the bar; "" where it does not or none is set."""
    if least is None:
        return ""
    labels = {row.run: row.label for row in report.runs}
    low = [
        f"{row.label} lies below {least:g} points over draws ({words.level_span(row.over_draws)})"
        for row in report.runs
        if row.over_draws.hi is not None and row.over_draws.hi < least
    ]
    lost = [
        f"{labels[pair.run]} loses against {labels[pair.baseline]}, shown over problems "
        f"({words.prose_span(pair.over_problems)})"
        for pair in report.pairs
        if pair.shown == "problems" and pair.difference is not None and pair.difference < 0
    ]
    return "; ".join([*low, *lost])


def _write(report: ComparisonReport, path: Path, formats: Sequence[str]) -> list[str]:
    """The files written. One format: to PATH itself, or into it where it is a folder; several: into the folder PATH."""
    chosen = list(formats) or [path.suffix.lstrip(".") or "html"]
    made = [export(report, name) for name in chosen]
    is_folder = len(chosen) > 1 or path.is_dir()
    try:
        (path if is_folder else path.parent).mkdir(parents=True, exist_ok=True)
        targets = [path / download.name if is_folder else path for download in made]
        for target, download in zip(targets, made, strict=True):
            target.write_bytes(download.content)
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror}). The comparison itself is stored.") from error
    return [str(target) for target in targets]


def _data(report: ComparisonReport, files: list[str]) -> dict[str, Any]:
    return {
        "comparison": report.comparison,
        "runs": [_run_data(row) for row in report.runs],
        "pairs": [_pair_data(pair) for pair in report.pairs],
        "files": files,
    }


def _run_data(row: RunRow) -> dict[str, Any]:
    data: dict[str, Any] = {
        "run": row.run,
        "score": row.score,
        "over_draws": _ends(row.over_draws),
        "cost_usd": row.cost_usd,
        "latency_s": row.latency_s,
    }
    if row.is_privileged:
        data["privileged"] = True
    if not row.over_draws.is_known:
        data["over_draws_reason"] = row.over_draws.reason
    if row.cost_is_lower_bound:
        data["cost_is_lower_bound"] = True
    if row.latency_is_lower_bound:
        data["latency_is_lower_bound"] = True
    if row.is_incomplete:
        data["bounds"] = [row.lower, row.upper]
    return data


def _pair_data(pair: PairRow) -> dict[str, Any]:
    data: dict[str, Any] = {
        "run": pair.run,
        "baseline": pair.baseline,
        "difference": pair.difference,
        "over_draws": _ends(pair.over_draws),
        "over_problems": _ends(pair.over_problems),
        "shown": pair.shown,
        "p": pair.p,
    }
    if pair.p_reason:
        data["p_reason"] = pair.p_reason
    for name in ("over_draws", "over_problems"):
        interval: Interval = getattr(pair, name)
        data[f"{name}_level"] = interval.level
        if not interval.is_known:
            data[f"{name}_reason"] = interval.reason
    return data


def _ends(interval: Interval) -> list[float | None] | None:
    return [interval.lo, interval.hi] if interval.is_known else None


def _text(report: ComparisonReport, files: list[str]) -> str:
    pairs = {pair.run: pair for pair in report.pairs}
    rows = []
    for row in report.runs:
        pair = pairs.get(row.run)
        rows.append(
            [
                row.run,
                f"{row.label} (privileged)" if row.is_privileged else row.label,
                score_words(row),
                words.level_span(row.over_draws),
                "baseline" if row.run == report.baseline else _difference(pair),
                (pair.shown or "not shown") if pair else "",
                words.money(row.cost_usd, is_lower_bound=row.cost_is_lower_bound),
                words.seconds(row.latency_s, is_lower_bound=row.latency_is_lower_bound),
            ]
        )
    header = ["run", "label", f"of {words.whole(report.points)}", "over draws", "difference [over problems]", "shown"]
    lines = [f"Comparison {report.comparison}: {report.title}", "", table([*header, "USD", "s"], rows), ""]
    return "\n".join([*lines, *report.findings, *(f"Wrote {name}" for name in files)])


def _difference(pair: PairRow | None) -> str:
    if pair is None or pair.difference is None:
        return ""
    return f"{words.signed(pair.difference)} {words.difference_span(pair.over_problems)}"
