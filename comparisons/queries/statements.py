"""Statements as HTML that is safe to show: no script, no style, no picture from elsewhere; formulas as MathML.

A statement is a stranger's file. Pandoc reads it, in its sandbox (no files, no network) and within limits of time and
memory; what it makes is then cleaned. Pictures are those of the package alone, each by an address of this site.
"""

from __future__ import annotations

import html
import logging
import posixpath
import re
import subprocess
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import unquote

import nh3
import pypandoc

from comparisons.models import blobs
from judge.packages.statements import SUFFIXES, statement_text
from judge.problem import File, Problem, Statement

logger = logging.getLogger(__name__)

_TAGS = {
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "b", "i", "u",
    "s", "sub", "sup", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "span", "div",
    "a", "figure", "figcaption", "img",
}  # fmt: skip
#: MathML Core, presentation only.
_FORMULAS = {
    "math", "semantics", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac", "msqrt",
    "mroot", "mover", "munder", "munderover", "mtable", "mtr", "mtd", "mpadded", "mphantom", "mstyle",
    "mmultiscripts", "mprescripts", "none",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
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
_READERS = {
    "latex": "latex",
    "markdown": "commonmark-raw_html+tex_math_dollars+pipe_tables+strikeout",
    "html": "html-native_divs-native_spans+tex_math_dollars",
}
#: What the styles of Kattis and of the Italian olympiad define, as far as it is text.
_MACROS = r"""
\newcommand{\illustration}[3]{\begin{figure}\includegraphics{#2}\caption{#3}\end{figure}}
\newcommand{\InputFile}{\section*{Input}}
\newcommand{\OutputFile}{\section*{Output}}
\newcommand{\Interaction}{\section*{Interaction}}
\newcommand{\Implementation}{\section*{Implementation}}
\newcommand{\Constraints}{\section*{Constraints}}
\newcommand{\Scoring}{\section*{Scoring}}
\newcommand{\Examples}{\section*{Examples}}
\newcommand{\Explanation}{\section*{Explanation}}
\newcommand{\constraints}[1]{\mathrm{#1}}
\newcommand{\stconstraints}[1]{\mathrm{#1}}
"""
#: A picture as nh3 writes it, and what stands for one that the package does not hold.
_PICTURE = re.compile(r'<img(?: [a-z]+="[^"]*")*>')
_NO_PICTURE = "<em>[a picture that the package does not hold]</em>"
#: Statements are a few pages. A longer text is shown as it is written.
_LONGEST_RENDERED = 64 << 10
_LONGEST_SHOWN = 1 << 20
_WITHIN_S = 5
#: The page has its own first heading; no more memory than this.
_OPTIONS = ("--wrap=none", "--shift-heading-level-by=1", "+RTS", "-M256m", "-RTS")


def ordered_statements(problem: Problem, *, language: str = "en") -> list[Statement]:
    """The problem's statements, the one to show first: in `language`, as text rather than PDF."""
    return sorted(problem.statements, key=lambda one: (one.language != language, one.format == "pdf", one.language))


def statement_html(statement: Statement, address: Callable[[File], str] | None = None) -> str:
    """Safe HTML of the statement; "" where it cannot be shown as text: a PDF, or bytes that are gone. `address` is
    where a picture is to be had; without it none is shown."""
    if statement.format == "pdf":
        return ""
    try:
        text = statement_text(statement, blobs.get(statement.file.digest))
    except FileNotFoundError:
        return ""
    folder = posixpath.dirname(statement.file.name) or "."
    pictures = {posixpath.relpath(file.name, folder): address(file) for file in statement.pictures if address}
    return render(text, statement.format, tuple(pictures.items()))


def picture(problem: Problem, name: str) -> File | None:
    """The picture that a statement of the problem shows, by its name."""
    return next((file for one in problem.statements for file in one.pictures if file.name == name), None)


@lru_cache(maxsize=64)
def render(text: str, kind: str, pictures: tuple[tuple[str, str], ...] = ()) -> str:
    """Safe HTML of a statement of `kind` markdown, latex or html. `pictures`: names in the text -> addresses. Any other
    kind, more than a person writes, and what pandoc cannot read is shown as it is written."""
    if len(text) > _LONGEST_RENDERED or kind not in _READERS:
        return _as_written(text[:_LONGEST_SHOWN])
    command = [pypandoc.get_pandoc_path(), "--sandbox", "-f", _READERS[kind], "-t", "html5", "--mathml", *_OPTIONS]
    try:
        made = subprocess.run(
            command, input=_source(text, kind).encode(), capture_output=True, timeout=_WITHIN_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("A statement could not be rendered: %s", error)
        return _as_written(text)
    return _clean(made.stdout.decode(), dict(pictures))


def _source(text: str, kind: str) -> str:
    """What pandoc reads: with macros, and Polygon's $$$ around formulas as one $."""
    if kind == "html":
        return text.replace("$$$", "$")
    return _MACROS + text if kind == "latex" else text


def _as_written(text: str) -> str:
    return f'<pre class="statement-source">{html.escape(text)}</pre>'


def _clean(text: str, pictures: Mapping[str, str]) -> str:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "href":  # an address in the package leads nowhere here
            return value if value.startswith(("http://", "https://")) else None
        if (tag, name) != ("img", "src"):
            return value
        named = (pictures.get(posixpath.normpath(unquote(value)) + suffix) for suffix in ("", *SUFFIXES))
        return next(filter(None, named), None)

    # A link leaves the page only as http(s), and tells nobody where from.
    cleaned = nh3.clean(
        text,
        tags=_TAGS | _FORMULAS,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        clean_content_tags=_DROPPED,
        url_schemes={"http", "https"},
        link_rel="noreferrer",
    )
    return _PICTURE.sub(lambda match: match[0] if ' src="' in match[0] else _NO_PICTURE, cleaned)
