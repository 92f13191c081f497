"""Draws the figures of this package as static SVG: for the report file, for download, and where there is no script.

Only what `charts` uses of Plotly: scatter (lines, markers, text, error bars) and bar traces on linear and log axes with
a given range. Colours are resolved by a palette, so the file needs no stylesheet.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from comparisons.charts.figure import Figure, nice_step
from comparisons.charts.svg_shapes import px, shape_path
from comparisons.metrics import words

LIGHT: dict[str, str] = {
    "surface": "#ffffff",
    "line": "#e4e7eb",
    "line-strong": "#cbd1d9",
    "text": "#14181f",
    "text-2": "#424b58",
    "text-3": "#5d6774",
    "better": "#0a6b4b",
    "worse": "#a5351b",
    "m1": "#1f6fe0",
    "m2": "#a8500f",
    "m3": "#12a06a",
    "m4": "#ce65c3",
    "m5": "#17486d",
    "m6": "#55442a",
    "m7": "#5326e0",
    "m8": "#808284",
    "right": "#12a06a",
    "partial": "#d9a514",
    "wrong": "#b9c0c9",
}
"""The light theme's tokens, as in the stylesheet: the report is black on white."""

FONT = "Inter, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
_CHAR = 6.3
_LEGEND = 20


def to_svg(figure: Figure, *, width: int = 920, palette: Mapping[str, str] = LIGHT) -> str:
    """The figure as one `<svg>` element with its title and, where marks are single runs, their names under it."""
    name = html.escape(figure.title)
    named = [trace for trace in figure.data if trace.get("mode") == "markers" and len(trace["x"]) == 1]
    columns = max(1, width // 300)
    height = figure.height + (10 + _LEGEND * math.ceil(len(named) / columns) if named else 0)
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{name}" font-family="{FONT}" font-size="12">'
        f"<title>{name}</title>"
    )
    if figure.problem:
        fill = palette["text-3"]
        return f'{start}<text x="12" y="28" fill="{fill}">{html.escape(figure.problem)}</text></svg>'
    drawing = _Drawing(figure, width, palette)
    return start + drawing.body() + drawing.legend(named, columns, width) + "</svg>"


