"""Programs as numbered lines with quiet colours. Rules for C++ and Python, no grammar: what they miss stays plain."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_CPP_KEYWORDS = (
    "auto break case catch class const constexpr continue default delete do else enum explicit extern false for "
    "friend goto if inline namespace new nullptr operator private protected public register return sizeof static "
    "struct switch template this throw true try typedef typename union using virtual volatile while"
)
_CPP_TYPES = (
    "bool char double float int long short signed size_t ssize_t string unsigned void vector map set pair queue deque "
    "stack array bitset multiset priority_queue unordered_map unordered_set int32_t int64_t uint32_t uint64_t ll"
)
_PYTHON_KEYWORDS = (
    "and as assert async await break class continue def del elif else except False finally for from global if import "
    "in is lambda None nonlocal not or pass raise return True try while with yield match case"
)
_PYTHON_TYPES = "int str float bool list dict set tuple bytes range len print input map sorted sum min max zip"


def _words(words: str) -> str:
    return r"\b(?:" + "|".join(words.split()) + r")\b"


_NUMBER = r"\b(?:0[xX][0-9a-fA-F']+|\d[\d']*(?:\.\d*)?(?:[eE][+-]?\d+)?)[uUlLfF]*\b"
_CPP = re.compile(
    r"(?P<c>//[^\n]*|/\*.*?\*/|^[ \t]*\#[^\n]*)"
    r"|(?P<s>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
    rf"|(?P<k>{_words(_CPP_KEYWORDS)})|(?P<ty>{_words(_CPP_TYPES)})|(?P<n>{_NUMBER})",
    re.DOTALL | re.MULTILINE,
)
_PYTHON = re.compile(
    r"(?P<c>\#[^\n]*)"
    r"|(?P<s>[rbfRBF]{0,2}(?:\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))"
    rf"|(?P<k>{_words(_PYTHON_KEYWORDS)})|(?P<ty>{_words(_PYTHON_TYPES)})|(?P<n>{_NUMBER})",
    re.DOTALL,
)
_RULES = {
    **dict.fromkeys(("cpp", "cpp20", "cpp23", "c", "java", "rust", "go", "javascript"), _CPP),
    **dict.fromkeys(("python3", "python", "pypy3"), _PYTHON),
}

#: A longer program is shown without colours: they cost time and help nobody there.
LONGEST_COLOURED = 100_000


@register.simple_tag
def source_lines(source: str, language: str) -> SafeString:
    """The program as `<pre>` with one element a line, each with its number and an address (#L12)."""
    rules = _RULES.get(language) if len(source) <= LONGEST_COLOURED else None
    text = source.replace("\r\n", "\n").rstrip("\n")
    lines = (_coloured(text, rules) if rules else escape(text)).split("\n")
    # Every piece is escaped by `_coloured` or `escape`; the rest is ours.
    numbered = "".join(f'<span class="l" id="L{n}">{line}\n</span>' for n, line in enumerate(lines, 1))
    return format_html('<pre class="code"><code id="src">{}</code></pre>', mark_safe(numbered))  # noqa: S308


def _coloured(text: str, rules: re.Pattern[str]) -> str:
    pieces: list[str] = []
    end = 0
    for match in rules.finditer(text):
        pieces.append(escape(text[end : match.start()]))
        # A token over several lines is closed and opened at each break, because every line is an element.
        pieces.append("\n".join(f'<span class="{match.lastgroup}">{escape(p)}</span>' for p in match[0].split("\n")))
        end = match.end()
    pieces.append(escape(text[end:]))
    return "".join(pieces)


@register.filter
def line_count(source: str) -> int:
    """Lines of a program."""
    return len(source.rstrip("\n").split("\n"))


@register.filter
def byte_size(source: str) -> int:
    """Bytes of a program as a file."""
    return len(source.encode())
