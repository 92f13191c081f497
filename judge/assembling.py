"""The files that are compiled together: a program and what its problem puts beside it."""

from __future__ import annotations

from judge.judgement import UNNAMED, Source
from judge.problem import Files, Problem, TaskType

#: What starts a program, of the files compiled with it: a file of this name.
_STARTS, _CMS_STARTS = ("main.",), ("main.", "grader.", "stub.")


def program_files(problem: Problem, files: Files, source: Source) -> list[tuple[str, bytes]]:
    """Names and contents, the entry first: an included main.* starts the program, else the candidate's does.

    An included main imports the candidate by the problem's name, so a program that came without a name gets it.
    """
    included = [
        (file.name, files.path(file.digest).read_bytes())
        for language in (source.family, "default")
        for file in problem.include.get(language, ())
    ]
    names = {name for name, _ in included}
    own = [
        (_own_name(problem, name, has_included=bool(included), is_entry=not place), content)
        for place, (name, content) in enumerate(source.files)
    ]
    own = [item for item in own if item[0] not in names]
    starts = _CMS_STARTS if problem.follows_cms else _STARTS
    mains = [item for item in included if item[0].lower().startswith(starts)]
    return [*mains, *own, *(item for item in included if item not in mains)]


def _own_name(problem: Problem, name: str, *, has_included: bool, is_entry: bool) -> str:
    stem, dot, extension = name.partition(".")
    if problem.task_type is TaskType.FUNCTION and is_entry:
        return UNNAMED + dot + extension  # where `judge.functions.loading` looks for it
    is_renamed = stem == UNNAMED or (problem.follows_cms and is_entry)  # CMS names what is handed in
    return problem.slug + dot + extension if has_included and is_renamed else name