@dataclass(frozen=True)
class _Axis:
    """Maps values to pixels; `low` and `high` are exponents on a log axis."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool

    def at(self, value: float) -> float:
        if self.is_log:
            value = math.log10(value) if value > 0 else self.low
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)


class _Drawing:
    """One figure on its way to SVG."""

    def __init__(self, figure: Figure, width: int, palette: Mapping[str, str]) -> None:
        self.figure = figure
        self.layout = figure.layout
        self.palette = palette
        margin = {"l": 52, "r": 16, "t": 12, "b": 44, **self.layout.get("margin", {})}
        labels = [len(_text(t)) for t in self.layout.get("yaxis", {}).get("ticktext", ())]
        self.left = max(margin["l"], 14 + _CHAR * max(labels, default=0) + 8)
        self.top, self.right = margin["t"], width - margin["r"]
        self.bottom = figure.height - margin["b"]

    def body(self) -> str:
        pairs = sorted({(t.get("xaxis", "x"), t.get("yaxis", "y")) for t in self.figure.data})
        parts = []
        for x_name, y_name in pairs:
            x, y = self._axis(x_name), self._axis(y_name)
            parts += self._x_axis(x_name, x, y) + self._y_axis(y_name, x, y)
            for trace in self.figure.data:
                if (trace.get("xaxis", "x"), trace.get("yaxis", "y")) == (
                    x_name,
                    y_name,
                ):
                    parts += self._bar(trace, x, y) if trace["type"] == "bar" else self._scatter(trace, x, y)
        return "".join(parts + self._annotations())

    def legend(self, named: Sequence[Mapping[str, Any]], columns: int, width: int) -> str:
        """Mark and name of each trace that is one point, under the plot: a still image has no hover."""
        parts = []
        for i, trace in enumerate(named):
            row, column = divmod(i, columns)
            x, y = 20 + column * (width - 20) / columns, self.figure.height + 14 + _LEGEND * row
            parts.append(self._marker({**trace["marker"], "size": 10}, 0, (x, y)))
            parts.append(self._label(x + 12, y + 4, _text(str(trace["name"])), "text-2", "start"))
        return "".join(parts)

    def _options(self, name: str) -> dict[str, Any]:
        options: dict[str, Any] = self.layout.get(f"{name[0]}axis{name[1:]}", {})
        return options

    def _axis(self, name: str) -> _Axis:
        options = self._options(name)
        low, high = options["range"]
        first, last = options.get("domain", (0.0, 1.0))
        is_log = options.get("type") == "log"
        if name[0] == "x":
            width = self.right - self.left
            return _Axis(low, high, self.left + first * width, self.left + last * width, is_log)
        height = self.bottom - self.top
        return _Axis(low, high, self.bottom - first * height, self.bottom - last * height, is_log)

    def _ticks(self, options: Mapping[str, Any], axis: _Axis) -> list[tuple[float, str]]:
        if "tickvals" in options:
            values = options["tickvals"]
            texts = options.get("ticktext") or [words.number(v) for v in values]
            return [(axis.at(v), _text(t)) for v, t in zip(values, texts, strict=True)]
        step = options.get("dtick") or nice_step(axis.high - axis.low, 6)
        value = math.ceil(axis.low / step) * step
        if "tick0" in options:
            value = options["tick0"]
        digits = 0 if step >= 1 else -math.floor(math.log10(step))
        ticks = []
        while value <= axis.high + 1e-9:
            ticks.append((axis.at(value), words.number(value, digits) if value else "0"))
            value += step
        return ticks

    def _x_axis(self, name: str, x: _Axis, y: _Axis) -> list[str]:
        options = self._options(name)
        parts = [self._line(x.start, y.start, x.end, y.start, "line-strong")]
        for at, text in self._ticks(options, x):
            if options.get("showgrid", True):
                parts.append(self._line(at, y.start, at, y.end, "line"))
            parts.append(self._line(at, y.start, at, y.start + 4, "line-strong"))
            parts.append(self._label(at, y.start + 17, text, "text-2", "middle"))
        if options.get("title"):
            parts.append(
                self._label(
                    (x.start + x.end) / 2,
                    y.start + 36,
                    str(options["title"]),
                    "text-3",
                    "middle",
                )
            )
        return parts

    def _y_axis(self, name: str, x: _Axis, y: _Axis) -> list[str]:
        options = self._options(name)
        parts = [self._line(x.start, y.start, x.start, y.end, "line-strong")]
        for at, text in self._ticks(options, y):
            if options.get("showgrid", True):
                parts.append(self._line(x.start, at, x.end, at, "line"))
            if options.get("showticklabels", True):
                parts.append(self._label(x.start - 8, at + 4, text, "text-2", "end"))
        if options.get("title"):
            middle = (y.start + y.end) / 2
            turned = f'transform="rotate(-90 14 {px(middle)})"'
            parts.append(self._label(14, middle, str(options["title"]), "text-3", "middle", extra=turned))
        return parts

    def _scatter(self, trace: Mapping[str, Any], x: _Axis, y: _Axis) -> list[str]:
        points = [
            None if a is None or b is None else (x.at(a), y.at(b)) for a, b in zip(trace["x"], trace["y"], strict=True)
        ]
        parts = []
        mode = trace.get("mode", "markers")
        if "lines" in mode:
            line = trace["line"]
            path = _path(points, is_step=line.get("shape") == "hv")
            parts.append(
                f'<path d="{path}" fill="none" stroke-width="{line.get("width", 2)}" {self._stroke(line["color"])}/>'
            )
        if "error_y" in trace:
            parts += self._errors(trace, points, y)
        if "markers" in mode:
            for i, point in enumerate(points):
                if point is not None:
                    parts.append(self._marker(trace["marker"], i, point))
        for i, text in enumerate(trace.get("text", ())):
            point = points[i]
            if text and point is not None:
                side = str(_nth(trace.get("textposition", ""), i)).rpartition(" ")[2]
                anchor = {"left": "end", "right": "start"}.get(side, "middle")
                parts.append(self._label(point[0], point[1] - 10, _text(text), "text-2", anchor, size=11))
        return parts

    def _errors(
        self,
        trace: Mapping[str, Any],
        points: Sequence[tuple[float, float] | None],
        y: _Axis,
    ) -> list[str]:
        error = trace["error_y"]
        parts = []
        for i, point in enumerate(points):
            if point is None:
                continue
            high, low = (
                y.at(trace["y"][i] + error["array"][i]),
                y.at(trace["y"][i] - error["arrayminus"][i]),
            )
            at = point[0]
            path = f"M{px(at)} {px(low)}V{px(high)}M{px(at - 3)} {px(low)}h6M{px(at - 3)} {px(high)}h6"
            parts.append(f'<path d="{path}" fill="none" stroke-width="1.2" {self._stroke(error["color"])}/>')
        return parts

    def _marker(self, marker: Mapping[str, Any], i: int, point: tuple[float, float]) -> str:
        name = str(_nth(marker["symbol"], i))
        radius = float(_nth(marker["size"], i)) / 2
        line = marker.get("line", {})
        if name == "line-ns":
            path = f"M{px(point[0])} {px(point[1] - radius)}v{px(2 * radius)}"
            return f'<path d="{path}" stroke-width="{line["width"]}" {self._stroke(line["color"])}/>'
        path = shape_path(name.removesuffix("-open"), point, radius)
        colour = str(_nth(marker["color"], i))
        if name.endswith("-open"):
            return f'<path d="{path}" fill="{self.palette["surface"]}" stroke-width="2" {self._stroke(colour)}/>'
        return f'<path d="{path}" {self._fill(colour)} stroke-width="1.2" {self._stroke("@surface")}/>'

    def _bar(self, trace: Mapping[str, Any], x: _Axis, y: _Axis) -> list[str]:
        half = (x.at(1) - x.at(0)) * (1 - self.layout.get("bargap", 0.2)) / 2
        parts = []
        for i, (at, value) in enumerate(zip(trace["x"], trace["y"], strict=True)):
            left, top = x.at(at) - half, y.at(value)
            box = f'x="{px(left)}" y="{px(top)}" width="{px(2 * half)}" height="{px(y.start - top)}"'
            parts.append(f"<rect {box} {self._fill(trace['marker']['color'][i])}/>")
            if trace["marker"].get("pattern", {}).get("shape", [""])[i]:
                parts.append(self._hatching(left, top, 2 * half, y.start - top))
            text = trace.get("text", ())
            if i < len(text) and text[i]:
                parts.append(self._label(x.at(at), top - 5, _text(text[i]), "text", "middle", size=13))
        return parts

    def _hatching(self, left: float, top: float, width: float, height: float) -> str:
        """Strokes at 45 degrees inside the bar: partial is never colour alone."""
        path = ""
        offset = 5.0
        while offset < width + height:
            x0, y0 = (left + offset, top) if offset <= width else (left + width, top + offset - width)
            x1, y1 = (left, top + offset) if offset <= height else (left + offset - height, top + height)
            path += f"M{px(x0)} {px(y0)}L{px(x1)} {px(y1)}"
            offset += 5.0
        return f'<path d="{path}" stroke-width="1.2" {self._stroke("@surface")}/>'

    def _annotations(self) -> list[str]:
        parts = []
        for note in self.layout.get("annotations", ()):
            name = str(note.get("xref", "x")).removesuffix(" domain")
            axis = self._axis(name) if name[0] == "x" else self._axis("x")
            at = axis.start + note["x"] * (axis.end - axis.start)
            y = self.bottom - note["y"] * (self.bottom - self.top)
            bold, rest = _bold(str(note["text"]))
            body = f'<tspan font-weight="600">{html.escape(bold)}</tspan>{html.escape(rest)}'
            parts.append(
                f'<text x="{px(at)}" y="{px(y - 6)}" text-anchor="middle" fill="{self.palette["text-2"]}">{body}</text>'
            )
        return parts

    def _line(self, x1: float, y1: float, x2: float, y2: float, token: str) -> str:
        return f'<path d="M{px(x1)} {px(y1)}L{px(x2)} {px(y2)}" stroke="{self.palette[token]}" stroke-width="1"/>'

    def _label(
        self,
        x: float,
        y: float,
        text: str,
        token: str,
        anchor: str,
        *,
        size: int = 12,
        extra: str = "",
    ) -> str:
        return (
            f'<text x="{px(x)}" y="{px(y)}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="{self.palette[token]}" {extra}>'
            f"{html.escape(text)}</text>"
        )

    def _colour(self, token: str) -> tuple[str, str]:
        name, _, alpha = token.removeprefix("@").partition("/")
        return self.palette[name], alpha

    def _fill(self, token: str) -> str:
        colour, alpha = self._colour(token)
        return f'fill="{colour}"' + (f' fill-opacity="{alpha}"' if alpha else "")

    def _stroke(self, token: str) -> str:
        colour, alpha = self._colour(token)
        return f'stroke="{colour}"' + (f' stroke-opacity="{alpha}"' if alpha else "")


def _nth(value: Any, i: int) -> Any:
    return value[i] if isinstance(value, (list, tuple)) else value


def _path(points: Sequence[tuple[float, float] | None], *, is_step: bool) -> str:
    path, previous = "", None
    for point in points:
        if point is None:
            previous = None
            continue
        if previous is None:
            path += f"M{px(point[0])} {px(point[1])}"
        elif is_step:
            path += f"H{px(point[0])}V{px(point[1])}"
        else:
            path += f"L{px(point[0])} {px(point[1])}"
        previous = point
    return path


def _text(text: str) -> str:
    """Plotly's text without its tags."""
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


def _bold(text: str) -> tuple[str, str]:
    """ "<b>name</b>  rest" -> its two parts."""
    found = re.fullmatch(r"<b>(.*?)</b>(.*)", text)
    return (_text(found[1]), _text(found[2])) if found else ("", _text(text))
