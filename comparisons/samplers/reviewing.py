"""What a model is told between its attempts: public-test results, what its program did on inputs it wrote, a request to
look again. Text in, text out; what was run, and where, is the caller's affair.

A model asks for runs in words that every API carries: fenced blocks labelled `run`, each an input for its newest
program. An answer without such blocks is the attempt's last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comparisons.samplers.parsing import Answer, labelled_blocks, parse_answer
from comparisons.samplers.prompts import SAMPLE_CHARS, Template, cut
from comparisons.samplers.providers.protocol import Message, Prompt

FEEDBACKS = ("none", "public")
#: Inputs of one turn that are run; the rest is said to be left out.
MOST_INPUTS = 8
RUN_LABEL = "run"
#: Tests that are shown in full; of the others only the verdict.
SHOWN_TESTS = 3
#: Characters that a model is told at most between two answers.
TOLD_CHARS = (max(3 * SHOWN_TESTS, MOST_INPUTS) + 1) * SAMPLE_CHARS


@dataclass(frozen=True)
class Seen:
    """One run as a model is told of it. `said`: a verdict, or how the run ended. `given` and `expected` are a public
    test's; None is not shown."""

    said: str
    given: str | None
    output: str | None
    expected: str | None = None
    cpu_time_s: float | None = None
    is_right: bool = False


def inputs_asked(answer: str) -> list[str]:
    """The inputs that an answer asks its program to be run on; none where it is final."""
    return labelled_blocks(answer.rpartition("</think>")[2], RUN_LABEL)


def newest_program(messages: Sequence[Message], language: str) -> Answer:
    """The last program in a conversation's answers, or why there is none."""
    found = Answer(no_program="no program in the answer")
    for message in reversed(messages):
        if message.role == "assistant":
            found = parse_answer(message.text, language=language, finish_reason=message.finish_reason)
            if found.source:
                break
    return found


def public_text(seen: Sequence[Seen]) -> str:
    """Results on the public tests, the first that failed in full."""
    right = sum(one.is_right for one in seen)
    lines = [f"Your program was run on the public tests: {right} of {len(seen)} passed."]
    wrong = [(number, one) for number, one in enumerate(seen, start=1) if not one.is_right]
    for number, one in wrong[:SHOWN_TESTS]:
        lines.append(_block(f"Public test {number}: {one.said}.", one))
    if len(wrong) > SHOWN_TESTS:
        lines.append("Also failed: " + ", ".join(f"{number} ({one.said})" for number, one in wrong[SHOWN_TESTS:]) + ".")
    return "\n\n".join(lines)


def runs_text(seen: Sequence[Seen], *, asked: int, left: int) -> str:
    """What a program did on the inputs that were asked for. `left`: turns with runs that may still follow."""
    lines = [_block(f"Run {number}: {one.said}.", one) for number, one in enumerate(seen, start=1)]
    if asked > len(seen):
        lines.append(f"Only the first {len(seen)} of {asked} inputs were run.")
    if left:
        lines.append(f"You may ask for runs in {left} more {'answer' if left == 1 else 'answers'}.")
    else:
        lines.append("No more runs: give the complete program now, in one fenced code block.")
    return "\n\n".join(lines)


def not_run_text(reason: str) -> str:
    """Why nothing could be run."""
    return f"Your program could not be run: {reason.strip()}"


def review_text(template: Template, *, feedback: str, run_turns: int, wants_answer: bool) -> str:
    """What asks for a further attempt: results first, then the request, then how to have inputs run."""
    parts = [feedback, template.review_answer if wants_answer else template.review]
    if run_turns and not wants_answer:
        parts.append(template.runs.format(turns=run_turns, inputs=MOST_INPUTS, label=RUN_LABEL))
    return "\n\n".join(part for part in parts if part)


def said_to(prompt: Prompt, answer: Message, text: str) -> Prompt:
    """The conversation, its newest answer, and what is said to that."""
    return Prompt((*prompt.messages, answer, Message("user", text)))


def _block(head: str, one: Seen) -> str:
    parts = [head if one.cpu_time_s is None else f"{head} {one.cpu_time_s:.2f} s of CPU."]
    for name, text in (("Input", one.given), ("Expected", one.expected), ("Your output", one.output)):
        if text is not None:
            parts.append(f"{name}:\n```\n{cut(text)}\n```")
    return "\n".join(parts)
