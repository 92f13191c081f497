"""Zip archives: read whole, or refused whole."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from judge.errors import PackageError
from judge.packages import archive, load_package
from tests.judge.making import DOUBLE, write_package


def make_zip(path: Path, files: dict[str, str], links: dict[str, str] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in files.items():
            target.writestr(name, text)
        for name, to in (links or {}).items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            target.writestr(entry, to)
    return path


def refusal(path: Path, workspace: Path) -> str:
    workspace.mkdir()
    with pytest.raises(PackageError) as caught:
        load_package(path, workspace=workspace)
    assert [file for file in workspace.rglob("*") if file.is_file()] == []
    return str(caught.value)


def test_zip_of_a_package_is_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "double.zip", {f"double/{name}": text for name, text in DOUBLE.items()})
    (package,) = load_package(path, workspace=tmp_path)
    assert (package.problem.slug, package.problem.points) == ("double", 100.0)
    assert package.path(package.problem.testcases[0].input.digest).read_text() == "1\n"


def test_zip_with_the_package_at_its_top_is_called_after_the_file(tmp_path: Path) -> None:
    (package,) = load_package(make_zip(tmp_path / "Twice As Much.zip", DOUBLE), workspace=tmp_path)
    assert package.problem.slug == "twice-as-much"


def test_links_inside_a_zip_are_followed(tmp_path: Path) -> None:
    files = {name: text for name, text in DOUBLE.items() if name != "data/secret/group2/a.in"}
    path = make_zip(tmp_path / "double.zip", files, {"data/secret/group2/a.in": "../group1/a.in"})
    problem = load_package(path, workspace=tmp_path)[0].problem
    assert problem.subtasks[1].contains == (1,)


LINE = '{"id": "%s", "statement": "s", "hidden_tests": [["1", "2"]]}\n'
LINES = {"b.jsonl": LINE % "two" + LINE % "three", "a/x.jsonl": LINE % "one", "a/.y.jsonl": "?", "readme.md": "?"}


@pytest.mark.parametrize("is_zip", [True, False])
def test_files_of_json_lines_are_read_in_folders_and_zips(tmp_path: Path, is_zip: bool) -> None:
    path = make_zip(tmp_path / "all.zip", LINES) if is_zip else write_package(tmp_path / "all", LINES)
    assert [one.problem.slug for one in load_package(path, workspace=tmp_path)] == ["one", "two", "three"]


def test_problem_that_two_files_hold_is_refused(tmp_path: Path) -> None:
    files = {"a.jsonl": LINE % "one", "b.jsonl": LINE % "two" + LINE % "one"}
    with pytest.raises(PackageError) as caught:
        load_package(write_package(tmp_path / "all", files), workspace=tmp_path)
    assert str(caught.value) == 'b.jsonl: a second problem is called "one"'


def test_line_that_cannot_be_read_is_named_with_its_place_in_the_zip(tmp_path: Path) -> None:
    files = {**LINES, "a/x.jsonl": LINE % "one" + "?\n"}
    with pytest.raises(PackageError) as caught:
        load_package(make_zip(tmp_path / "all.zip", files), workspace=tmp_path)
    assert str(caught.value) == "a/x.jsonl, line 2: is not a JSON object"


def test_broken_zip_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "double.zip", DOUBLE)
    path.write_bytes(path.read_bytes()[:900])
    message = refusal(path, tmp_path / "work")
    assert message == "double.zip: is not a zip file that can be read (File is not a zip file)"


def test_damaged_entry_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    path = tmp_path / "double.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for name, text in DOUBLE.items():
            target.writestr(name, text)
    data = bytearray(path.read_bytes())
    place = data.index(b"4000000000")
    data[place] = ord("5")
    path.write_bytes(bytes(data))
    message = refusal(path, tmp_path / "work")
    assert message.startswith("double.zip: is not a zip file that can be read (Bad CRC-32")


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "C:\\evil.txt", "..\\evil.txt"])
def test_names_that_leave_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    message = refusal(make_zip(tmp_path / "evil.zip", {**DOUBLE, name: "x"}), tmp_path / "work")
    assert message.endswith(": is a name that leaves the archive")
    assert not (tmp_path / "evil.txt").exists()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/etc/passwd", "is a link that leaves the package"),
        ("../../../x", "is a link that leaves the package"),
        ("x", "is a link that leads back to itself"),
        ("gone", "is a link that leads nowhere"),
    ],
)
def test_bad_links_in_a_zip_are_refused(tmp_path: Path, target: str, reason: str) -> None:
    path = make_zip(tmp_path / "double.zip", DOUBLE, {"data/x": target})
    (tmp_path / "work").mkdir()
    with pytest.raises(PackageError) as caught:
        load_package(path, workspace=tmp_path / "work")
    assert str(caught.value) == f"data/x: {reason}"


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "double.zip", {**DOUBLE, "data/out/x": "y"}, {"data/out": "../.."})
    message = refusal(path, tmp_path / "work")
    assert message == "data/out: is a link that leaves the package"


def test_size_and_count_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_zip(tmp_path / "double.zip", DOUBLE)
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    assert refusal(path, tmp_path / "one") == f"the archive holds {len(DOUBLE)} files, more than 3"
    monkeypatch.setattr(archive, "MAX_FILES", 1000)
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 100)
    assert refusal(path, tmp_path / "two") == "the archive unpacks to more than 0 GiB"


def test_damaged_names_are_refused(tmp_path: Path) -> None:
    data = bytearray(make_zip(tmp_path / "good.zip", DOUBLE).read_bytes())
    place = data.rfind(b"PK\x01\x02")
    data[place + 8 : place + 10] = b"\x00\x08"  # the name is said to be UTF-8
    data[place + 46] = 0xFF
    (tmp_path / "double.zip").write_bytes(data)
    assert refusal(tmp_path / "double.zip", tmp_path / "work").startswith("double.zip: is not a zip file that can be")


def test_list_of_names_is_never_read_whole_where_it_is_huge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_zip(tmp_path / "double.zip", {f"folder/{number:050}": "" for number in range(100)})
    monkeypatch.setattr(archive, "_MAX_LIST_BYTES", 9000)
    assert refusal(path, tmp_path / "work") == f"the archive holds more than {archive.MAX_FILES} files"


def test_link_is_not_unpacked_beyond_a_path(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "double.zip", DOUBLE, {"data/x": "./" * 100_000 + "../../evil"})
    assert refusal(path, tmp_path / "work") == "double.zip: is not a zip file that can be read (File name too long)"
