"""A statement as a file of the package, with the pictures beside it that it shows."""

from __future__ import annotations

import html
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from judge.packages.bundle import Bundle
from judge.problem import File, Statement

#: Pictures that browsers show, in the order in which a name without a suffix is tried.
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")
FORMATS = {".md": "markdown", ".html": "html", ".tex": "latex", ".pdf": "pdf"}
#: Statements are a few pages; nobody waits for a picture of more.
_MOST_TEXT, _MOST_BYTES, _MOST_PICTURES = 256 << 10, 8 << 20, 100
#: A picture in LaTeX (Kattis's \\illustration has its width first), Markdown and HTML.
_SHOWN = re.compile(
    r"\\(?:includegraphics|illustration)\s{0,9}(?:\[[^][]{0,200}\]|\{[\d.]{0,9}\})?\s{0,9}\{([^{}\n]{1,300})\}"
    r"|!\[[^][]{0,300}\]\([ <]{0,9}([^()<>\s]{1,300})"
    r"|<img\s[^<>]{0,300}?src\s{0,9}=\s{0,9}[\"']?([^\"'<>\s]{1,300})",
    re.IGNORECASE,
)
#: A block of code between fences, in Markdown.
_CODE = re.compile(r"^```[^`\n]*\n.*?^```", re.MULTILINE | re.DOTALL)


def statement_text(statement: Statement, content: bytes) -> str:
    """The statement's text as its reader should have it. The IOI's translation system writes Markdown whose code has
    `<`, `>` and `&` as entities, which Markdown shows as they stand (`std::vector&lt;int&gt;`); they are undone."""
    text = content.decode("utf-8", "replace")
    if statement.format != "markdown" or "translations" not in PurePosixPath(statement.file.name).parts:
        return text
    return _CODE.sub(lambda block: block[0] if set("<>") & set(block[0]) else html.unescape(block[0]), text)


def read_statement(bundle: Bundle, language: str, format_: str, path: Path) -> Statement:
    """The statement in the file `path` of the package. Raises PackageError where it or a picture cannot be used."""
    file = bundle.file(path)
    if format_ == "pdf":
        return Statement(language, format_, file)
    text = bundle.real(path).read_bytes()[:_MOST_TEXT].decode("utf-8", "replace")
    return Statement(language, format_, file, pictures_of(bundle, text, path.parent))


def pictures_of(bundle: Bundle, text: str, folder: Path) -> tuple[File, ...]:
    """The pictures in `folder`, or below it, that the text names; others are left out."""
    found: dict[str, File] = {}
    for match in _SHOWN.finditer(text):
        name = unquote(match[1] or match[2] or match[3], errors="replace").strip()
        if (
            name.startswith("/")
            or ".." in PurePosixPath(name).parts
            or "\0" in name
            or len(name.encode("utf-8", "replace")) > 200
        ):
            continue
        paths = [folder / f"{name}{suffix}" for suffix in ("", *SUFFIXES)]
        path = next((path for path in paths if path.suffix.lower() in SUFFIXES and path.is_file()), None)
        if path is not None and bundle.real(path).stat().st_size <= _MOST_BYTES and len(found) < _MOST_PICTURES:
            file = bundle.file(path)
            found[file.name] = file
    return tuple(found.values())
