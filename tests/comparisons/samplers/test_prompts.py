"""Prompts: what is said of a problem, and which passages of a statement are about one subtask."""

from __future__ import annotations

import pytest

from comparisons.samplers.prompts import CONTEST, Aim, Task, aimed_statement, first_prompt

MARKDOWN = """# Sums

Add.

## Subtasks

1. (40 points) b = 0.
2. (60 points) No limits.
   Really none.

## Notes

End.
"""
TABLE = "## Scoring\n\nAll or nothing.\n\n## Subtasks\n\n| Subtask | Points |\n|---|---|\n| 1 | 40 |\n| 2 | 60 |\n"
LATEX = r"""\section*{Scoring}
\begin{tabular}{|l|l|}
\hline
$1$ & $40$ & b = 0 \\ \hline
$2$ & $60$ & none \\ \hline
\end{tabular}
"""
NAMED = "## Subtasks\n\n- **Subtask 1** (40): b = 0\n- **Subtask 2** (60): none\n"
HEADED = "## Subtasks\n\n### Subtask 1 (40 points)\nb = 0\n### Subtask 2 (60 points)\nnone\n"


@pytest.mark.parametrize(
    ("statement", "kept", "cut"),
    [
        (MARKDOWN, ["Add.", "2. (60", "Really none.", "End."], ["b = 0"]),
        (TABLE, ["All or nothing", "| Subtask |", "| 2 | 60 |"], ["| 1 | 40 |"]),
        (LATEX, ["\\begin{tabular}", "$2$", "\\end{tabular}"], ["$1$"]),
        (NAMED, ["Subtask 2"], ["Subtask 1"]),
        (HEADED, ["Subtask 2", "none"], ["Subtask 1", "b = 0"]),
    ],
    ids=["list", "table", "latex", "named", "headings"],
)
def test_statement_that_marks_its_subtasks_keeps_the_aimed_one(statement: str, kept: list[str], cut: list[str]) -> None:
    found, is_split = aimed_statement(statement, 2, 2)
    assert is_split
    assert [text in found for text in kept] == [True] * len(kept)
    assert [text in found for text in cut] == [False] * len(cut)


@pytest.mark.parametrize(
    ("statement", "n_subtasks"),
    [(MARKDOWN, 3), (MARKDOWN.replace("## Subtasks", "## Rules"), 2), ("Add two numbers.", 2), (MARKDOWN, 1)],
)
def test_statement_that_does_not_mark_them_is_left_whole(statement: str, n_subtasks: int) -> None:
    assert aimed_statement(statement, 1, n_subtasks) == (statement, False)


def test_prompt_says_statement_limits_samples_language_and_shape() -> None:
    task = Task("Sums", "Add two numbers.", "batch", "cpp", 2.0, 256, [("1 2\n", "3\n")])
    system, user = first_prompt(CONTEST, task).messages
    assert (system.role, system.text) == ("system", CONTEST.system)
    assert user.text == (
        "# Sums\n\nAdd two numbers.\n\nTime limit: 2 s. Memory limit: 256 MiB.\n\nSample input 1:\n```\n1 2\n```\n"
        "Sample output 1:\n```\n3\n```\n\nWrite a program in C++20. It reads the input from standard input and writes "
        "the answer to standard output.\n"
    )


def test_prompt_for_a_subtask_says_which_and_where_it_is_described() -> None:
    task = Task("Sums", "Add.", "batch", "python3", aim=Aim(2, "large", 60.0, False))
    text = first_prompt(CONTEST, task).messages[1].text
    assert 'Solve only subtask 2 (60 points, "large"). The statement says what it promises.' in text


def test_braces_of_a_statement_are_left_alone() -> None:
    task = Task("{title}", "Given {x} and {statement}.", "batch", "cpp")
    assert "Given {x} and {statement}." in first_prompt(CONTEST, task).messages[1].text


def test_short_answer_is_asked_for_in_a_box_and_without_a_language() -> None:
    prompt = first_prompt(CONTEST, Task("Sums", "What is 2 + 2?", "answer", ""))
    assert prompt.messages[0].text == CONTEST.system_answer
    assert prompt.messages[1].text == "# Sums\n\nWhat is 2 + 2?\n\nGive the final answer in \\boxed{}.\n"
