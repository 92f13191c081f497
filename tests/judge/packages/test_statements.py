"""Pictures that statements show: those that lie beside them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge import load_package
from judge.errors import PackageError
from judge.packages import statements
from judge.problem import File, Problem, Statement
from tests.judge.making import PLAIN, write_package

FILES = {**PLAIN, "problem_statement/one.png": "1", "problem_statement/deep/two.jpg": "22", "three.png": "333"}


def pictures(folder: Path, text: str, name: str = "problem_statement/problem.en.tex") -> list[str]:
    problem = load_package(write_package(folder / "double", {**FILES, name: text}))[0].problem
    assert Problem.from_manifest(problem.to_manifest()) == problem
    return [file.name for statement in problem.statements for file in statement.pictures]


@pytest.mark.parametrize(
    "text",
    [
        "\\includegraphics{one.png} and \\includegraphics[width=2cm]{deep/two.jpg}",
        "\\includegraphics [scale=0.7] {one} and \\illustration{0.4}{deep/two}{Two: \\textbf{2}}",
        "\\includegraphics{one} \\includegraphics{one.png} \\includegraphics{./deep/two.jpg}",
    ],
)
def test_pictures_beside_a_statement_are_kept(tmp_path: Path, text: str) -> None:
    assert pictures(tmp_path, text) == ["problem_statement/one.png", "problem_statement/deep/two.jpg"]


@pytest.mark.parametrize(
    "text",
    [
        "\\includegraphics{four.png}", "\\includegraphics{../three.png}", "\\includegraphics{/etc/hostname}",
        "\\includegraphics{deep}", "\\includegraphics{problem.en.tex}", "\\includegraphics{" + "a" * 250 + "}",
        "\\includegraphics{" + "ö" * 150 + "}", "\\includegraphics{https://elsewhere.example/one.png}",
        "\\includegraphics{one.png", "one.png",
    ],
)  # fmt: skip
def test_other_names_are_left_out(tmp_path: Path, text: str) -> None:
    assert pictures(tmp_path, text) == []


def test_pictures_of_another_problem_version_make_another_hash(tmp_path: Path) -> None:
    hashes = set()
    for content in ("1", "2"):
        files = {**FILES, "problem_statement/problem.en.tex": "\\includegraphics{one}"}
        path = write_package(tmp_path / content / "double", {**files, "problem_statement/one.png": content})
        hashes.add(load_package(path)[0].problem.content_hash)
    assert len(hashes) == 2


def test_picture_that_leads_out_is_refused(tmp_path: Path) -> None:
    path = write_package(tmp_path / "double", {**FILES, "problem_statement/problem.md": "![x](out.png)"})
    (tmp_path / "secret.png").write_text("secret")
    (path / "problem_statement/out.png").symlink_to("../../secret.png")
    with pytest.raises(PackageError) as caught:
        load_package(path)
    assert str(caught.value) == "problem_statement/out.png: is a link that leaves the package"


def test_picture_that_is_too_large_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "_MOST_BYTES", 1)
    text = "\\includegraphics{one} \\includegraphics{deep/two}"
    assert pictures(tmp_path, text) == ["problem_statement/one.png"]


ESCAPED = (
    "Use `a &lt; b`.\n\n```\nstd::vector&lt;int&gt; f(int&amp; n);\n```\n\n&lt;tag&gt;\n\n```html\n<b>&lt;</b>\n```\n"
)


def test_code_of_the_ioi_translation_system_has_its_signs_back() -> None:
    statement = Statement("en", "markdown", File("translations/en.md", "0" * 64, 1))
    text = statements.statement_text(statement, ESCAPED.encode())
    assert text == ESCAPED.replace("std::vector&lt;int&gt; f(int&amp; n);", "std::vector<int> f(int& n);")


@pytest.mark.parametrize(
    ("name", "kind"), [("problem_statement/problem.en.md", "markdown"), ("translations/en.html", "html")]
)
def test_text_of_other_statements_is_left_as_it_is(name: str, kind: str) -> None:
    assert statements.statement_text(Statement("en", kind, File(name, "0" * 64, 1)), ESCAPED.encode()) == ESCAPED
