"""May a program be sent to a problem at all? Its language and size, where the package says something of them."""

from __future__ import annotations

from collections.abc import Sequence

from judge.judgement import Source
from judge.languages import LANGUAGES
from judge.problem import Problem, TaskType


def refusal(problem: Problem, source: Source) -> str:
    """Why the program is not compiled, let alone judged, as the end of a sentence; "" where it is."""
    if source.language not in LANGUAGES:
        return f"{source.language or 'its language'} does not run here"
    family = source.family
    if problem.languages and family not in problem.languages:
        return f"the problem allows {_titles(problem.languages)}, not {LANGUAGES[source.language].title}"
    if problem.task_type is TaskType.FUNCTION and family not in problem.include:
        return f"the tests call a function in {_titles(sorted(problem.include))}"
    if problem.follows_cms and problem.include and family not in problem.include:
        return f"the problem has a grader in {_titles(sorted(problem.include))} only"
    size = sum(len(content) for _, content in source.files)
    if problem.code_kib and size > problem.code_kib << 10:
        return f"the source has {size / 1024:,.1f} KiB; the problem allows {problem.code_kib}"
    return ""


def _titles(languages: Sequence[str]) -> str:
    return " or ".join(LANGUAGES[slug].title if slug in LANGUAGES else slug for slug in languages)
