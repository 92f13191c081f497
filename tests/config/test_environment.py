"""Reading the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment


def test_integer_absent_or_empty_is_the_default() -> None:
    assert Environment({}).integer("N", 7, least=1, most=9) == 7
    assert Environment({"N": " "}).integer("N", 7, least=1, most=9) == 7


def test_integer_given_is_read() -> None:
    assert Environment({"N": " 3 "}).integer("N", 7, least=1, most=9) == 3


@pytest.mark.parametrize("given", ["abc", "-1", "0", "10", "1.5", "٣"])
def test_integer_nonsense_names_the_variable(given: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        Environment({"N": given}).integer("N", 7, least=1, most=9)
    assert str(refused.value) == f"N: {given!r} is not a whole number from 1 to 9."


@pytest.mark.parametrize(("given", "read"), [("1", True), ("0", False), ("Yes", True), ("off", False), ("", True)])
def test_flag_reads_usual_words(given: str, read: bool) -> None:
    assert Environment({"F": given}).flag("F", default=True) is read


def test_flag_nonsense_names_the_variable() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^F: 'maybe' is neither 1 nor 0\.$"):
        Environment({"F": "maybe"}).flag("F", default=True)


def test_folder_relative_counts_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Environment({"P": "data"}).folder("P", Path("/x")) == tmp_path / "data"


def test_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match=r"^P: .*file is not a folder\.$"):
        Environment({"P": str(tmp_path / "file")}).folder("P", tmp_path)


def test_storage_takes_paths_and_file_addresses(tmp_path: Path) -> None:
    assert Environment({"S": str(tmp_path)}).storage("S", Path("/x")) == tmp_path
    assert Environment({"S": "file:///big%20disk/podium"}).storage("S", Path("/x")) == Path("/big disk/podium")
    assert Environment({}).storage("S", Path("/x")) == Path("/x")


@pytest.mark.parametrize("given", ["s3://bucket/podium", "file://elsewhere/podium"])
def test_storage_elsewhere_is_refused(given: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^S: .* is neither a folder nor a file:///folder address\.$"):
        Environment({"S": given}).storage("S", Path("/x"))


def test_words_stand_between_commas_or_blanks() -> None:
    assert Environment({"H": "a.org, b.org c.org"}).words("H") == ["a.org", "b.org", "c.org"]
