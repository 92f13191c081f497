"""CodeT's samples: `{"prompt", "samples": [...]}`, all draws of the problem with this prompt (see `completions`)."""

from __future__ import annotations

from comparisons.samplers.formats.completions import codet_draws, is_codet
from comparisons.samplers.formats.format import Format

FORMAT = Format(
    slug="codet",
    title="CodeT",
    summary="Completions of the prompts of function problems; generated tests come in a second file.",
    recognises=is_codet,
    draws=lambda record, name: codet_draws(record.data, name, record.line),
    is_completion=True,
)
