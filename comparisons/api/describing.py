"""What calls there are: a short list, and an OpenAPI document. Both are read off the operations' parsers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from comparisons import __version__
from comparisons.api.fields import Field, Kind, Parser, as_fields
from comparisons.operations.base import BaseOperation

#: JSON Schema of what a field holds, without its own words.
_SCHEMAS: Mapping[Kind, Mapping[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.ID: {"type": "integer"},
    Kind.PAIRS: {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
    Kind.FILE: {"type": "string", "contentMediaType": "application/octet-stream"},
    Kind.DOWNLOAD: {"type": "boolean"},
    Kind.SECRET: {"type": "string", "format": "password", "writeOnly": True},
}
_FORM = "multipart/form-data"
Operations = Mapping[str, type[BaseOperation]]


def listing(operations: Operations) -> dict[str, Any]:
    """Every call with its fields."""
    return {
        "calls": [
            {
                "name": name,
                "path": f"/api/{name}",
                "methods": _methods(operation),
                "does": operation.help,
                "fields": [_listed(field) for field in Parser(operation()).fields.values()],
            }
            for name, operation in operations.items()
        ],
        "openapi": "/api/openapi.json",
    }


def openapi(operations: Operations) -> dict[str, Any]:
    """The OpenAPI 3.1 document of all calls."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Podium",
            "version": __version__,
            "description": "Every call is a command of the same name (`manage.py NAME --help`): its options are the "
            "fields, and what it prints with --json is the answer.",
        },
        "security": [{"token": []}],
        "paths": {f"/api/{name}": _path(name, operation) for name, operation in operations.items()},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
                **{name: _fields(operation) for name, operation in operations.items()},
            },
        },
    }


def _path(name: str, operation: type[BaseOperation]) -> dict[str, Any]:
    parser = Parser(operation())
    fields, answers = parser.fields, _answers(parser)
    about = {"summary": operation.help.strip().partition("\n")[0], "description": operation.help.strip()}
    needs_form = any(field.kind == Kind.FILE and field.is_required for field in fields.values())
    types = (_FORM,) if needs_form else ("application/json", _FORM)
    body = {"required": True, "content": {one: {"schema": _ref(name)} for one in types}}
    found: dict[str, Any] = {"post": {"operationId": name, **about, "requestBody": body, "responses": answers}}
    if operation.changes_with is not None:
        parameters = [
            {"name": field.name, "in": "query", "required": field.is_required, "schema": _schema(field)}
            for field in fields.values()
            if field.action.dest not in operation.changes_with
        ]
        found["get"] = {"operationId": f"get_{name}", **about, "parameters": parameters, "responses": answers}
    return found


def _fields(operation: type[BaseOperation]) -> dict[str, Any]:
    """The schema of the object that a call takes."""
    fields = Parser(operation()).fields.values()
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _schema(field) for field in fields},
        "required": [field.name for field in fields if field.is_required],
    }


def _ref(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _answers(parser: Parser) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    if any(field.kind == Kind.DOWNLOAD for field in parser.options):
        content["application/octet-stream"] = {"schema": _SCHEMAS[Kind.FILE]}
    error = {"application/json": {"schema": _ref("Error")}}
    return {
        "200": {"description": "What the command prints with --json, or the file that it writes.", "content": content},
        "default": {"description": "One sentence that says what is wrong.", "content": error},
    }


def _schema(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_SCHEMAS[field.kind])
    if field.action.choices is not None:
        schema["enum"] = list(field.action.choices)
    if field.is_list and field.kind != Kind.PAIRS:
        schema = {"type": "array", "items": schema}
    if said := _help(field):
        schema["description"] = said
    default = _default(field)
    return schema if default is None else {**schema, "default": default}


def _listed(field: Field) -> dict[str, Any]:
    """The field in the words of its command's help."""
    return {
        "name": field.name,
        "type": f"{field.kind}, several" if field.is_list and field.kind != Kind.PAIRS else str(field.kind),
        "required": field.is_required,
        "default": _default(field),
        "choices": None if field.action.choices is None else list(field.action.choices),
        "help": _help(field),
    }


def _default(field: Field) -> Any:
    """What holds where nothing is said; None where that is no value of its own."""
    default = None if field.kind == Kind.SECRET else field.action.default
    return default if isinstance(default, str | bool | int | float | Decimal | date) and default != "" else None


def _help(field: Field) -> str:
    """The option's help with its %(default)s and the like filled in."""
    if field.kind == Kind.DOWNLOAD:
        return "true: the answer is the file, a zip of several"
    return as_fields(field.action.help % vars(field.action)) if field.action.help else ""


def _methods(operation: type[BaseOperation]) -> list[str]:
    return ["POST"] if operation.changes_with is None else ["GET", "POST"]
