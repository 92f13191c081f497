"""Draws candidates from a model: a new pool, or more draws of one. --dry-run only says what it would take."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions import Refused
from comparisons.actions.drawing import OPTIONS, PILOT, Planned, extend, plan_extension, plan_sampling, sample
from comparisons.models import Pool, User
from comparisons.operations.base import BaseOperation, Outcome, WrongUsage
from comparisons.operations.estimates import estimate_data, estimate_lines
from comparisons.operations.lookups import language_model, pool, problem_set
from comparisons.operations.options import number, reference, usd
from comparisons.operations.printing import table
from comparisons.operations.waiting import WAITING, add_waiting, carry_out, unfinished
from comparisons.queries.drawing import drawing_of, sample_data
from comparisons.samplers.prompts import TEMPLATES
from comparisons.samplers.recipes import FORMULATIONS, REVIEWED
from comparisons.samplers.reviewing import FEEDBACKS

#: What a dry run says beside its estimate: what draws would have used is unknown.
_NOTHING_DRAWN: dict[str, int | None] = {
    **dict.fromkeys(("drawn", "truncated", "refused", "failed"), 0),
    **dict.fromkeys(("input_tokens", "output_tokens", "cost_usd")),
}


class Operation(BaseOperation):
    help = __doc__ or ""
    command_only = {**WAITING, "pilot": "draw fewer, then ask with pool, n and dry_run what the rest would take."}

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--set", metavar="SLUG", help="the problem set")
        parser.add_argument("--model", metavar="SLUG", help="a model that add_model gave a provider")
        parser.add_argument("-n", type=int, help="draws per problem, or per subtask with --formulation subtask")
        parser.add_argument(
            "--pool", type=reference, metavar="POOL", help="extend this pool to -n draws; only missing ones are asked"
        )
        parser.add_argument("--name", default="", help="of a new pool")
        parser.add_argument("--formulation", choices=FORMULATIONS, help="one prompt per problem (default) or subtask")
        parser.add_argument("--language", help="the programs' language; default: the model chooses")
        parser.add_argument("--temperature", type=number)
        parser.add_argument("--top-p", type=number)
        parser.add_argument("--effort", help="reasoning effort, in the provider's words")
        parser.add_argument("--max-tokens", type=int, help="of one answer, its reasoning included")
        parser.add_argument("--seed", type=int, help="draw i is asked for with seed + i, where the provider takes one")
        parser.add_argument(
            "--attempts",
            type=int,
            nargs="?",
            const=REVIEWED,
            metavar="M",
            help=f"the model reviews its own answer, M - 1 times ({REVIEWED} where M is left out; default: never)",
        )
        parser.add_argument(
            "--feedback", choices=FEEDBACKS, help="public: a review is told what the program did on the public tests"
        )
        parser.add_argument(
            "--run-turns",
            type=int,
            metavar="K",
            help="in up to K answers of a review the model may have its program run on inputs it writes (default 0)",
        )
        parser.add_argument("--template", choices=tuple(TEMPLATES), help="the version of the prompt")
        parser.add_argument(
            "--batch",
            dest="is_batch",
            action="store_true",
            default=None,
            help="the endpoint bills at the batch rate (a batch or flex tier): cost and cap count the price's discount",
        )
        parser.add_argument("--max-cost", metavar="USD", type=usd, help="hard cap over all workers")
        parser.add_argument("--dry-run", action="store_true", help="estimate and stop")
        parser.add_argument(
            "--pilot",
            type=int,
            nargs="?",
            const=PILOT,
            metavar="K",
            help=f"draw the first K of each ({PILOT}) and estimate by them what the rest of -n would take",
        )
        add_waiting(parser)

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        given = {name: options[name] for name in OPTIONS if options.get(name) is not None}
        cap = options["max_cost"]
        if options["pool"]:
            drawn = pool(user, options["pool"])
            _check_extension(given, options)
            if options["dry_run"]:
                if options["n"]:
                    drawn.recipe, drawn.n_asked = {**drawn.recipe, "n": options["n"]}, options["n"]
                return _outcome(drawn, plan_extension(drawn), options)
            drawn, planned = extend(user, drawn, n=options["n"], max_cost_usd=cap, enqueue=not options["inline"])
        else:
            for name in ("set", "model", "n"):
                if options[name] is None:
                    raise WrongUsage(f"{'-n' if name == 'n' else f'--{name}'} is needed.")
            if options["pilot"] and not (options["wait"] or options["inline"]):
                raise WrongUsage("--pilot needs --wait or --inline: it estimates by what it drew.")
            chosen, model = problem_set(user, options["set"]), language_model(options["model"])
            if options["dry_run"]:
                return _outcome(None, plan_sampling(chosen, model, n=options["n"], options=given), options)
            drawn, planned = sample(
                user,
                problem_set=chosen,
                model=model,
                n=min(options["pilot"] or options["n"], options["n"]),
                name=options["name"],
                options=given,
                max_cost_usd=cap,
                enqueue=not options["inline"],
            )

        def count() -> tuple[str, int, int]:
            drawn.refresh_from_db()
            return drawn.state, drawn.candidates.filter(attempt=1).count(), planned.requested

        n = options["n"]
        carry_out(drawn, options, count=count, progress=self.progress("drawn"))
        drawn.refresh_from_db()
        if options["pilot"] and n:
            return _piloted(drawn, n, options)
        return _outcome(drawn, planned, options)


def _piloted(drawn: Pool, n: int, options: dict[str, Any]) -> Outcome:
    """What was drawn, and what the rest would take."""
    larger = Pool.objects.select_related("model", "problem_set").get(pk=drawn.pk)
    larger.recipe = {**larger.recipe, "n": n}
    found = _outcome(drawn, plan_extension(larger), options)
    rest = f"That is for the rest: sample --pool {drawn.pk} -n {n} draws it."
    return Outcome(found.data, f"{found.text}\n{rest}", found.error)


def _outcome(drawn: Pool | None, planned: Planned, options: dict[str, Any]) -> Outcome:
    data: dict[str, Any] = {"pool": None, "state": None, "requested": planned.requested, **_NOTHING_DRAWN}
    failed = ""
    if drawn is not None:
        data = dict(sample_data(drawn, drawing_of(drawn)))
        reason = f"{drawn.name} is {drawn.state.replace('-', ' ')}: {drawn.state_reason}" if drawn.state_reason else ""
        # A dry run draws nothing, and what it says is said of the pool as it is.
        failed = "" if options["dry_run"] else unfinished(drawn.state, reason, options, f"Drawing {drawn.name}")
    shown = table([*data], [list(data.values())])
    lines = [shown, *estimate_lines(planned.estimate, planned.price)]
    if data.get("incomplete"):
        lines.append(f"{data['incomplete']} draws lack a further attempt: runs use the last there is.")
    lines += [f"Left out: {slug}, {reason}." for slug, reason in planned.left_out.items()]
    if planned.unsplit:
        lines.append(
            f"{planned.unsplit} subtasks are asked for with the whole statement: it does not mark its passages."
        )
    if planned.left_out:
        data["left_out"] = dict(planned.left_out)
    return Outcome({**data, "estimate": estimate_data(planned.estimate, planned.price)}, "\n".join(lines), failed)


def _check_extension(given: dict[str, Any], options: dict[str, Any]) -> None:
    named = [*given, *(name for name in ("set", "model", "name") if options[name])]
    if named:
        raise Refused(f"--pool goes on as that pool was begun: leave out --{named[0].replace('_', '-')}.")
