"""Prompt templates, by version, and the parts of a statement they are filled with.

A template that was used is never edited: a change is a new version, and a pool keeps the text it was drawn with. Which
statements there are and where their bytes lie is the caller's affair: everything here is text in, text out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from comparisons.samplers.providers.protocol import Message, Prompt

#: Sample tests that a prompt shows, and characters of each side.
SAMPLES, SAMPLE_CHARS = 5, 2000

LANGUAGE_NAMES = {
    "cpp": "C++20",
    "python3": "Python 3",
    "c": "C17",
    "java": "Java",
    "rust": "Rust",
    "go": "Go",
    "javascript": "JavaScript",
    "csharp": "C#",
}

_SHAPES = {
    "batch": "It reads the input from standard input and writes the answer to standard output.",
    "batch-grader": (
        "It implements the functions that the statement names; they are compiled with the contest's grader, so it has "
        "no main function and reads and writes nothing by itself."
    ),
    "interactive": "It talks to the judge over standard input and output and flushes after every message.",
    "communication": "It implements the functions that the statement names, or talks to the manager as described.",
    "function": "It has exactly the class, function and parameters that the statement names.",
}


class Part(NamedTuple):
    """A part of a template: what it is called, when it is said, and its text."""

    title: str
    about: str
    text: str


_PARTS = (
    ("system", "System", "Said first, where a program is asked for."),
    ("user", "Question", "Statement, limits and public tests; for one subtask the part below as well."),
    ("aim", "For one subtask", "The statement's passages about other subtasks are cut out where it marks them."),
    (
        "review",
        "Review",
        "Asks for a further attempt; before it stand the results on the public tests, where told.",
    ),
    ("runs", "Runs", "Added to a review in which the model may have its program run."),
    ("system_answer", "System, short answers", "Said first, where a short answer is asked for."),
    ("user_answer", "Question, short answers", ""),
    ("review_answer", "Review, short answers", ""),
)


@dataclass(frozen=True)
class Template:
    """A versioned prompt. `{name}` parts are filled in; `aim` is said where one subtask is aimed at, `review` asks a
    model to look at its own answer again, `runs` says how it may have its program run meanwhile. The parts called
    `…_answer` stand in where a short answer is asked for, not a program."""

    slug: str
    version: int
    system: str
    user: str
    aim: str
    review: str
    runs: str
    system_answer: str
    user_answer: str
    review_answer: str

    @property
    def shown(self) -> list[Part]:
        """Its parts as a page shows them, in the order a model reads them."""
        return [Part(title, about, getattr(self, name).replace("{{}}", "{}")) for name, title, about in _PARTS]

    @property
    def name(self) -> str:
        """What a pool is said to be drawn with."""
        return f"{self.slug}-v{self.version}"


@dataclass(frozen=True)
class Aim:
    """The subtask a prompt is for. `is_split`: the other subtasks' passages are cut out of the statement."""

    index: int
    name: str
    points: float
    is_split: bool


@dataclass(frozen=True)
class Task:
    """What a prompt says of a problem. `samples`: (input, output or None) of the public tests."""

    title: str
    statement: str
    task_type: str
    language: str
    time_limit_s: float | None = None
    memory_limit_mib: int | None = None
    samples: Sequence[tuple[str, str | None]] = ()
    aim: Aim | None = None


CONTEST = Template(
    slug="contest",
    version=1,
    system=(
        "You solve problems of programming contests. Think as long as you need. End with the complete program in one "
        "fenced code block labelled with its language; nothing else of your answer is read."
    ),
    user="{title}{statement}\n{limits}{samples}\n{aim}Write a program in {language}. {shape}",
    aim=(
        "Solve only subtask {index} ({points} points{name}). {where} Only its tests count: a program that solves "
        "nothing else is welcome, and should be as simple and as fast as that subtask allows.\n\n"
    ),
    review=(
        "Look at your answer again. Check it against the statement and on small cases, and look for inputs on which it "
        "would be wrong or too slow. Then give the complete program once more, corrected where it was wrong, in one "
        "fenced code block."
    ),
    runs=(
        "Before that you may have your program run on inputs you write: give the program in its fenced code block, and "
        "each input in a fenced block of its own labelled `{label}` (at most {inputs}). You are told what it printed. "
        "In up to {turns} answers you may do so; an answer without such a block is your final one."
    ),
    system_answer=(
        "You solve problems that have a short answer. Think as long as you need. End with the answer alone in "
        "\\boxed{}; nothing else of your answer is read."
    ),
    user_answer="{title}{statement}\n\nGive the final answer in \\boxed{{}}.",
    review_answer=(
        "Look at your answer again. Check every step against the question, and look for a mistake. Then give the final "
        "answer once more in \\boxed{}, corrected where it was wrong."
    ),
)

#: By name; the first is the default.
TEMPLATES: dict[str, Template] = {template.name: template for template in (CONTEST,)}
DEFAULT = CONTEST


def first_prompt(template: Template, task: Task) -> Prompt:
    """What is asked for a draw's first attempt."""
    if task.task_type == "answer":
        asked = template.user_answer.format(title=_title(task), statement=task.statement.strip())
        return Prompt((Message("system", template.system_answer), Message("user", asked.rstrip() + "\n")))
    text = template.user.format(
        title=_title(task),
        statement=task.statement.strip(),
        limits=_limits(task),
        samples=_samples(task),
        aim=_aim(template, task.aim),
        language=LANGUAGE_NAMES.get(task.language, task.language) or "C++20 or Python 3",
        shape=shape(task),
    )
    return Prompt((Message("system", template.system), Message("user", text.rstrip() + "\n")))


