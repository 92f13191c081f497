"""What a fit is worth: predicted chances against what happened, and the tries of its search where they were tuned
against where they were not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from comparisons.charts.figure import Cell, Figure, Table, linear_range
from comparisons.metrics import words

#: What three decimals show.
_SHOWN = 0.0005


def calibration_curve(held_out: Mapping[str, Any]) -> Figure:
    """held_out: `metrics.Calibration` as data. One mark a bin, with its 95 % interval; the diagonal is perfect."""
    bins: Sequence[Mapping[str, Any]] = held_out["bins"]
    table = Table(
        (("predicted", "Predicted"), ("observed", "Solved"), ("interval_lo", "95 %"), ("n", "Candidates × subtasks")),
        tuple(
            (
                Cell(words.number(one["predicted"], 3), one["predicted"]),
                Cell(words.number(one["observed"], 3), one["observed"]),
                Cell(f"{words.number(one['lo'], 3)} to {words.number(one['hi'], 3)}", one["lo"]),
                Cell(words.count(one["n"]), one["n"]),
            )
            for one in bins
        ),
    )
    diagonal = {
        "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
        "line": {"color": "@line-strong", "width": 1.5},
    }  # fmt: skip
    seen = [one["observed"] for one in bins]
    curve = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "held out",
        "x": [one["predicted"] for one in bins],
        "y": seen,
        "line": {"color": "@m1", "width": 2},
        "marker": {"symbol": "circle", "size": 9, "color": "@m1", "line": {"width": 1.5, "color": "@surface"}},
        "error_y": {
            "type": "data", "symmetric": False, "color": "@m1/0.6", "thickness": 1.2, "width": 3,
            "array": [one["hi"] - one["observed"] for one in bins],
            "arrayminus": [one["observed"] - one["lo"] for one in bins],
        },
        "hovertemplate": "predicted %{x:.3f}<br>solved %{y:.3f}<extra></extra>",
    }  # fmt: skip
    axis = {"range": [-0.02, 1.02], "tickvals": [0, 0.25, 0.5, 0.75, 1], "zeroline": False}
    layout = {
        "height": 340,
        "margin": {"l": 56, "r": 18, "t": 12, "b": 46},
        "xaxis": {**axis, "ticktext": ["0", "0.25", "0.5", "0.75", "1"], "title": "predicted chance, mean of the bin"},
        "yaxis": {**axis, "ticktext": ["0", "0.25", "0.5", "0.75", "1"], "title": "share that was solved"},
    }
    return Figure(
        "calibration",
        "Calibration",
        "Every prediction is of a problem that its weights never saw; bins hold equally many",
        "On the line, of those given a chance of 30 % three in ten were right. Bars: 95 % within the bin; candidates "
        "of one problem stand or fall together, so the true intervals are wider.",
        table,
        (diagonal, curve),
        layout,
    )


def search_spread(search: Mapping[str, Any] | None, untuned: str) -> Figure:
    """The tries of the random search: mean share of the points where they were tuned on, against where held out."""
    columns = (
        ("try", "Try"), ("trained", "Tuned on"), ("held_out", "Held out"),
        ("errors_weight", "Errors"), ("public_weight", "Public"), ("attempts_weight", "Attempts"),
    )  # fmt: skip
    name, title = "search", "Tuned weights of o1-ioi"
    subtitle = "One mark a try of the random search; shares of the points, mean over the folds"
    if search is None:
        return Figure(name, title, subtitle, "", Table(columns, ()), problem=f"Nothing was tuned: {untuned}.")
    trained, held_out = search["trained"], search["held_out"]
    rows = sorted(range(len(trained)), key=lambda at: -trained[at])
    table = Table(
        columns,
        tuple(
            (
                Cell("defaults" if at == 0 else str(at), at),
                Cell(words.number(trained[at], 4), trained[at]),
                Cell(words.number(held_out[at], 4), held_out[at]),
                *(Cell(words.number(weight, 3), weight) for weight in search["tries"][at]),
            )
            for at in rows
        ),
    )
    both = [*trained, *held_out, search["chosen_trained"], search["chosen_held_out"]]
    low, high = linear_range(min(both), max(both), 1.0)
    marks = (
        _mark("one try, the same for all folds", trained[1:], held_out[1:], "@m8/0.6", "circle", 7),
        _mark("defaults", trained[:1], held_out[:1], "@m2", "square", 11),
        _mark(
            "chosen, by each fold for itself",
            [search["chosen_trained"]],
            [search["chosen_held_out"]],
            "@m1",
            "star",
            14,
        ),
    )
    diagonal = {
        "type": "scatter", "mode": "lines", "x": [low, high], "y": [low, high], "hoverinfo": "skip",
        "line": {"color": "@line-strong", "width": 1.5},
    }  # fmt: skip
    layout = {
        "height": 340,
        "margin": {"l": 56, "r": 26, "t": 12, "b": 46},
        "xaxis": {"range": [low, high], "title": "share of the points where it was tuned", "zeroline": False},
        "yaxis": {"range": [low, high], "title": "share held out", "zeroline": False},
    }
    caption = _worth(search)
    return Figure(name, title, subtitle, caption, table, (diagonal, *(mark for mark in marks if mark["x"])), layout)


def _worth(search: Mapping[str, Any]) -> str:
    """What tuning is worth where it was tuned and where it was held out, and how sure the latter is."""
    # What everybody loses on problems held out, the untuned defaults too, is not the search's doing.
    gained = search["chosen_trained"] - search["trained"][0]
    won = search["chosen_held_out"] - search["default_held_out"]
    lost = gained - won
    lo, hi, sd = search["spread_held_out"]
    return (
        f"Chosen (star): {_three(search['chosen_trained'])} where it was tuned, {_three(search['chosen_held_out'])} "
        f"held out. The defaults (square), which nothing tuned: {_three(search['trained'][0])} and "
        f"{_three(search['default_held_out'])}. Tuning is worth {words.signed(gained, 3)} where it was tuned and "
        f"{words.signed(won, 3)} held out{gain_span(search)}"
        f"{': the search overfits by ' + _three(lost) if lost >= _SHOWN else ''}. Held out, single tries lie "
        f"between {_three(lo)} and {_three(hi)} (SD {_three(sd)})."
    )


def gain_span(search: Mapping[str, Any]) -> str:
    """The interval of what tuning is worth held out, in brackets, or why there is none; "" for fits that kept none."""
    gain = search.get("gain")
    if gain is None:
        return ""
    if gain["lo"] is None:
        return f" (no interval: {gain['reason']})"
    lo, hi = words.signed(gain["lo"], 3), words.signed(gain["hi"], 3)
    return f" (95 % over {gain['of']} {lo} to {hi})"


def _three(value: float) -> str:
    return words.number(value, 3)


def _mark(name: str, x: Sequence[float], y: Sequence[float], colour: str, symbol: str, size: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "cliponaxis": False,
        "name": name,
        "x": list(x),
        "y": list(y),
        "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"width": 1, "color": "@surface"}},
        "hovertemplate": f"{name}<br>tuned on %{{x:.3f}}<br>held out %{{y:.3f}}<extra></extra>",
    }
