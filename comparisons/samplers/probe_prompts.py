"""Prompt templates for the programs that make probes, by version: generators, validators, brute-force programs.

As with `prompts`, a template that was used is never edited: a change is a new version, and a probe set keeps the name
of the one its programs were asked for with. What the prompts promise is what `judge.inputs` does with the programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comparisons.samplers.prompts import LANGUAGE_NAMES, Part, Task, shape, task_text, where
from comparisons.samplers.providers.protocol import Message, Prompt


@dataclass(frozen=True)
class ProbeTemplate:
    """A versioned set of prompts, one for each role: what is asked for after the statement. `{language}` and `{scope}`
    are filled in."""

    slug: str
    version: int
    system: str
    asks: Mapping[str, str]

    @property
    def shown(self) -> list[Part]:
        """Its parts as a page shows them."""
        asks = [Part(role.capitalize(), f"Asked for a {role} program.", text) for role, text in self.asks.items()]
        return [
            Part("System, probes", "Said first, where a program that makes probes is asked for.", self.system),
            *asks,
        ]

    @property
    def name(self) -> str:
        """What a probe set is said to be made with."""
        return f"{self.slug}-v{self.version}"


PROBES = ProbeTemplate(
    slug="probes",
    version=1,
    system=(
        "You write helper programs for problems of programming contests: generators of test inputs, validators of test "
        "inputs, and slow but surely right solutions. End with the complete program in one fenced code block labelled "
        "with its language; nothing else of your answer is read."
    ),
    asks={
        "generator": (
            "Do not solve the problem. Write a generator of random test inputs {scope} in {language}.\n\n"
            "- It reads one integer, the seed, from standard input and writes exactly one complete test input to "
            "standard output: nothing else, no comments.\n"
            "- The same seed gives the same input, different seeds give different inputs. Use no other source of "
            "randomness, no time, no files, no arguments.\n"
            "- Every input obeys the format and all constraints of the statement{and_scope}.\n"
            "- For even seeds the input is small: a few elements and small values, so that a slow solution can be run "
            "on it. For odd seeds sizes vary up to the limits, though an input stays below one megabyte.\n"
            "- Vary the structure as well as the sizes: random inputs, equal values, sorted and reversed ones, "
            "extremes, edge cases, and whatever would tell a wrong solution from a right one."
        ),
        "validator": (
            "Do not solve the problem. Write a validator of test inputs {scope} in {language}.\n\n"
            "- It reads one test input from standard input. It ends with exit code 0 if the input obeys the format and "
            "all constraints of the statement{and_scope}, and with exit code 1 if it does not.\n"
            "- It checks everything the statement promises: ranges, lengths, distinctness, connectedness and the like, "
            "and that nothing follows the input. Be strict about values and lenient about white space.\n"
            "- It prints nothing, and it is fast on inputs of the largest size."
        ),
        "brute-force": (
            "Write a brute-force solution {scope} in {language}: the simplest program that is surely right, however "
            "slow. Try all possibilities rather than rely on an insight that might be wrong. It will be run on small "
            "inputs only, with a generous time limit, to find out what the right output is. {shape}"
        ),
    },
)

#: By name; the first is the default.
PROBE_TEMPLATES: dict[str, ProbeTemplate] = {template.name: template for template in (PROBES,)}
DEFAULT = PROBES


def probe_prompt(template: ProbeTemplate, role: str, task: Task) -> Prompt:
    """What is asked for a program of this role. The statement comes as it does for candidates: the aimed subtask's
    alone where it marks its passages, else whole, with the subtask named."""
    aim = task.aim
    text = template.asks[role].format(
        language=LANGUAGE_NAMES.get(task.language, task.language) or "C++20 or Python 3",
        scope="for this problem" if aim is None else f"for subtask {aim.index} ({aim.points:g} points)",
        and_scope="" if aim is None else f" and of subtask {aim.index}",
        shape=shape(task),
    )
    aimed = "" if aim is None else f"This is about subtask {aim.index} only. {where(aim)}\n\n"
    user = f"{task_text(task)}{aimed}{text.rstrip()}\n"
    return Prompt((Message("system", template.system), Message("user", user)))
