"""Statements as HTML that is safe to show: no script, no style, no picture from elsewhere. Formulas stay text.

A statement is a stranger's file. Markdown is rendered without raw HTML and then cleaned like HTML, so that a fault in
the renderer does no harm.
"""

from __future__ import annotations

import html
import re

import nh3
from markdown_it import MarkdownIt

from comparisons.models import blobs
from comparisons.queries import latex
from judge.problem import Problem, Statement

_TAGS = set(
    [
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "br",
        "hr",
        "blockquote",
        "pre",
        "code",
        "em",
        "strong",
        "b",
        "i",
        "u",
        "s",
        "sub",
        "sup",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "span",
        "div",
        "a",
        "figure",
        "figcaption",
    ]
)
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
#: $…$ and $$…$$ on one paragraph: Markdown would read its underscores and asterisks as emphasis.
_MATH = re.compile(
    # No formula holds the start of another: without that, a text of starts alone would be read once for each.
    r"\$\$.+?\$\$|(?<!\\)\$[^$]{1,400}?(?<!\\)\$|\\\[(?:(?!\\\[).)+?\\\]|\\\((?:(?!\\\().)+?\\\)",
    re.DOTALL,
)
_BARE = re.compile(r"^(?:\$+|\\[\[(])|(?:\$+|\\[\])])$")
_NAME = re.compile(r"\\([A-Za-z]+|[{},])\s?")
_RAISED = re.compile(r"([_^])(?:\{([^{}]*)\}|(\w))")
_SIGNS = {
    "le": "≤ ", "leq": "≤ ", "ge": "≥ ", "geq": "≥ ", "ne": "≠ ", "neq": "≠ ", "lt": "< ", "gt": "> ",
    "cdot": "· ", "times": "× ", "dots": "… ", "ldots": "… ", "cdots": "… ", "in": "∈ ", "sum": "∑ ",
    "infty": "∞ ", "leftarrow": "← ", "rightarrow": "→ ", "to": "→ ", "quad": " ", "left": "", "right": "",
    "{": "{", "}": "}", ",": " ",
}  # fmt: skip
#: Statements are a few pages. A longer text is shown as it is written: rendering may take the square of its length.
_LONGEST_RENDERED = 64 << 10
_LONGEST_SHOWN = 1 << 20
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def statement_html(problem: Problem, *, language: str = "en") -> tuple[str, Statement | None]:
    """(safe HTML, the statement it is of), the one in `language` first; ("", statement) where it cannot be shown.

    A PDF cannot. ("", None) where the problem has no statement.
    """
    ordered = sorted(problem.statements, key=lambda one: (one.format == "pdf", one.language != language))
    if not ordered:
        return "", None
    statement = ordered[0]
    if statement.format == "pdf":
        return "", statement
    try:
        text = blobs.get(statement.file.digest).decode(errors="replace")
    except FileNotFoundError:
        return "", statement
    return render(text, statement.format), statement


def render(text: str, kind: str) -> str:
    """Safe HTML of a statement of `kind` markdown, latex or html (anything else, or more than a person writes, is
    shown as it is written)."""
    if len(text) > _LONGEST_RENDERED:
        text, kind = text[:_LONGEST_SHOWN], "source"
    if kind == "html":
        return _clean(text)
    if kind not in ("markdown", "latex"):
        return f'<pre class="statement-source">{html.escape(text)}</pre>'
    formulas: list[str] = []

    def keep(match: re.Match[str]) -> str:
        formulas.append(match.group(0))
        return f"\ue000{len(formulas) - 1}\ue001"

    kept = _MATH.sub(keep, text)
    rendered = _clean(_MARKDOWN.render(kept) if kind == "markdown" else latex.to_html(kept))
    return re.sub("\ue000(\\d+)\ue001", lambda m: f"<code>{_formula(formulas, int(m.group(1)))}</code>", rendered)


def _formula(formulas: list[str], number: int) -> str:
    """A formula as HTML: its source, the commonest signs in place of their names, indices and exponents set."""
    if number >= len(formulas):
        return ""
    text = _NAME.sub(lambda match: _SIGNS.get(match[1], match[0]), _BARE.sub("", formulas[number]).strip())
    return _RAISED.sub(_raised, html.escape(text))


def _raised(match: re.Match[str]) -> str:
    tag = "sub" if match[1] == "_" else "sup"
    return f"<{tag}>{match[2] or match[3] or ''}</{tag}>"


def _clean(text: str) -> str:
    # A link leaves the page only as http(s), and tells nobody where from.
    return nh3.clean(text, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https"}, link_rel="noreferrer")
