"""What a fit is worth, as the data that pages, commands and charts read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from comparisons.metrics import Spread, words
from comparisons.metrics.calibration import Calibration, auc, calibration
from comparisons.strategies.fitting import Made
from comparisons.strategies.o1_ioi import WEIGHTS


def result_of(items: Sequence[dict[str, Any]], made: Made) -> dict[str, Any]:
    """Held-out figures beside the base rate's, the columns' weights, figures per problem, and the search's spread."""
    return {
        "held_out": _figures(calibration(made.predicted, made.solved)),
        "base_rate": _figures(calibration(made.base, made.solved)),
        "trained_log_loss": float(np.mean(made.train_log_loss)),
        "auc_within": _within(made),
        "solved_share": float(made.solved.mean()),
        "columns": _columns(made),
        "problems": [_problem(at, item, made) for at, item in enumerate(items)],
        "search": _search(made),
        "untuned": made.untuned,
    }


def _figures(found: Calibration) -> dict[str, Any]:
    return asdict(found)


def _within(made: Made) -> dict[str, Any]:
    """Mean AUC over the problems where one can be had: who is told apart from whom when it matters."""
    each = [auc(made.predicted[rows], made.solved[rows]) for rows in _rows(made)]
    known = [one for one in each if one is not None]
    return {"mean": float(np.mean(known)) if known else None, "problems": len(known), "of": len(each)}


def _rows(made: Made) -> list[Any]:
    return [np.flatnonzero(made.problem == at) for at in np.unique(made.problem)]


def _columns(made: Made) -> list[dict[str, Any]]:
    """Standardised weight of each column: mean over the folds that hold something out, lowest and highest, largest
    first."""
    held = [one.coef for one, fold in zip(made.weights, made.folds, strict=True) if fold.held_out]
    table = np.stack(held)
    order = np.argsort(-np.abs(table.mean(axis=0)), kind="stable")
    return [
        {
            "name": made.names[at],
            "weight": float(table[:, at].mean()),
            "lo": float(table[:, at].min()),
            "hi": float(table[:, at].max()),
        }
        for at in order
    ]


def _problem(at: int, item: dict[str, Any], made: Made) -> dict[str, Any]:
    """One held-out problem of one pool: rows, share solved, mean chance, log loss and AUC, beside the base rate."""
    rows = made.problem == at
    n = int(rows.sum())
    named = {"set": item["set"], "problem": item["problem"], "pool": item["pool"], "n": n}
    fold = next(fold for fold in made.folds if at in fold.held_out)
    named["trained_on"] = len(fold.trained_on)
    if not n:
        return {**named, "solved": None, "predicted": None, "log_loss": None, "base_log_loss": None, "auc": None}
    found, base = (calibration(p[rows], made.solved[rows]) for p in (made.predicted, made.base))
    return {
        **named,
        "solved": float(made.solved[rows].mean()),
        "predicted": float(made.predicted[rows].mean()),
        "log_loss": found.log_loss,
        "base_log_loss": base.log_loss,
        "auc": found.auc,
    }


def _search(made: Made) -> dict[str, Any] | None:
    """The tries of the random search: objective where they were tuned and where they were not, mean over the folds."""
    if not made.searches:
        return None
    held = [(search, fold) for search, fold in zip(made.searches, made.folds, strict=True) if fold.held_out]
    trained = np.mean([search.trained for search, _ in held], axis=0)
    held_out = np.mean([search.held_out for search, _ in held], axis=0)
    return {
        "weights": list(WEIGHTS),
        "tries": made.tries.tolist(),
        "trained": trained.tolist(),
        "held_out": held_out.tolist(),
        "chosen": [
            {
                "held_out": list(fold.held_out),
                "weights": made.tries[search.chosen].tolist(),
                "trained": float(search.trained[search.chosen]),
                "score": float(search.held_out[search.chosen]),
                "default": float(search.held_out[0]),
            }
            for search, fold in held
        ],
        "final": made.tries[made.searches[-1].chosen].tolist(),
        "chosen_trained": float(np.mean([search.trained[search.chosen] for search, _ in held])),
        "chosen_held_out": float(np.mean([search.held_out[search.chosen] for search, _ in held])),
        "default_trained": float(trained[0]),
        "default_held_out": float(held_out[0]),
        "gain": _gain([(search.held_out[search.chosen], search.held_out[0]) for search, _ in held]),
        "spread_held_out": [float(held_out.min()), float(held_out.max()), float(held_out.std())],
    }


def _gain(folds: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """What tuning is worth where it was held out: the mean over the folds of the chosen weights' share of the points
    less the defaults', with its 95 % interval over the folds (of other problems, or sets, like these), by the rule of
    all differences over problems. lo and hi are None with a reason.

    Folds share most of what they are tuned on, so they are less independent than the problems of two runs are.
    """
    chosen, default = zip(*folds, strict=True)
    spread = Spread.of(chosen, default)
    interval = spread.at(0.95)
    n = len(folds)
    return {
        "difference": spread.total / n,
        "lo": None if interval.lo is None else interval.lo / n,
        "hi": None if interval.hi is None else interval.hi / n,
        "reason": interval.reason.replace("problem", "fold"),
        "of": words.plural(n, "fold"),
    }
