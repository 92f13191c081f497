"""Every command that asks something of Podium is a call of the API, with the same options."""

from __future__ import annotations

import json
from pathlib import Path, PurePath

import pytest
from django.core.management import get_commands, load_command_class
from django.test import Client

from comparisons import operations
from comparisons.api.fields import Parser
from comparisons.management.output import OperationCommand
from comparisons.operations.options import FileToRead, FileToWrite
from tests.comparisons.api.asking import Program
from tests.factories import make_user

#: What is done to a Podium on its own machine, and to nobody's problems or pools.
OF_THE_MACHINE = {"api_token", "backup", "load_demo", "prepare", "restore", "serve", "sign_in_link", "work"}
#: Options that a shell has, not the operation.
OF_THE_SHELL = {"as_json", "as_user"}
TYPES = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list, "object": dict}
COMMANDS = sorted({name for name, app in get_commands().items() if app == "comparisons"} - OF_THE_MACHINE)


def test_every_command_is_a_call_and_every_call_a_command() -> None:
    assert list(operations.every()) == COMMANDS
    assert [name for name in OF_THE_MACHINE if operations.find(name)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_call_are_the_same_operation(name: str) -> None:
    command = load_command_class("comparisons", name)
    assert isinstance(command, OperationCommand) and command.operation is operations.find(name)
    assert type(command).perform is OperationCommand.perform
    shell = command.create_parser("manage.py", name)
    django = {action.dest for action in load_command_class("django.core", "check").create_parser("", "")._actions}
    options = {action.dest for action in shell._actions if action.dest not in OF_THE_SHELL | (django - {"help"})}
    parser = Parser(command.operation())
    fields = [field.action.dest for field in parser.options]
    assert {*fields, *command.operation.command_only, "help"} == options


@pytest.mark.parametrize("name", COMMANDS)
def test_no_call_takes_a_path(name: str) -> None:
    """An option whose words or type are those of a path is a file that is sent or sent back."""
    found = operations.every()[name]
    for action in Parser(found())._actions:
        sounds = "PATH" in str(action.metavar) or action.dest in ("path", "file", "folder")
        is_path = action.type in (Path, PurePath) or sounds
        assert is_path == isinstance(action.type, FileToRead | FileToWrite), f"{name}: {action.dest}"


def test_what_only_commands_have_is_said_why() -> None:
    only = {(name, dest) for name, found in operations.every().items() for dest in found.command_only}
    waiting = {(name, how) for name in ("judge_pool", "probe_pool", "sample") for how in ("wait", "inline")}
    assert only == waiting | {("sample", "pilot")}
    for name, found in operations.every().items():
        assert set(found.command_only) <= {action.dest for action in Parser(found())._actions}, name


@pytest.mark.django_db
def test_listing_and_openapi_name_every_call_with_its_fields(client: Client) -> None:
    program = Program(make_user())
    _, listed = program.look("")
    _, document = program.look("openapi.json")
    assert [call["name"] for call in listed["calls"]] == COMMANDS
    assert list(document["paths"]) == [f"/api/{name}" for name in COMMANDS]
    for call in listed["calls"]:
        name, parser = call["name"], Parser(operations.every()[call["name"]]())
        schema = document["components"]["schemas"][name]
        assert list(schema["properties"]) == [field["name"] for field in call["fields"]] == list(parser.fields)
        assert schema["required"] == [field["name"] for field in call["fields"] if field["required"]]
        assert sorted(method.lower() for method in call["methods"]) == sorted(document["paths"][f"/api/{name}"])
        assert schema["properties"] and call["does"]
        for property in schema["properties"].values():
            assert "default" not in property or isinstance(property["default"], TYPES[property["type"]]), property
    replay = document["components"]["schemas"]["replay"]
    assert replay["required"] == ["pool", "strategy"]
    assert replay["properties"]["budget"] == {
        "type": "integer",
        "description": "submissions per problem (default 50)",
        "default": 50,
    }
    upload = document["paths"]["/api/import_pool"]["post"]["requestBody"]["content"]
    assert list(upload) == ["multipart/form-data"]
    read = {name for name, path in document["paths"].items() if "get" in path}
    assert read == {"/api/export_pool", "/api/plan", "/api/pool", "/api/rate"}
    assert [one["name"] for one in document["paths"]["/api/pool"]["get"]["parameters"]] == ["pool", "prices"]


@pytest.mark.django_db
def test_listing_is_for_who_is_signed_in_or_has_a_token(client: Client) -> None:
    for path in ("/api/", "/api/openapi.json"):
        assert client.get(path).status_code == 401
    client.force_login(make_user())
    for path in ("/api/", "/api/openapi.json"):
        response = client.get(path)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
        assert json.loads(response.content)
        assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_listing_is_a_page_for_browsers_and_json_for_programs(client: Client) -> None:
    accepts = {"page": "text/html,application/xhtml+xml,*/*;q=0.8", "curl": "*/*", "program": "application/json"}
    assert client.get("/api/", headers={"Accept": accepts["page"]}).status_code == 401
    client.force_login(make_user())
    answers = {name: client.get("/api/", headers={"Accept": accept}) for name, accept in accepts.items()}
    kinds = {name: answer.headers["Content-Type"].partition(";")[0] for name, answer in answers.items()}
    assert kinds == {"page": "text/html", "curl": "application/json", "program": "application/json"}
    page = answers["page"].content.decode()
    assert [name for name in operations.every() if f'<section class="card-p mb" id="{name}"' not in page] == []
    assert "Accept" in answers["page"].headers["Vary"]
