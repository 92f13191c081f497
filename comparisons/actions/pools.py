"""Importing and exporting pools, from the command line and by upload."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from comparisons.actions import Refused
from comparisons.actions.language_models import get_or_create_model
from comparisons.actions.language_models import model_slug as slug_of
from comparisons.actions.uploads import discard_upload, find_upload
from comparisons.models import Pool, PoolRevision, ProblemSet, User
from comparisons.samplers.formats import FORMATS
from comparisons.samplers.records import MAPPABLE
from comparisons.stages.exporting_pools import export_lines, generated_tests_lines, write_lines
from comparisons.stages.importing_generated_tests import (
    GeneratedTestsScan,
    scan_generated_tests,
    write_generated_tests,
)
from comparisons.stages.importing_pools import Scan, Skipped, scan
from comparisons.stages.previewing_pools import PoolPreview, preview, read_already
from comparisons.stages.unmatched import Unmatched, unmatched
from comparisons.stages.writing_pools import write_pool

Progress = Callable[[int, int | None], None]
POOL_FORMATS = ("auto", *FORMATS)
ON_ERROR = ("refuse", "skip")
#: What the pool row keeps of its import; the report of the call itself is complete.
KEPT_IN_ROW = 100


@dataclass(frozen=True)
class PoolImportReport:
    """What an import of samples left. `skipped` names every record that was left out, those
    that nobody answered among them; `unmatched` the problems that are
    not in the set, with the nearest names; `no_program` counts candidates without a program by reason."""

    pool: Pool
    candidates: int
    problems: int
    skipped: tuple[Skipped, ...]
    unmatched: tuple[Unmatched, ...]
    no_program: Mapping[str, int]
    languages: Mapping[str, int]
    warnings: tuple[str, ...]
    generated_tests: GeneratedTestsScan | None = None

    def to_data(self) -> dict[str, Any]:
        """The object that `import_pool --json` prints."""
        return {
            "pool": self.pool.pk,
            "candidates": self.candidates,
            "problems": self.problems,
            "unanswered": sum(s.is_missing for s in self.skipped),
            "skipped": [{"record": s.record, "line": s.line or None, "reason": s.reason} for s in self.skipped],
            "unmatched": [{"problem": u.slug, "records": u.n, "nearest": list(u.nearest)} for u in self.unmatched],
            "no_program": dict(self.no_program),
            "languages": dict(self.languages),
            "warnings": list(self.warnings),
            "generated_tests": self.generated_tests.to_data() if self.generated_tests else None,
        }


def import_pool(
    user: User,
    path: Path,
    *,
    problem_set: ProblemSet,
    model_slug: str,
    format: str = "auto",
    mapping: Mapping[str, str] | None = None,
    name: str = "",
    on_error: str = "refuse",
    generated_tests: Path | None = None,
    recipe: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> PoolImportReport:
    """Imports a file of samples as a new pool of the set; a model that is not known yet is made. All of it or nothing.

    `mapping`: Podium's key -> the file's key. `on_error`: "refuse" imports nothing where a record cannot be read,
    "skip" leaves it out and counts it; records of problems that are not in the set are always skipped and counted.
    `generated_tests`: a file of tests that the model wrote (`samplers.generated_tests`), kept beside the candidates.
    `recipe`: what is known of the sampling (`temperature`, `effort`, `prompt_version`, anything else).
    Raises RecordError (file, line, field), Refused.
    """
    mapping = dict(mapping or {})
    _check(problem_set, mapping, on_error)
    slug_of(model_slug)
    if said := read_already(path, problem_set, mapping, format=format):
        raise Refused(said)
    skips = on_error == "skip"
    tests = scan_generated_tests(generated_tests, problem_set, skip_errors=skips) if generated_tests else None
    with scan(path, problem_set, format=format, mapping=mapping, skip_errors=skips, progress=progress) as found:
        slugs = list(problem_set.problems.values_list("slug", flat=True))
        strangers = unmatched(found.unmatched, slugs)
        origin = {"imported_from": path.name, "format": found.format, "mapping": mapping}
        # Beside the inserting, which takes one core.
        with ThreadPoolExecutor(1) as aside, transaction.atomic():
            digest = aside.submit(_sha256, path)
            model = get_or_create_model(user, model_slug)
            pool = write_pool(
                user,
                found,
                problem_set=problem_set,
                model=model,
                name=(name or f"{model.name} on {problem_set.slug}")[:120],
                recipe={**(recipe or {}), **origin},
                report=_row_report(found, strangers) | ({"generated_tests": tests.to_data()} if tests else {}),
                progress=progress,
            )
            pool.recipe["file_sha256"] = digest.result()
            pool.save(update_fields=["recipe"])
            write_generated_tests(pool, tests.problems if tests else ())
    return PoolImportReport(
        pool=pool,
        candidates=found.candidates,
        problems=len(found.problems),
        skipped=tuple(found.skipped),
        unmatched=tuple(strangers),
        no_program=dict(found.no_program),
        languages={language or "unknown": n for language, n in found.languages.items() if n},
        warnings=tuple(_warnings(pool, found)),
        generated_tests=tests,
    )


def preview_pool(
    path: Path, problem_set: ProblemSet, mapping: Mapping[str, str] | None = None, *, format: str = "auto"
) -> PoolPreview:
    """What an import would read: the first rows, the file's keys, what matches. Nothing is written. Raises
    RecordError."""
    _check_mapping(mapping or {})
    return preview(path, problem_set, mapping or {}, format=format)


def preview_upload(
    user: User, token: str, problem_set: ProblemSet, mapping: Mapping[str, str] | None = None, *, format: str = "auto"
) -> PoolPreview:
    """`preview_pool` of a staged upload (`uploads.stage_upload`). Raises RecordError, Refused."""
    return preview_pool(find_upload(user, token).path, problem_set, mapping, format=format)


def preview_generated_tests(user: User, token: str, problem_set: ProblemSet) -> GeneratedTestsScan | None:
    """What the generated tests that came with a staged upload hold; None where none came. What cannot be read is
    skipped and counted. Raises RecordError, Refused."""
    tests = find_upload(user, token).companion
    return scan_generated_tests(tests, problem_set, skip_errors=True, is_preview=True) if tests else None


def confirm_upload(
    user: User,
    token: str,
    *,
    problem_set: ProblemSet,
    model_slug: str,
    format: str = "auto",
    mapping: Mapping[str, str] | None = None,
    name: str = "",
    on_error: str = "refuse",
    is_batch: bool = False,
) -> PoolImportReport:
    """`import_pool` of a staged upload with the generated tests that came with it; the upload is then gone. Where it
    raises, the upload stays for another try."""
    upload = find_upload(user, token)
    report = import_pool(
        user,
        upload.path,
        problem_set=problem_set,
        model_slug=model_slug,
        format=format,
        mapping=mapping,
        name=name,
        on_error=on_error,
        generated_tests=upload.companion,
        recipe={"is_batch": True} if is_batch else None,
    )
    discard_upload(user, token)
    return report


def export_pool(user: User, pool: Pool, path: Path, *, generated_tests: Path | None = None) -> int:
    """Writes the pool as JSON lines and returns the number of candidates; its generated tests go to a file of their
    own. Raises Refused where one cannot be written, or there are no such tests."""
    if generated_tests and not pool.generated_tests.exists():
        raise Refused(f"Pool {pool.pk} has no generated tests.")
    try:
        target = generated_tests or path
        if generated_tests:
            write_lines(generated_tests_lines(pool), generated_tests)
        target = path
        return write_lines(export_lines(pool), path)
    except OSError as error:
        # What failed may have been the unfinished file beside it, whose name says nothing.
        raise Refused(f"{target} cannot be written: {error.strerror or error}.") from None


def read_mapping(text: str) -> dict[str, str]:
    """ "source=completion,problem=task_id" as a mapping. Raises Refused where it is none."""
    mapping: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        key, separator, name = (piece.strip() for piece in part.partition("="))
        if not separator or not name:
            raise Refused(f"{part!r} in the mapping is not of the form KEY=KEY.")
        if key in mapping:
            raise Refused(f"The mapping names {key} twice.")
        mapping[key] = name
    _check_mapping(mapping)
    return mapping


def _check(problem_set: ProblemSet, mapping: Mapping[str, str], on_error: str) -> None:
    if on_error not in ON_ERROR:
        raise Refused(f"{on_error!r} is not one of {', '.join(ON_ERROR)}.")
    if not problem_set.problems.exists():
        raise Refused(f"The set {problem_set.slug} has no problems yet; import them first.")
    _check_mapping(mapping)


def _check_mapping(mapping: Mapping[str, str]) -> None:
    for key in mapping:
        if key not in MAPPABLE:
            raise Refused(f"The mapping names {key!r}, which is none of Podium's keys: {', '.join(MAPPABLE)}.")


def _sha256(path: Path) -> str:
    """Of a file its digest; of a folder that of its files' names and digests."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        lines = "".join(f"{_sha256(file)}  {file.relative_to(path)}\n" for file in files)
        return hashlib.sha256(lines.encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _row_report(found: Scan, strangers: list[Unmatched]) -> dict[str, Any]:
    """What the pool's page shows of its import; lists are cut, counts are not."""
    n_unmatched = sum(found.unmatched.values())
    missing = [s for s in found.skipped if s.is_missing]
    errors = [s for s in found.skipped if not s.is_missing and "the set has no problem" not in s.reason]
    return {
        "records": found.records,
        "candidates": found.candidates,
        "problems": len(found.problems),
        "unmatched_records": n_unmatched,
        "unmatched_problems": len(strangers),
        "unmatched": [{"problem": u.slug, "records": u.n, "nearest": list(u.nearest)} for u in strangers[:KEPT_IN_ROW]],
        "unanswered_records": len(missing),
        "unanswered": [{"record": s.record, "line": s.line, "reason": s.reason} for s in missing[:KEPT_IN_ROW]],
        "unreadable_records": len(found.skipped) - n_unmatched - len(missing),
        "unreadable": [{"record": s.record, "line": s.line, "reason": s.reason} for s in errors[:KEPT_IN_ROW]],
        "no_program": dict(found.no_program),
        "languages": {language or "unknown": n for language, n in found.languages.items() if n},
    }


def _warnings(pool: Pool, found: Scan) -> list[str]:
    """What a person should know of what was imported. Two queries."""
    warnings = []
    mine = pool.newest_revision
    twins = PoolRevision.objects.filter(content_hash=mine.content_hash, pool__problem_set=pool.problem_set_id)
    twin = twins.filter(pool__model=pool.model_id).exclude(pool=pool.pk).first()
    if twin is not None:
        warnings.append(f"pool {twin.pool_id} of the same model holds the same candidates")
    missing = pool.problem_set.problems.count() - len(found.problems)
    if missing:
        have = "has" if missing == 1 else "have"
        warnings.append(f"{missing} of the set's problems {have} no candidate in this pool")
    if found.languages[""]:
        warnings.append(f"the language of {found.languages['']} programs cannot be told")
    return warnings
