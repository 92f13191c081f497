"""A model's raw answer -> the program in it. The rules are few, exact, and the same for imports and for sampling.

1. What a model thinks aloud is dropped: everything up to the last `</think>`.
2. Fenced blocks (three or more backticks or tildes alone on a line, an optional label) are the programs offered. Empty
   blocks and blocks with a label that is no programming language (`text`, `json`, `bash`, ...) are not.
3. Where a language was asked for: the last block labelled with it, else the last unlabelled block, else the last block
   labelled with any known language. Where none was asked for: the last block labelled with a known language, else the
   last unlabelled block.
4. A labelled fence inside an open block opens the block anew (models sometimes write the fence twice). A fence that
   is never closed runs to the end of the answer.
5. An answer that was cut off (finish reason "length"), or that its provider's filter ended, has no program, whatever
   blocks it has: what there is may be a draft, and the last one missing.
6. An answer without fences is a program as a whole if it reads as one (`detect_language` knows it); else there is none.

An answer that is known to be a program already (a record's `source`, HumanEval's `completion`) never comes here: it
is taken as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Labels of fences and records, lower case -> slug of a language. What is not here is no program.
LANGUAGE_LABELS: dict[str, str] = {
    **dict.fromkeys(("cpp", "c++", "cc", "cxx", "hpp", "cpp11", "cpp14", "cpp17"), "cpp"),
    **dict.fromkeys(("c++11", "c++14", "c++17", "gnu++17", "g++"), "cpp"),
    **dict.fromkeys(("cpp20", "c++20", "gnu++20"), "cpp20"),
    **dict.fromkeys(("cpp23", "c++23", "c++2b", "gnu++23"), "cpp23"),
    **dict.fromkeys(("python3", "python", "py", "py3", "python 3", "pypy", "pypy3", "python2"), "python3"),
    **dict.fromkeys(("c", "c11", "c17", "gnu11"), "c"),
    **dict.fromkeys(("java", "java17", "java21"), "java"),
    **dict.fromkeys(("javascript", "js", "node"), "javascript"),
    **dict.fromkeys(("rust", "rs"), "rust"),
    **dict.fromkeys(("go", "golang"), "go"),
    **dict.fromkeys(("csharp", "c#", "cs"), "csharp"),
    "kotlin": "kotlin",
    "haskell": "haskell",
    "ruby": "ruby",
    "pascal": "pascal",
}

#: Finish reasons of providers that mean: the answer was cut off, or refused.
CUT_OFF = frozenset({"length", "max_tokens", "max_output_tokens", "MAX_TOKENS", "model_length", "truncated"})
REFUSED = frozenset({"content_filter", "refusal", "refused"})
REFUSED_ANSWER = "refused"

#: Why an answer has no program, as `parse_answer` says it.
EMPTY, ALL_CUT_OFF = "empty answer", "cut off before a program"
CUT_OFF_LATER = "cut off: its last program may be missing"
NO_BLOCK, NO_PROGRAM_AT_ALL = "no fenced block holds a program", "no program in the answer"
NO_PROGRAM_REASONS = (EMPTY, ALL_CUT_OFF, CUT_OFF_LATER, NO_BLOCK, NO_PROGRAM_AT_ALL)

_FENCE = re.compile(r"^[ \t]{0,3}(?P<mark>`{3,}|~{3,})[ \t]*(?P<label>[^`\n]*)$", re.MULTILINE)
_CPP = re.compile(r"^\s*#\s*include\s*[<\"]|\bint\s+main\s*\(|\busing\s+namespace\s+\w+\s*;|\bstd::", re.MULTILINE)
_PYTHON = re.compile(
    r"^(?:from\s+[\w.]+\s+import\s|import\s+[\w.]+|def\s+\w+\s*\(.*:|class\s+\w+.*:|if\s+__name__\s*==|for\s+.+\s+in\s.+:"
    r"|while\s.+:|if\s.+:|[\w, ]+=\s*(?:int|list|map|input|sys\.)|print\s*\()",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Answer:
    """The program of an answer and its language ("" if it cannot be told), or why there is none."""

    source: str = ""
    language: str = ""
    no_program: str = ""


@dataclass(frozen=True)
class _Block:
    language: str | None  # None: labelled with something that is no language; "": not labelled
    text: str
    is_closed: bool
    label: str = ""


def parse_answer(raw: str, *, language: str = "", finish_reason: str = "") -> Answer:
    """The program in a raw answer by the rules above. `language` is the slug that was asked for, "" if none was."""
    if finish_reason in REFUSED:
        return Answer(no_program=REFUSED_ANSWER)
    is_cut_off = finish_reason in CUT_OFF
    text = raw.rpartition("</think>")[2]
    if not text.strip():
        return Answer(no_program=ALL_CUT_OFF if is_cut_off else EMPTY)
    blocks = _blocks(text)
    offered = [b for b in blocks if b.language is not None and b.text.strip()]
    if is_cut_off:
        return Answer(no_program=CUT_OFF_LATER if any(b.is_closed for b in offered) else ALL_CUT_OFF)
    block = _chosen(offered, language)
    if block is not None:
        found = block.language or language or detect_language(block.text)
        return Answer(source=block.text, language=found)
    if blocks:
        return Answer(no_program=NO_BLOCK)
    detected = detect_language(text)
    if detected:
        return Answer(source=text, language=language or detected)
    return Answer(no_program=NO_PROGRAM_AT_ALL)


def unanswered(finish_reason: str) -> str:
    """Why an answer that ended so holds no short answer, whatever is in it; "" where it may."""
    if finish_reason in REFUSED:
        return REFUSED_ANSWER
    return "cut off before an answer" if finish_reason in CUT_OFF else ""


def is_refused(finish_reason: str, no_program: str) -> bool:
    """True where the model or its provider refused to answer."""
    return finish_reason in REFUSED or "refus" in no_program.lower()


def labelled_blocks(text: str, label: str) -> list[str]:
    """The texts of the closed fenced blocks with this label, in order."""
    return [block.text for block in _blocks(text) if block.label == label and block.is_closed]


#: Characters; a program shows its language long before.
_LOOKED_AT = 256 << 10


def normal_language(label: str) -> str:
    """The slug of a language as people write it ("C++17" is "cpp"); an unknown label in lower case."""
    cleaned = label.strip().lower()
    return LANGUAGE_LABELS.get(cleaned, cleaned)


def detect_language(source: str) -> str:
    """ "cpp" or "python3" by the program's own look, "" where neither shows. Looks at its beginning."""
    source = source[:_LOOKED_AT]
    if _CPP.search(source):
        return "cpp"
    if _PYTHON.search(source):
        return "python3"
    return ""


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opening is None or _label(fence):
            opening = fence
        elif _closes(fence, opening):
            blocks.append(_block(opening, text[opening.end() + 1 : fence.start()], is_closed=True))
            opening = None
    if opening is not None:
        blocks.append(_block(opening, text[opening.end() + 1 :], is_closed=False))
    return blocks


def _closes(fence: re.Match[str], opening: re.Match[str]) -> bool:
    mark, opened = fence["mark"], opening["mark"]
    return mark[0] == opened[0] and len(mark) >= len(opened)


def _label(fence: re.Match[str]) -> str:
    return str(fence["label"]).strip()


def _block(opening: re.Match[str], text: str, *, is_closed: bool) -> _Block:
    label = _label(opening).lower()
    word = re.split(r"[\s,{:]", label, maxsplit=1)[0]
    language = "" if not label else LANGUAGE_LABELS.get(label, LANGUAGE_LABELS.get(word))
    return _Block(language, text, is_closed, word)


def _chosen(blocks: list[_Block], language: str) -> _Block | None:
    asked = [block for block in blocks if language and block.language == language]
    unlabelled = [block for block in blocks if block.language == ""]
    labelled = [block for block in blocks if block.language]
    order = (asked, unlabelled, labelled) if language else (labelled, unlabelled)
    return next((group[-1] for group in order if group), None)
