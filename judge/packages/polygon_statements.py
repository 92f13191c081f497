"""The statements of a Polygon package, in every language it has."""

from __future__ import annotations

import re
from pathlib import Path

from judge.packages.bundle import Bundle
from judge.packages.polygon_xml import Description
from judge.packages.statements import pictures_of, read_statement
from judge.problem import Statement

_ORDER = ("latex", "html", "pdf")
_FORMATS = {"text/html": "html", "application/x-tex": "latex", "application/pdf": "pdf"}
#: Polygon's names of languages -> BCP 47.
_LANGUAGES = {
    "arabic": "ar", "armenian": "hy", "azerbaijani": "az", "belarusian": "be", "bulgarian": "bg", "chinese": "zh",
    "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "finnish": "fi",
    "french": "fr", "georgian": "ka", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu",
    "indonesian": "id", "italian": "it", "japanese": "ja", "kazakh": "kk", "korean": "ko", "kyrgyz": "ky",
    "latvian": "lv", "lithuanian": "lt", "mongolian": "mn", "norwegian": "no", "persian": "fa", "polish": "pl",
    "portuguese": "pt", "romanian": "ro", "russian": "ru", "serbian": "sr", "slovak": "sk", "slovene": "sl",
    "spanish": "es", "swedish": "sv", "tajik": "tg", "thai": "th", "turkish": "tr", "turkmen": "tk", "ukrainian": "uk",
    "uzbek": "uz", "vietnamese": "vi",
}  # fmt: skip
#: Polygon's macros take what they set in braces: \bf{...}.
_MACROS = re.compile(r"\\(bf|it|tt|t)\{")
_STYLES = {"bf": "bf", "it": "it", "tt": "tt", "t": "tt"}
#: Sections in the order they are read in, with the headings Polygon gives them.
_SECTIONS = (
    ("legend", ""),
    ("input", "Input"),
    ("output", "Output"),
    ("interaction", "Interaction"),
    ("scoring", "Scoring"),
    ("notes", "Note"),
)


def language_tag(name: str) -> str:
    """The BCP 47 tag of a language by Polygon's name ("english"), "und" for one that is not known."""
    return _LANGUAGES.get(name.lower(), "und")


def read_statements(bundle: Bundle, description: Description, workspace: Path) -> tuple[Statement, ...]:
    """The statement of every language, English first: put together from its sections, then HTML and PDF. Polygon's own
    problem.tex, which needs its olymp.sty, is only taken where there are no sections."""
    found = [
        (language, _ORDER.index(_FORMATS[kind]), read_statement(bundle, language_tag(language), _FORMATS[kind], place))
        for language, kind, path in description.statements
        if kind in _FORMATS and (place := bundle.root / path).is_file()
    ]
    folder = bundle.root / "statement-sections"
    sections = {
        child.name: text
        for child in (bundle.children(folder) if folder.is_dir() else ())
        if child.is_dir() and (text := _of_sections(bundle, child))
    }
    found = [item for item in found if item[2].format != "latex" or item[0] not in sections]
    for language, text in sections.items():
        file = bundle.add(f"statement-sections/{language}/problem.tex", text.encode(), workspace)
        pictures = pictures_of(bundle, text, folder / language)
        found.append((language, 0, Statement(language_tag(language), "latex", file, pictures)))
    found.sort(key=lambda item: (item[2].language != "en", item[0], item[1]))
    return tuple(statement for _, _, statement in found)


def _of_sections(bundle: Bundle, folder: Path) -> str:
    """LaTeX of the sections and examples in `folder`; "" where there is no legend."""
    parts = []
    for name, heading in _SECTIONS:
        path = folder / f"{name}.tex"
        if path.is_file() and (text := bundle.text(path).strip()):
            text = _MACROS.sub(lambda match: f"\\text{_STYLES[match[1]]}{{", text)
            parts.append(f"\\section*{{{heading}}}\n{text}" if heading else text)
        elif name == "legend":
            return ""
    parts += [
        f"\\section*{{{title}}}\n\\begin{{verbatim}}\n{bundle.text(path).rstrip()}\n\\end{{verbatim}}"
        for title, path in _examples(bundle, folder)
    ]
    return "\n\n".join(parts)


def _examples(bundle: Bundle, folder: Path) -> list[tuple[str, Path]]:
    inputs = [path for path in bundle.children(folder) if re.fullmatch(r"example\.\d+", path.name)]
    named = [(f"Example {number}: {kind}", path) for number, one in enumerate(inputs, start=1)
             for kind, path in (("input", one), ("output", one.with_name(f"{one.name}.a")))]  # fmt: skip
    return [(title, path) for title, path in named if path.is_file()]
