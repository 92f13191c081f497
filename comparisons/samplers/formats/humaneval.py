"""HumanEval's samples: `{"task_id", "completion"}`, or `solution` for a whole program (see `completions`)."""

from __future__ import annotations

from comparisons.samplers.formats.completions import humaneval_draw, is_humaneval
from comparisons.samplers.formats.format import Format

FORMAT = Format(
    slug="humaneval",
    title="HumanEval-style",
    summary="A task and a completion of its prompt, or EvalPlus's whole solution, a line.",
    recognises=is_humaneval,
    draws=lambda record, name: iter((humaneval_draw(record.data, name, record.line),)),
    is_completion=True,
)
