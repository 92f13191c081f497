"""What a model is told between its attempts, and what it may ask for."""

from __future__ import annotations

import pytest

from comparisons.samplers.prompts import CONTEST, Task, first_prompt
from comparisons.samplers.providers import Message, Prompt
from comparisons.samplers.recipes import Recipe, RecipeError
from comparisons.samplers.reviewing import (
    Seen,
    inputs_asked,
    newest_program,
    public_text,
    review_text,
    runs_text,
    said_to,
)


def test_blocks_labelled_run_are_inputs_and_no_programs() -> None:
    answer = "I try it.\n```python\nprint(input())\n```\n```run\n1 2\n```\nand\n```run\n3 4\n```\n"
    assert inputs_asked(answer) == ["1 2\n", "3 4\n"]
    assert newest_program([Message("assistant", answer)], "python3").source == "print(input())\n"
    assert inputs_asked("<think>\n```run\n1\n```\n</think>done") == []
    assert inputs_asked("```run\nnever closed") == []


def test_newest_program_is_the_last_that_any_answer_has() -> None:
    talk = [Message("assistant", "```python\nold\n```"), Message("user", "```python\nmine\n```")]
    assert newest_program(talk, "python3").source == "old\n"
    assert newest_program([*talk, Message("assistant", "no program")], "python3").source == "old\n"
    assert newest_program([Message("user", "hello")], "python3").no_program == "no program in the answer"


def test_results_show_the_failed_tests_with_what_was_expected() -> None:
    text = public_text(
        [Seen("passed", "1\n", "1\n", "1\n", 0.01, True), Seen("wrong answer", "2\n", "3\n", "4\n", 0.02)]
    )
    assert text.startswith("Your program was run on the public tests: 1 of 2 passed.")
    assert "Public test 2: wrong answer. 0.02 s of CPU.\nInput:\n```\n2\n```\nExpected:\n```\n4\n```\n" in text
    assert "Public test 1" not in text


def test_outputs_of_runs_say_how_many_turns_are_left() -> None:
    seen = [Seen("ended by itself", None, "7\n", cpu_time_s=0.5)]
    assert runs_text(seen, asked=9, left=1) == (
        "Run 1: ended by itself. 0.50 s of CPU.\nYour output:\n```\n7\n```\n\n"
        "Only the first 1 of 9 inputs were run.\n\n"
        "You may ask for runs in 1 more answer."
    )
    assert runs_text(seen, asked=1, left=0).endswith(
        "No more runs: give the complete program now, in one fenced code block."
    )


def test_review_says_the_results_first_and_how_to_run_last() -> None:
    plain = review_text(CONTEST, feedback="", run_turns=0, wants_answer=False)
    assert plain == CONTEST.review
    with_runs = review_text(CONTEST, feedback="RESULTS", run_turns=3, wants_answer=False)
    assert with_runs.startswith(f"RESULTS\n\n{CONTEST.review}\n\nBefore that") and "In up to 3 answers" in with_runs
    assert review_text(CONTEST, feedback="", run_turns=3, wants_answer=True) == CONTEST.review_answer


def test_fragment_of_an_answer_that_was_cut_off_is_no_program() -> None:
    cut_off = Message("assistant", "```python\nimport os\nos.", "length")
    assert newest_program([cut_off], "python3").no_program == "cut off before a program"
    whole = Message("assistant", "```python\nold\n```", "stop")
    assert newest_program([*said_to(Prompt(()), whole, "again").messages, cut_off], "python3").source == "old\n"


def test_review_goes_on_with_the_conversation() -> None:
    first = first_prompt(CONTEST, Task("Sums", "Add.", "batch", "cpp"))
    prompt = said_to(
        said_to(first, Message("assistant", "one"), "look again"), Message("assistant", "two"), "and again"
    )
    assert [message.role for message in prompt.messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [message.text for message in prompt.messages[2:]] == ["one", "look again", "two", "and again"]


def test_who_asks_for_a_review_and_not_how_often_gets_two_attempts() -> None:
    assert Recipe.of({"n": 1, "feedback": "public"}, {}).attempts == 2
    assert Recipe.of({"n": 1, "run_turns": 3}, {}).attempts == 2
    assert Recipe.of({"n": 1}, {}).attempts == 1
    assert Recipe.of({"n": 1, "run_turns": 3, "attempts": 4}, {}).runs_programs
    with pytest.raises(RecipeError, match="2 attempts or more"):
        Recipe.of({"n": 1, "feedback": "public", "attempts": 1}, {})
    with pytest.raises(RecipeError, match="feedback is 'hidden'"):
        Recipe.of({"n": 1, "feedback": "hidden"}, {})