def task_text(task: Task) -> str:
    """The problem as prompts begin: title, statement, limits, public tests. It ends with an empty line."""
    return f"{_title(task)}{task.statement.strip()}\n{_limits(task)}{_samples(task)}\n"


def shape(task: Task) -> str:
    """What a solution of this type of task looks like, as a sentence; "" where there is nothing to say."""
    return _SHAPES.get(task.task_type, "")


def where(aim: Aim) -> str:
    """Where the statement of a prompt tells what this subtask promises."""
    return "The statement above is this subtask's." if aim.is_split else "The statement says what it promises."


_HEADING = re.compile(r"^\s*(?:#{1,6}\s*|\\(?:sub)*section\*?\{|<h\d[^>]*>)(?P<title>[^}<\n]*)", re.IGNORECASE)
_SECTION = re.compile(r"sub-?tasks?|scoring|grading|score|test groups?", re.IGNORECASE)
_ITEM = re.compile(
    r"^\s*(?:[-*+]\s+|\|\s*|\d+[.)]\s+|\\item\s*|<li[^>]*>\s*|<tr[^>]*>\s*)*\**\s*"
    r"(?:(?:sub-?task|group|test group)\s*#?\s*(?P<named>\d+)\b|(?P<number>\d+)\s*(?:[.)|&:]|$))",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^\s*(?P<number>\d+)[.)]\s+")


def aimed_statement(statement: str, index: int, n_subtasks: int) -> tuple[str, bool]:
    """(the statement without the passages about other subtasks, whether it marks them).

    Marked means: under a heading that speaks of subtasks, scoring or groups, exactly the items 1..n_subtasks stand in
    order, one a line (a list item or the row of a table; lines that follow an item belong to it). Anything else is
    left as it is, whole: a passage that is cut wrongly would be worse than one too many.
    """
    lines = statement.splitlines()
    for start, stop in _sections(lines) if n_subtasks > 1 else ():
        places: dict[int, int] = {}
        for at in range(start, stop):
            if _number(lines[at]) == len(places) + 1:
                places[len(places) + 1] = at
        if len(places) == n_subtasks and index in places:
            end = _end_of_items(lines, places[n_subtasks], stop)
            bounds = [*(places[number] for number in range(1, n_subtasks + 1)), end]
            kept = lines[: bounds[0]] + lines[bounds[index - 1] : bounds[index]] + lines[end:]
            return "\n".join(kept) + "\n", True
    return statement, False


def _sections(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where passages under a heading that speaks of subtasks begin and end. A heading that names one is an item."""
    headings = [at for at, line in enumerate(lines) if _HEADING.match(line) and _number(line) is None]
    for at, following in pairwise([*headings, len(lines)]):
        found = _HEADING.match(lines[at])
        if found and _SECTION.search(found["title"]):
            yield at + 1, following


def _number(line: str) -> int | None:
    """The subtask that a line begins to speak of."""
    plain = line.lstrip("#").replace("\\hline", "").replace("$", "").replace("**", "")
    found = _NUMBERED.match(plain) or _ITEM.match(plain)
    if found is None:
        return None
    groups = found.groupdict()
    return int(groups.get("named") or groups["number"])


def _end_of_items(lines: Sequence[str], last: int, stop: int) -> int:
    """The line after the last item: at the next empty line or where the list or table ends."""
    at = last + 1
    while at < stop and lines[at].strip() and not re.match(r"\s*(\\end\{|</(ol|ul|table|tbody)>)", lines[at]):
        at += 1
    return at


def _limits(task: Task) -> str:
    parts = []
    if task.time_limit_s is not None:
        parts.append(f"Time limit: {task.time_limit_s:g} s")
    if task.memory_limit_mib is not None:
        parts.append(f"Memory limit: {task.memory_limit_mib} MiB")
    return f"\n{'. '.join(parts)}.\n" if parts else ""


def _samples(task: Task) -> str:
    """The public tests; none where a test is a conversation."""
    if task.task_type in ("interactive", "communication"):
        return ""
    shown = []
    for number, (given, expected) in enumerate(task.samples[:SAMPLES], start=1):
        shown.append(f"\nSample input {number}:\n```\n{cut(given)}\n```\n")
        if expected is not None:
            shown.append(f"Sample output {number}:\n```\n{cut(expected)}\n```\n")
    return "".join(shown)


def cut(text: str) -> str:
    """The beginning of an input or output, as much as a prompt shows of it."""
    text = text.rstrip("\n")
    return text if len(text) <= SAMPLE_CHARS else f"{text[:SAMPLE_CHARS]}\n…"


def _title(task: Task) -> str:
    """A statement that begins with its own heading has its title."""
    return "" if _HEADING.match(task.statement.strip()) else f"# {task.title}\n\n"


def _aim(template: Template, aim: Aim | None) -> str:
    if aim is None:
        return ""
    is_named = aim.name and aim.name not in (f"group{aim.index}", f"subtask{aim.index}", str(aim.index))
    name = f', "{aim.name}"' if is_named else ""
    return template.aim.format(index=aim.index, points=f"{aim.points:g}", name=name, where=where(aim))
