"""Statements as HTML that is safe to show: no script, no style, no picture from elsewhere; formulas as MathML.

A statement is a stranger's file. Pandoc reads LaTeX and Markdown, in its sandbox (no files, no network) and within
limits of time and memory; what it makes is then cleaned like a statement that comes as HTML.
"""

from __future__ import annotations

import html
import logging
import subprocess
from functools import lru_cache

import nh3
import pypandoc

from comparisons.models import blobs
from judge.problem import Problem, Statement

logger = logging.getLogger(__name__)

_TAGS = {
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "b", "i", "u",
    "s", "sub", "sup", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "span", "div",
    "a", "figure", "figcaption",
}  # fmt: skip
#: MathML Core, presentation only.
_FORMULAS = {
    "math", "semantics", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac", "msqrt",
    "mroot", "mover", "munder", "munderover", "mtable", "mtr", "mtd", "mpadded", "mphantom", "mstyle",
    "mmultiscripts", "mprescripts", "none",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "math": {"display"},
    "mo": {"form", "stretchy", "fence", "separator", "accent", "lspace", "rspace"},
    "mi": {"mathvariant"},
    "mspace": {"width"},
    "mtable": {"columnalign"},
    "mtd": {"columnspan", "rowspan", "columnalign"},
    "mover": {"accent"},
    "munder": {"accentunder"},
}
#: What lies in these is no text either. An annotation is a formula's source, which pandoc gives beside it.
_DROPPED = {"script", "style", "annotation", "annotation-xml"}
_READERS = {"latex": "latex", "markdown": "commonmark-raw_html+tex_math_dollars+pipe_tables+strikeout"}
#: Statements are a few pages. A longer text is shown as it is written.
_LONGEST_RENDERED = 64 << 10
_LONGEST_SHOWN = 1 << 20
_WITHIN_S = 5
#: The page has its own first heading; no more memory than this.
_OPTIONS = ("--wrap=none", "--shift-heading-level-by=1", "+RTS", "-M256m", "-RTS")


def ordered_statements(problem: Problem, *, language: str = "en") -> list[Statement]:
    """The problem's statements, the one to show first: in `language`, as text rather than PDF."""
    return sorted(problem.statements, key=lambda one: (one.language != language, one.format == "pdf", one.language))


def statement_html(statement: Statement) -> str:
    """Safe HTML of the statement; "" where it cannot be shown as text: a PDF, or bytes that are gone."""
    if statement.format == "pdf":
        return ""
    try:
        text = blobs.get(statement.file.digest).decode(errors="replace")
    except FileNotFoundError:
        return ""
    return render(text, statement.format)


@lru_cache(maxsize=64)
def render(text: str, kind: str) -> str:
    """Safe HTML of a statement of `kind` markdown, latex or html. Anything else, more than a person writes, and what
    pandoc cannot read is shown as it is written."""
    if len(text) > _LONGEST_RENDERED:
        return _as_written(text[:_LONGEST_SHOWN])
    if kind == "html":
        return _clean(text)
    if kind not in _READERS:
        return _as_written(text)
    command = [pypandoc.get_pandoc_path(), "--sandbox", "-f", _READERS[kind], "-t", "html5", "--mathml", *_OPTIONS]
    try:
        made = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_WITHIN_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("A statement could not be rendered: %s", error)
        return _as_written(text)
    return _clean(made.stdout.decode())


def _as_written(text: str) -> str:
    return f'<pre class="statement-source">{html.escape(text)}</pre>'


def _clean(text: str) -> str:
    # A link leaves the page only as http(s), and tells nobody where from.
    return nh3.clean(
        text,
        tags=_TAGS | _FORMULAS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_DROPPED,
        url_schemes={"http", "https"},
        link_rel="noreferrer",
    )
