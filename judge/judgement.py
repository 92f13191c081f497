"""What is judged and what comes of it: a program, and its results on a problem. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from judge.grading import SubtaskResult
from judge.languages import LANGUAGES
from judge.sandbox.execution import Ending
from judge.verdicts import Verdict

#: What a program's file is called where nobody has named it.
UNNAMED = "solution"
#: The language of a `Source` that is a short answer: a text, not a program.
ANSWER_LANGUAGE = "answer"


@dataclass(frozen=True)
class Source:
    """A candidate's program. `files` are (name, content), compiled together; the first is the entry."""

    language: str
    files: tuple[tuple[str, bytes], ...]

    @property
    def family(self) -> str:
        """The language under which packages keep files for this program: C++ of any standard is "cpp"."""
        return LANGUAGES[self.language].family if self.language in LANGUAGES else self.language

    @classmethod
    def of(cls, text: str | bytes, language: str, *, name: str = UNNAMED) -> Self:
        """A program of one file, called `name` with the language's extension unless it has one."""
        content = text.encode() if isinstance(text, str) else text
        extension = LANGUAGES[language].extension if language in LANGUAGES else ""
        return cls(language, ((name if "." in name else name + extension, content),))


@dataclass(frozen=True)
class TestcaseResult:
    """One test of one judging. `score` is what it counts in its group (a fraction of 1 where a grader scales it).

    `ending` and `code` are the run's (None and 0 for SK and CE); times in CPU and wall seconds. `readings` are
    those of all repeats of a run near the limit, of which the least counts; empty for others (see `judge.near_limit`).
    """

    name: str
    verdict: Verdict
    score: float = 0.0
    cpu_time_s: float = 0.0
    wall_time_s: float = 0.0
    memory_mib: float = 0.0
    ending: Ending | None = None
    code: int = 0
    message: str = ""
    readings: tuple[float, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What one program got on one problem: overall, by subtask, and on every test (SK where it was not run). `score` is
    rounded where the package says so (`Problem.score_precision`), those of the subtasks are not."""

    verdict: Verdict
    score: float
    points: float
    compile_message: str
    subtasks: tuple[SubtaskResult, ...]
    testcases: tuple[TestcaseResult, ...]

    @property
    def cpu_time_s(self) -> float:
        """The slowest test's CPU seconds."""
        return max((test.cpu_time_s for test in self.testcases), default=0.0)

    @property
    def memory_mib(self) -> float:
        """The largest test's memory."""
        return max((test.memory_mib for test in self.testcases), default=0.0)
