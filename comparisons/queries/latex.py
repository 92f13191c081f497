"""The LaTeX of problem statements as plain HTML: the few dozen commands that Kattis packages use.

Not a TeX. A command that is not known leaves its argument; formulas are
kept apart by the caller. What comes out is cleaned by `statements`, so nothing here has to be trusted.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

_INLINE = {
    "textbf": "strong",
    "bf": "strong",
    "emph": "em",
    "textit": "em",
    "it": "em",
    "texttt": "code",
    "tt": "code",
    "underline": "u",
    "section": "h2",
    "subsection": "h3",
    "paragraph": "h4",
    "caption": "figcaption",
}
#: Commands that say nothing to a reader of a page, with their arguments.
_DROPPED = re.compile(
    r"\\(?:problemname|includegraphics|label|vspace|hspace|setlength|cline|cite|hfill|vfill|illustration)\*?"
    r"(?:\[[^\]]{0,200}\])?(?:\{[^{}]*\})*"
)
_SIMPLE = {
    r"\\\\": "\n",
    r"\\(?:noindent|centering|hline|toprule|midrule|bottomrule|newpage|medskip|bigskip|smallskip|small)\b": "",
    r"\\(?:ldots|dots)\b(?:\{\})?": "…",
    r"\\(?:quad|qquad|,|;| )": " ",
    r"``": "“",
    r"''": "”",
    r"---": "—",
    r"--": "–",
    r"~": " ",
    r"\\([%$&#_{}])": r"\1",
}
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?(?:\[[^\]]{0,200}\])?\{([^{}]*)\}")
_HREF = re.compile(r"\\href\{([^{}]*)\}\{([^{}]*)\}")
#: The innermost ones: a body holds no other, and each start is read up to the next.
_LIST = re.compile(
    r"\\begin\{(itemize|enumerate)\}(?:\[[^\]]{0,200}\])?((?:(?!\\begin\{(?:itemize|enumerate)\}).)*?)\\end\{\1\}",
    re.DOTALL,
)
_TABLE = re.compile(
    r"\\begin\{(tabularx?)\}(?:\{[^{}]*\})?(?:\{(?:[^{}]|\{[^{}]*\})*\})((?:(?!\\begin\{tabularx?\}).)*?)\\end\{\1\}",
    re.DOTALL,
)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\]]{0,200}\])?(?:\{[^{}]*\})*")
_BLOCK = re.compile(r"^\s*<(?:h\d|ul|ol|table|figcaption)")


def to_html(text: str) -> str:
    """HTML of a statement's LaTeX; formulas must have been taken out before (their `$` would be shown)."""
    text = html.escape(re.sub(r"(?<!\\)%[^\n]*", "", text), quote=False).replace("&amp;", "&")
    text = _DROPPED.sub("", text)
    text = _repeated(_TABLE, _table, text)
    text = _repeated(_LIST, _list, text)
    for pattern, replacement in _SIMPLE.items():
        text = re.sub(pattern, replacement, text)
    # Before the commands: \begin would be taken for one, and leave its name.
    text = _ENVIRONMENT.sub("\n\n", text)
    text = _HREF.sub(r'<a href="\1">\2</a>', text)
    text = _repeated(_COMMAND, _command, text)
    text = re.sub(r"\\[A-Za-z]+\b\*?", "", text).replace("{", "").replace("}", "")
    text = re.sub(r"&(?!\w+;|#)", "&amp;", text)
    text = re.sub(r"(<h\d>.*?</h\d>)", r"\n\n\1\n\n", text)
    return "\n".join(_paragraph(part) for part in re.split(r"\n\s*\n", text) if part.strip())


def _repeated(pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], text: str) -> str:
    """From the inside out, until nothing is left to replace; bounded, because a statement is a stranger's."""
    for _ in range(12):
        text, n = pattern.subn(replace, text)
        if not n:
            break
    return text


def _command(match: re.Match[str]) -> str:
    tag = _INLINE.get(match[1])
    return f"<{tag}>{match[2]}</{tag}>" if tag else match[2]


def _list(match: re.Match[str]) -> str:
    tag = "ul" if match[1] == "itemize" else "ol"
    items = [item.strip() for item in re.split(r"\\item\b(?:\[[^\]]*\])?", match[2])[1:]]
    return f"\n\n<{tag}>" + "".join(f"<li>{item}</li>" for item in items) + f"</{tag}>\n\n"


def _table(match: re.Match[str]) -> str:
    body = re.sub(r"\\(?:hline|toprule|midrule|bottomrule|cline\{[^{}]*\})", "", match[2])
    rows = [row for row in re.split(r"\\\\(?:\[[^\]]*\])?", body) if row.strip()]
    cells = [re.split(r"(?<!\\)&(?!lt;|gt;)", row) for row in rows]
    lines = ("<tr>" + "".join(f"<td>{cell.strip()}</td>" for cell in row) + "</tr>" for row in cells)
    return "\n\n<table><tbody>" + "".join(lines) + "</tbody></table>\n\n"


def _paragraph(part: str) -> str:
    return part.strip() if _BLOCK.match(part) else f"<p>{part.strip()}</p>"
