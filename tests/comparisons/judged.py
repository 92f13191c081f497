"""A tiny problem package with a generator and a validator, and programs that each end in their own way."""

from __future__ import annotations

from pathlib import Path

from comparisons import jobs
from comparisons.models import Candidate, Chunk, LanguageModel, Pool, PoolRevision, ProblemSet, User, Work
from comparisons.samplers.program_hash import program_hash
from comparisons.stages import following
from comparisons.stages import work as leases
from tests.factories import RIGHT, WRONG

#: Ends as its name says on `write_package`'s tests. A late answer differs from a wrong one on the sample only.
PROGRAMS = {
    "right": RIGHT,
    "partial": WRONG,
    "wrong": "print(-1)\n",
    "late": "a, b = map(int, input().split())\nwhile (a, b) == (1, 0):\n    pass\nprint(-1)\n",
    "crash": "raise SystemExit(3)\n",
    "broken": "def (\n",
    "none": "",
    "right again": "\n" + RIGHT + "\n\n",
}

_FILES = {
    "problem.yaml": "name: Add ({slug})\ntype: scoring\nlimits:\n  memory: 256\n",
    "data/testdata.yaml": "on_reject: continue\ngrader_flags: ignore_sample\n",
    "data/sample/1.in": "1 0\n",
    "data/sample/1.ans": "1\n",
    "data/secret/testdata.yaml": "on_reject: continue\n",
    "data/secret/group1/testdata.yaml": (
        "on_reject: break\naccept_score: 40\nrange: 0 40\ngrader_flags: min\ninput_validator_flags: zero\n"
    ),
    "data/secret/group1/1.in": "2 0\n",
    "data/secret/group1/1.ans": "2\n",
    "data/secret/group1/2.in": "3 0\n",
    "data/secret/group1/2.ans": "3\n",
    "data/secret/group2/testdata.yaml": "on_reject: break\naccept_score: 60\nrange: 0 60\ngrader_flags: min\n",
    "data/secret/group2/1.in": "1 2\n",
    "data/secret/group2/1.ans": "3\n",
    "data/secret/group2/2.in": "5 5\n",
    "data/secret/group2/2.ans": "10\n",
    "input_validators/check.py": (
        "import re, sys\nline = sys.stdin.read()\nok = re.fullmatch('[0-9]+ [0-9]+\\n', line)\n"
        "ok = ok and ('zero' not in sys.argv or line.endswith(' 0\\n'))\nsys.exit(42 if ok else 43)\n"
    ),
    # Every third input is none: the validator is for such.
    "generators/make.py": (
        "import random, sys\nsubtask, seed = map(int, sys.argv[1:])\nlots = random.Random(seed)\n"
        "a, b = lots.randint(10, 10**6), lots.randint(1, 10**6)\n"
        "print(a if seed % 3 else -a, b if subtask == 2 else 0)\n"
    ),
    "submissions/accepted/right.py": RIGHT,
}


def write_package(folder: Path, **changes: str) -> Path:
    """The package in `folder`, whose name is the problem's slug. Subtask 1 (40 points): the second number is 0."""
    for name, text in {**_FILES, **changes}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{slug}", folder.name))
    return folder


def add_candidates(pool: Pool, sources: list[str], *, index: int, attempt: int = 1, revision: int = 1) -> None:
    """One candidate per source and problem, from draw `index` on."""
    Candidate.objects.bulk_create(
        Candidate(
            pool=pool,
            problem=problem,
            index=index + place,
            attempt=attempt,
            revision=revision,
            language="python3",
            source=source,
            program_hash=program_hash(source, "python3") if source else "",
        )
        for problem in pool.problem_set.problems.all()
        for place, source in enumerate(sources)
    )


def make_pool(problem_set: ProblemSet, model: LanguageModel, user: User, sources: list[str]) -> Pool:
    """A pool of one candidate per source and problem."""
    pool = Pool.objects.create(problem_set=problem_set, model=model, name="samples", created_by=user)
    add_candidates(pool, sources, index=0)
    add_revision(pool, 1)
    return pool


def add_revision(pool: Pool, number: int) -> PoolRevision:
    """A revision of the candidates there are."""
    return PoolRevision.objects.create(
        pool=pool, number=number, n_candidates=pool.candidates.count(), n_draws=1, content_hash=f"{pool.pk} {number}"
    )


def work_off(*kinds: str, at_most: int = 1000) -> list[str]:
    """Does what is ready, in order, as a worker would; the kinds that were done. Nothing may be asked for for ever."""
    done: list[str] = []
    for _ in range(at_most):
        ready = following.ready()
        piece = (ready.filter(kind__in=kinds) if kinds else ready).first()
        if piece is None:
            return done
        jobs.perform(piece.pk)
        done.append(piece.kind)
    if at_most == 1000:
        raise AssertionError(f"the same pieces come again and again: {done[-6:]}")
    return done


def held(piece: Work, owner: str = "somebody") -> Work:
    """The piece as its worker holds it."""
    claimed = leases.claim(piece.pk, owner)
    assert claimed is not None
    return claimed


def chunk_ranges(**of: object) -> list[tuple[str, int, int]]:
    """(problem, start, stop) of chunks, in order."""
    chunks = Chunk.objects.filter(**of).order_by("problem__position", "subtask", "probe_subtask", "start")
    return [(chunk.problem.slug, chunk.start, chunk.stop) for chunk in chunks.select_related("problem")]
