"""The options of a command that say how a model makes probes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.operations.options import number, usd
from comparisons.samplers.probe_recipes import LANGUAGES, Counted, PackageCheck, ProbeRecipe, TooFew

#: Option -> field of the recipe.
_FIELDS = (
    "generators", "validators", "brute_force", "accept_share", "counted", "least", "too_few", "package_check",
    "small_bytes", "brute_force_s", "language", "temperature", "effort", "max_tokens",
)  # fmt: skip


def add_probe_options(parser: ArgumentParser) -> None:
    """Adds what --source model can be told; the help says the defaults and what they mean."""
    default = ProbeRecipe()
    group = parser.add_argument_group(
        "probes that a model makes (--source model)",
        "For every subtask the model is asked for generators and validators, C++ or Python. They run in the sandbox; "
        "distinct inputs that enough of the validators accept become probes. The programs are drawn like candidates: "
        "under the same cap, and never twice.",
    )
    group.add_argument("--model", metavar="SLUG", help="the model that is asked (default: the pool's own)")
    for name, what in (
        ("generators", "generators asked for a subtask"),
        ("validators", "validators asked for a subtask"),
        ("brute-force", "brute-force programs asked for a subtask; their majority is what small probes expect"),
    ):
        group.add_argument(f"--{name}", type=int, help=f"{what} (default {getattr(default, name.replace('-', '_'))})")
    group.add_argument(
        "--accept-share", type=number,
        help=f"share of the validators that must accept an input (default {default.accept_share})",
    )  # fmt: skip
    group.add_argument(
        "--counted", choices=[one.value for one in Counted],
        help="whether -n counts inputs after validation (valid, the default) or before (made)",
    )  # fmt: skip
    group.add_argument("--least", type=int, help=f"fewer surviving inputs are too few (default {default.least})")
    group.add_argument(
        "--too-few", choices=[one.value for one in TooFew],
        help="then keep them and say so (keep, the default), fill up to --least with inputs that at least half of the "
        "validators accept (best), or fail the problem (fail)",
    )  # fmt: skip
    group.add_argument(
        "--package-check", choices=[one.value for one in PackageCheck],
        help="the package's own validators: not asked (off, the default), asked and their disagreement shown (show), "
        "or decisive too (require; the probes are privileged then)",
    )  # fmt: skip
    group.add_argument(
        "--small-bytes", type=int, help=f"probes up to this size are small (default {default.small_bytes})"
    )
    group.add_argument(
        "--brute-force-s", type=number, metavar="S",
        help=f"CPU seconds of a brute-force program on a small probe (default {default.brute_force_s:g})",
    )  # fmt: skip
    group.add_argument("--language", choices=LANGUAGES, help=f"the programs' language (default {default.language})")
    group.add_argument("--temperature", type=number)
    group.add_argument("--effort", help="reasoning effort, in the provider's words")
    group.add_argument("--max-tokens", type=int, help="of one answer, its reasoning included")
    group.add_argument("--max-cost", metavar="USD", type=usd, help="hard cap, over all workers, on the calls")
    group.add_argument("--dry-run", action="store_true", help="say what the model would be asked and cost, and stop")


def recipe_options(options: dict[str, Any]) -> dict[str, Any]:
    """What was given of a recipe; nothing that was left to its default."""
    return {name: options[name] for name in _FIELDS if options.get(name) is not None}
