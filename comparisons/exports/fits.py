"""Learned scores of a comparison, ready to print: what was left out, what they are worth, their charts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from comparisons.charts import Figure, calibration_curve, gain_span, search_spread
from comparisons.metrics import words
from comparisons.metrics.fit_rows import FitRow
from comparisons.metrics.rows import ComparisonReport

_LEFT_OUT = {
    "problem": "Leaves one problem out: each problem is ranked by weights that were trained on the others.",
    "set": "Leaves one problem set out: each set is ranked by weights that were trained on the other sets.",
}


@dataclass(frozen=True)
class FitLine:
    """A fit: who chooses by it, how it was held out, and (name, value, beside it) of what it is worth."""

    row: FitRow
    runs: tuple[str, ...]
    left_out: str
    verdict: str
    figures: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]


def fit_lines(report: ComparisonReport) -> tuple[FitLine, ...]:
    """One line for each fit of the report."""
    return tuple(_line(report, row) for row in report.fits)


def fit_figures(report: ComparisonReport) -> tuple[Figure, ...]:
    """For each fit its calibration curve and, where weights were tuned, the tries of the search."""
    drawn = []
    for row in report.fits:
        drawn.append(_named(calibration_curve(row.held_out), row))
        if row.search is not None:
            drawn.append(_named(search_spread(row.search, row.untuned), row))
    return tuple(drawn)


def _named(figure: Figure, row: FitRow) -> Figure:
    return replace(figure, name=f"{figure.name}-{row.fit}", title=f"{figure.title} of fit {row.fit}")


def _line(report: ComparisonReport, row: FitRow) -> FitLine:
    held, base = row.held_out, row.base_rate
    auc = words.MISSING if row.auc_within is None else words.number(row.auc_within, 3)
    figures = (
        ("Log loss, held out", words.number(held["log_loss"], 3), f"base rate {words.number(base['log_loss'], 3)}, "
         f"where it was trained {words.number(row.trained_log_loss, 3)}"),
        ("Brier score, held out", words.number(held["brier"], 3), f"base rate {words.number(base['brier'], 3)}"),
        ("AUC within a problem", auc, "0.5 tells nobody apart"),
    )  # fmt: skip
    facts = [
        ("Learned from", f"{', '.join(row.pools)}; {words.plural(row.n_problems, 'problem')}, "
         f"{words.count(held['n'])} candidates × subtasks, seed {row.seed}"),
        ("Looks at", "program text, public tests, tokens, probes and clusters" if row.uses_probes
         else "program text, public tests and tokens; no probes"),
        ("Weights of o1-ioi", _search(row)),
        ("Content", row.content_hash[:16]),
    ]  # fmt: skip
    labels = {run.run: run.label for run in report.runs}
    runs = tuple(labels[run] for run in row.runs if run in labels)
    return FitLine(row, runs, _LEFT_OUT[row.leave], _verdict(row), figures, tuple(facts))


def _verdict(row: FitRow) -> str:
    gain = row.base_rate["log_loss"] - row.held_out["log_loss"]
    if gain > 0:
        return f"Held out, its chances are better than the base rate’s by {words.number(gain, 3)} of log loss."
    return (
        "Held out, its chances are no better than the base rate’s"
        + (f" (worse by {words.number(-gain, 3)} of log loss)" if gain else "")
        + ": read nothing into them but an order."
    )


def _search(row: FitRow) -> str:
    if row.search is None:
        return f"not tuned: {row.untuned}"
    tuned, held_out, default = (
        words.number(row.search[name], 3) for name in ("chosen_trained", "chosen_held_out", "default_held_out")
    )
    gain = words.signed(row.search["chosen_held_out"] - row.search["default_held_out"], 3)
    lo, hi, _ = row.search["spread_held_out"]
    return (
        f"{words.count(row.tries)} tries at {words.plural(row.budget, 'submission')} a problem; share of the points "
        f"{tuned} where tuned, {held_out} held out, {default} with the defaults; tuning is worth {gain} held "
        f"out{gain_span(row.search)}; single tries held out "
        f"{words.number(lo, 3)} to {words.number(hi, 3)}"
    )
