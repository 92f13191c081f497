"""Problem sets and problems."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from comparisons.models import LimitReading, Problem, ProblemVersion, User, Work, blobs
from comparisons.queries.problems import ProblemPage, ReferenceRow, problem_rows, remarks_of
from comparisons.queries.statements import render
from judge.problem import File
from judge.problem import Problem as JudgeProblem
from tests.comparisons.views import seed
from tests.factories import make_pool, make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def user(client: Client) -> User:
    """Somebody signed in."""
    user = make_user()
    client.force_login(user)
    return user


def with_statement(problem: Problem, text: str, kind: str) -> None:
    """Gives the problem's current version this statement."""
    version = problem.current_version
    assert version is not None
    content = text.encode()
    file = File(f"statement/problem.{kind}", blobs.put(content), len(content))
    changed = JudgeProblem.from_manifest({**version.manifest, "statements": []})
    manifest = {**changed.to_manifest(), "statements": [{"language": "en", "format": kind, "file": vars_of(file)}]}
    ProblemVersion.objects.filter(pk=version.pk).update(manifest=manifest)


def vars_of(file: File) -> dict[str, object]:
    """A file as its manifest has it."""
    return {"name": file.name, "digest": file.digest, "size": file.size}


@pytest.mark.parametrize("n", [1, 3])
def test_list_costs_as_many_queries_with_more_rows(
    client: Client, user: User, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(n):
        problem_set = make_problem_set()
        make_problem(problem_set)
        make_problem(problem_set)
    with django_assert_num_queries(7):
        client.get("/problem-sets/")


def test_list_has_the_newest_set_first(client: Client, user: User) -> None:
    for slug in ("older", "newer"):
        make_problem(make_problem_set(slug))
    page = client.get("/problem-sets/").content.decode()
    assert page.index("/problem-sets/newer/") < page.index("/problem-sets/older/")


def test_list_counts_subtasks_of_current_versions(client: Client, user: User) -> None:
    problem = make_problem(points=(10.0, 20.0, 70.0))
    row = client.get("/problem-sets/").context["sets"][0]
    assert (row.n_problems, row.n_subtasks, row.points) == (1, 3, 100.0)
    assert row.slug == problem.problem_set.slug


@pytest.mark.parametrize("n", [1, 3])
def test_detail_costs_as_many_queries_with_more_rows(
    client: Client, user: User, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    problem_set = make_problem_set()
    for _ in range(n):
        make_problem(problem_set)
    for _ in range(n):
        seed.judge(make_pool(problem_set))
    with django_assert_num_queries(14):
        client.get(f"/problem-sets/{problem_set.slug}/")


def test_detail_says_where_a_limit_comes_from_and_polls_while_it_is_measured(client: Client, user: User) -> None:
    problem = make_problem()
    path = f"/problem-sets/{problem.problem_set.slug}/"
    measured = client.get(path, **FRAGMENT).content.decode()
    LimitReading.objects.all().delete()
    Work.objects.create(kind=Work.Kind.MEASURE, key="m", problem=problem)
    measuring = client.get(path, **FRAGMENT).content.decode()
    assert ('<span class="source-of">package</span>' in measured, "hx-trigger" in measured) == (True, False)
    assert ("limit being measured" in measuring, "hx-trigger" in measuring) == (True, True)


def test_detail_shows_warnings_and_why_a_problem_is_not_judged(client: Client, user: User) -> None:
    problem = make_problem()
    ProblemVersion.objects.update(warnings=["02.in has no newline"], unjudgeable="it needs three processes")
    page = client.get(f"/problem-sets/{problem.problem_set.slug}/").content.decode()
    assert ("02.in has no newline" in page, "it needs three processes" in page) == (True, True)


@pytest.mark.parametrize(("task_type", "has_limits"), [("batch", True), ("output-only", False)])
def test_limits_are_shown_only_of_what_is_run(client: Client, user: User, task_type: str, has_limits: bool) -> None:
    problem = make_problem()
    version = ProblemVersion.objects.get()
    ProblemVersion.objects.update(manifest={**version.manifest, "task_type": task_type}, task_type=task_type)
    page = client.get(f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/").content.decode()
    assert ("MiB</b>" in page, "Versions and limits" in page) == (has_limits, has_limits)


def test_manager_of_a_communication_task_decides(client: Client, user: User) -> None:
    problem = make_problem()
    version = ProblemVersion.objects.get()
    ProblemVersion.objects.update(manifest={**version.manifest, "task_type": "communication"})
    page = client.get(f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/").content.decode()
    assert ("none: the manager decides" in page, "tokens compared" in page) == (True, False)


def test_what_is_said_of_several_packages_stands_once() -> None:
    problem_set = make_problem_set()
    _, second = make_problem(problem_set), make_problem(problem_set)
    ProblemVersion.objects.update(unjudgeable="the package has no tests")
    ProblemVersion.objects.filter(problem=second).update(warnings=["02.in has no newline"])
    titles = list(ProblemVersion.objects.order_by("problem__position").values_list("title", flat=True))
    assert remarks_of(problem_rows(problem_set)) == [
        ("Not judged", "the package has no tests", titles),
        ("Warning", "02.in has no newline", titles[1:]),
    ]


def test_problem_without_tests_counts_none_for_its_subtasks(client: Client, user: User) -> None:
    problem = make_problem()
    version = ProblemVersion.objects.get()
    ProblemVersion.objects.update(manifest={**version.manifest, "testcases": []}, n_testcases=0)
    page = client.get(f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/").content.decode()
    assert ("The package has no tests." in page, page.count('title="The package has no tests">–<')) == (True, 2)


def test_set_without_tests_counts_none(client: Client, user: User) -> None:
    make_problem()
    ProblemVersion.objects.update(n_testcases=0)
    page = client.get("/problem-sets/").content.decode()
    assert re.search(r'title="The packages have no tests[^"]*">–<', page)


def test_times_of_reference_programs_are_shown_where_they_set_the_limit() -> None:
    times = [[], [None, None], [None, 0.2]]
    rows = [[ReferenceRow("a.py", "python3", "accepted", time) for time in programs] for programs in times]
    pages = [ProblemPage(*[None] * 8, references=programs, accepted=()) for programs in rows]
    assert [page.is_measured for page in pages] == [False, False, True]


def test_problem_shows_samples_tests_and_subtasks(client: Client, user: User) -> None:
    problem = make_problem(tests=3)
    page = client.get(f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/")
    shown = page.context["page"]
    assert [(row.name, row.subtasks, row.is_sample) for row in shown.tests[:2]] == [
        ("sample/1", [], True),
        ("secret/group1/1", [1], False),
    ]
    assert [(row.input, row.answer) for row in shown.samples] == [("5 0\n", "5\n")]


def test_many_tests_come_in_pages(client: Client, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comparisons.views.problems.TESTS_PER_PAGE", 2)
    problem = make_problem(tests=3)
    address = f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/"
    names = [test.name for test in client.get(address).context["page"].tests]
    texts = [client.get(address, {"tests": number}).content.decode() for number in (1, 2, "x")]
    shown = [[name for name in names if f">{name}</th>" in text] for text in texts]
    assert shown == [names[:2], names[2:4], names[:2]]
    assert [f"?tests={n}#tests-t" in text for n, text in ((2, texts[0]), (1, texts[1]))] == [True, True]


@pytest.mark.parametrize("kind", ["markdown", "html", "latex"])
def test_statement_can_do_nothing(client: Client, user: User, kind: str) -> None:
    problem = make_problem()
    with_statement(problem, "# T\n\n<script>alert(1)</script><img src=x onerror=y>\n\n[a](javascript:b)", kind)
    page = client.get(f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/").content.decode()
    statement = page.split('class="pad prose">')[1].split("</section>")[0]
    assert [danger in statement for danger in ("<script", "<img", 'href="javascript')] == [False, False, False]


def test_statement_as_a_pdf_is_offered_to_be_saved(client: Client, user: User) -> None:
    problem = make_problem()
    with_statement(problem, "%PDF-1.7", "pdf")
    path = f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/"
    response = client.get(f"{path}statement")
    assert "The statement is a PDF file" in client.get(path).content.decode()
    assert (response.content, response["Content-Type"]) == (b"%PDF-1.7", "application/octet-stream")
    assert response["Content-Disposition"] == f'attachment; filename="{problem.slug}-problem.pdf"'


def test_formulas_become_mathml() -> None:
    assert render("where $a_1 < 10^9$", "markdown") == (
        '<p>where <math display="inline"><semantics><mrow><msub><mi>a</mi><mn>1</mn></msub><mo>&lt;</mo>'
        "<msup><mn>10</mn><mn>9</mn></msup></mrow></semantics></math></p>\n"
    )


def test_latex_becomes_plain_html() -> None:
    text = (
        "\\problemname{Danish}\n\\noindent % a comment\n"
        "It is \\textbf{very \\emph{big}}: $N$, 5\\% & \\foo{more}.\n"
        "\\section*{Input}\n\\begin{itemize}\n\\item one\n\\item \\texttt{a < b}\n\\end{itemize}\n"
        "\\begin{tabular}{| l | p{2cm} |}\n\\hline\n1 & 2 \\\\ \\hline\n\\end{tabular}"
    )
    formula = '<math display="inline"><semantics><mi>N</mi></semantics></math>'
    assert " ".join(render(text, "latex").split()) == (
        f"<p>It is <strong>very <em>big</em></strong>: {formula}, 5% &amp; .</p> "
        "<h2>Input</h2> <ul> <li><p>one</p></li> <li><p><code>a &lt; b</code></p></li> </ul> "
        "<table> <thead> <tr> <th>1</th> <th>2</th> </tr> </thead> <tbody> </tbody> </table>"
    )


def test_latex_that_reads_a_file_or_has_no_end_is_shown_as_it_is_written() -> None:
    endless = "\\def\\x{\\x\\x}\\x <b>"
    assert render(endless, "latex") == '<pre class="statement-source">\\def\\x{\\x\\x}\\x &lt;b&gt;</pre>'
    assert "root:" not in render("\\input{/etc/passwd} \\lstinputlisting{/etc/passwd}", "latex")


def test_statement_is_shown_in_the_language_asked_for(client: Client, user: User) -> None:
    problem = make_problem()
    with_statement(problem, "In English", "markdown")
    version = problem.current_version
    assert version is not None
    version.refresh_from_db()
    swedish = File("statement/problem.sv.md", blobs.put(b"In Swedish"), 10)
    manifest = version.manifest
    manifest["statements"].append({"language": "sv", "format": "markdown", "file": vars_of(swedish)})
    ProblemVersion.objects.filter(pk=version.pk).update(manifest=manifest)
    path = f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/"
    shown = [client.get(path + query).context["statement_html"] for query in ("", "?statement=statement/problem.sv.md")]
    assert shown == ["<p>In English</p>\n", "<p>In Swedish</p>\n"]
    assert client.get(f"{path}statement?statement=statement/problem.sv.md").content == b"In Swedish"


def test_statement_of_another_kind_is_shown_as_it_is_written() -> None:
    assert render("\\section{A} <b>", "org") == '<pre class="statement-source">\\section{A} &lt;b&gt;</pre>'


def test_problem_without_a_statement_says_so(client: Client, user: User) -> None:
    problem = make_problem()
    page = client.get(f"/problem-sets/{problem.problem_set.slug}/{problem.slug}/").content.decode()
    assert "No statement" in page


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("\\begin{itemize}", "latex"),
        ("\\begin{tabular}{c}", "latex"),
        ("\\label[", "latex"),
        ("\\[", "markdown"),
        ("\\(", "latex"),
        ("<div>", "html"),
    ],
)
def test_statement_of_starts_alone_is_read_once(start: str, kind: str) -> None:
    """Each of these took minutes when every start was read to the end of the text."""
    assert render(start * (60_000 // len(start)), kind) is not None


def test_statement_longer_than_anyone_writes_is_shown_as_it_is_written() -> None:
    assert render("# A\n" * 20_000, "markdown").startswith('<pre class="statement-source"># A\n')
