"""May a program be sent to a problem at all? Its language and size, where the package says something of them."""

from __future__ import annotations

from judge.judgement import Source
from judge.languages import LANGUAGES
from judge.problem import Problem


def refusal(problem: Problem, source: Source) -> str:
    """Why the original judge would not take the program, as a sentence; "" where it would."""
    if problem.languages and source.family not in problem.languages:
        names = " or ".join(LANGUAGES[slug].title if slug in LANGUAGES else slug for slug in problem.languages)
        return f"not judged: the problem allows {names}, not {LANGUAGES[source.language].title}"
    size = sum(len(content) for _, content in source.files)
    if problem.code_kib and size > problem.code_kib << 10:
        return f"not judged: the source has {size / 1024:,.1f} KiB; the problem allows {problem.code_kib}"
    return ""
