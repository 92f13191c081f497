"""A request as the options of an operation: its JSON or form becomes words, and the command's own parser reads them.

Files are sent, never named: what comes with a request lies in a folder of that call, and so does what it writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

from comparisons.actions.uploads import TooLarge, keep
from comparisons.api.fields import Field, Kind, Parser
from comparisons.operations.base import BaseOperation, WrongUsage
from judge.near import nearest_or_all

#: A whole number that every database stores.
_LARGEST = 2**63
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass
class Asked:
    """What somebody asks of an operation: `options` as its command would have them, `secret` for its standard input."""

    options: dict[str, Any]
    secret: str = ""


@dataclass
class _Given:
    """What a request says, by field: texts as a command line would have them, and files."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, UploadedFile] = field(default_factory=dict)


def read(request: HttpRequest, operation: BaseOperation, folder: Path) -> Asked:
    """The options of this request, its files kept in `folder`/in; what is written goes to `folder`/out.

    Raises WrongUsage with the field's name, TooLarge, Refused for an empty file.
    """
    parser = Parser(operation)
    given = _given(request, parser.fields, operation.command_only)
    (folder / "out").mkdir()
    words: list[str] = []
    positional: list[str] = []
    secret = ""
    for one in parser.options:
        texts = given.texts.get(one.name, [])
        if one.name in given.files:
            texts = [str(keep(given.files[one.name], folder / "in" / one.name, one.most_bytes))]
        elif one.kind == Kind.DOWNLOAD:
            texts = [str(folder / "out" / one.written_as)] if one.is_always_written or texts == ["true"] else []
        elif one.kind == Kind.SECRET and texts:
            secret = texts[0]
        if one.is_required and not texts:
            raise WrongUsage(f"{one.name} is needed{_HOW_FILES if one.kind == Kind.FILE else '.'}")
        if texts:
            (words if one.action.option_strings else positional).extend(one.words(texts))
    return Asked(vars(parser.parse_args([*words, "--", *positional] if positional else words)), secret)


_HOW_FILES = ": send the file itself, in a form (multipart/form-data); no path is read here."


def _given(request: HttpRequest, fields: Mapping[str, Field], command_only: Mapping[str, str]) -> _Given:
    def known(name: str) -> Field:
        if name in command_only:
            raise WrongUsage(f"{name} is for commands: {command_only[name]}")
        if name not in fields:
            raise WrongUsage(f"There is no field {name!r}; {nearest_or_all(name, fields, there='there are')}")
        return fields[name]

    if request.method == "GET":
        return _Given({name: _typed(known(name), request.GET.getlist(name)) for name in request.GET})
    most = sum(one.most_bytes for one in fields.values())
    if int(request.META.get("CONTENT_LENGTH") or 0) > most + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise TooLarge("The request is larger than all that this call takes.")
    try:
        if request.content_type in _FORMS:
            texts = {name: _typed(known(name), request.POST.getlist(name)) for name in request.POST}
            return _Given(texts, {name: _file(known(name), request.FILES.getlist(name)) for name in request.FILES})
        return _Given({name: _said(known(name), value) for name, value in _json(request).items()})
    except RequestDataTooBig as error:
        raise TooLarge("The request is larger than all that this call takes.") from error
    except (MultiPartParserError, SuspiciousOperation, BadRequest, UnreadablePostError) as error:
        raise WrongUsage("The form cannot be read: it is cut off, or has too many parts.") from error


def _json(request: HttpRequest) -> dict[str, Any]:
    """The object that was sent; an empty body is an empty one."""
    if not request.body:
        return {}
    if request.content_type != "application/json":
        raise WrongUsage(f"Send JSON (Content-Type: application/json) or a form ({_FORMS[0]}).")
    try:
        found = json.loads(request.body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise WrongUsage(f"The body is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise WrongUsage("The body is JSON, but not an object of fields.")
    return found


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _typed(one: Field, texts: list[str]) -> list[str]:
    """What a form or an address says of a field: as it stands on a command line."""
    if one.kind == Kind.FILE:
        raise WrongUsage(one.name + _HOW_FILES)
    if len(texts) > 1 and not one.is_list:
        raise WrongUsage(f"{one.name} is given {len(texts)} times.")
    return [_text(one, text) for text in texts]


def _file(one: Field, files: list[UploadedFile]) -> UploadedFile:
    if one.kind != Kind.FILE:
        raise WrongUsage(f"{one.name} is no file.")
    if len(files) > 1:
        raise WrongUsage(f"{one.name} is one file, not {len(files)}.")
    return files[0]


def _said(one: Field, value: Any) -> list[str]:
    """What JSON says of a field, as on a command line; null says nothing."""
    if value is None:
        return []
    if one.kind == Kind.FILE:
        raise WrongUsage(one.name + _HOW_FILES)
    if one.kind == Kind.PAIRS:
        if not isinstance(value, dict):
            raise WrongUsage(f"{one.name}: an object of names and values is needed.")
        pairs = {key: item if isinstance(item, str) else json.dumps(item) for key, item in value.items()}
        return [_text(one, f"{key}={item}") for key, item in pairs.items()]
    if not one.is_list:
        return [_word(one, value)]
    if not isinstance(value, list):
        raise WrongUsage(f"{one.name}: an array is needed, each of it {_WANTED[one.kind]}.")
    return [_word(one, item) for item in value]


_WANTED = {
    Kind.TEXT: "a text",
    Kind.SECRET: "a text",
    Kind.DATE: "a text such as 2026-01-31",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.ID: "the number that names it",
    Kind.BOOLEAN: "true or false",
    Kind.DOWNLOAD: "true or false",
}


def _word(one: Field, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        Kind.INTEGER: is_number and isinstance(value, int),
        Kind.NUMBER: is_number,
        Kind.ID: is_number and isinstance(value, int) or isinstance(value, str),
        Kind.BOOLEAN: isinstance(value, bool),
        Kind.DOWNLOAD: isinstance(value, bool),
    }.get(one.kind, isinstance(value, str))
    if is_number and not math.isfinite(value):
        raise WrongUsage(f"{one.name} is too large.")
    if not fits:
        given = "" if one.kind == Kind.SECRET else f", not {json.dumps(value)[:60]}"
        raise WrongUsage(f"{one.name}: {_WANTED[one.kind]} is needed{given}.")
    return _text(one, value if isinstance(value, str) else json.dumps(value))


def _text(one: Field, text: str) -> str:
    """The text, if it can be one of this field."""
    if one.kind in (Kind.BOOLEAN, Kind.DOWNLOAD) and text not in ("true", "false"):
        raise WrongUsage(f"{one.name}: {text!r} is neither true nor false.")
    if "\0" in text or not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise WrongUsage(f"{one.name} holds a character that cannot be stored.")
    if text == "--":  # argparse takes it for the end of the options, even as a value
        raise WrongUsage(f"{one.name}: '--' says nothing.")
    if one.kind in (Kind.INTEGER, Kind.ID) and text.lstrip("-").isdecimal() and abs(int(text[:30])) >= _LARGEST:
        raise WrongUsage(f"{one.name}: {text[:30]} is too large.")
    return text
