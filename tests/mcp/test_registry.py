"""What a tool's declaration may be: mistakes end at import, not in a conversation."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import CURATED, Catalogue, Question, Tool, tool, tools_in
from tests.mcp.desk import close_workspace, find_thing, list_things


class Out(BaseModel):
    value: int | None = None


class Tree(BaseModel):
    branches: list["Tree"] = []


class Stamped(BaseModel):
    as_of: str


class Line(BaseModel):
    """One line."""

    title: str
    amount: Annotated[int, Field(ge=1)] = 1


def declare(function: Callable[..., Any], **options: Any) -> Tool:
    facts: dict[str, Any] = {"title": "T", "capability": "customers", "access": "read", "idempotent": True, "open_world": False}
    return tool(**facts | options)(function)


def test_an_optional_argument_is_left_out_and_never_null() -> None:
    def do_it(call: Call, word: str | None = None, count: Annotated[int | None, Field(ge=1)] = None) -> Out:
        """Do it."""
        return Out()

    schema = declare(do_it).input_schema
    assert schema["properties"] == {"word": {"type": "string"}, "count": {"type": "integer", "minimum": 1}}
    assert "required" not in schema


def test_nested_objects_are_written_out_and_keep_their_names() -> None:
    def do_it(call: Call, lines: list[Line]) -> Out:
        """Do it."""
        return Out()

    schema = declare(do_it).input_schema
    assert schema["properties"]["lines"]["items"]["properties"] == {
        "title": {"type": "string"},
        "amount": {"type": "integer", "minimum": 1, "default": 1},
    }


def test_a_value_that_may_be_missing_is_a_type_of_two() -> None:
    def do_it(call: Call) -> Out:
        """Do it."""
        return Out()

    assert declare(do_it).output_schema["properties"]["value"] == {"type": ["integer", "null"]}


def test_a_model_that_contains_itself_is_refused() -> None:
    def do_it(call: Call) -> Tree:
        """Do it."""
        return Tree()

    with pytest.raises(TypeError, match="contains itself"):
        declare(do_it)


def test_what_every_result_or_write_has_is_not_declared_again() -> None:
    def stamped(call: Call) -> Stamped:
        """Do it."""
        return Stamped(as_of="")

    def dry(call: Call, dry_run: bool = False) -> Out:
        """Do it."""
        return Out()

    with pytest.raises(TypeError, match="as_of"):
        declare(stamped)
    with pytest.raises(TypeError, match="dry_run"):
        declare(dry, access="write")


def test_a_destructive_tool_says_what_it_asks_and_no_other_does() -> None:
    def do_it(call: Call) -> Out:
        """Do it."""
        return Out()

    with pytest.raises(TypeError, match="ask"):
        declare(do_it, access="destructive")
    with pytest.raises(TypeError, match="ask"):
        declare(do_it, access="write", asks=lambda out: Question("Sure?"))


def test_a_name_has_at_most_32_characters() -> None:
    def do_it_but_with_a_name_that_is_too_long(call: Call) -> Out:
        """Do it."""
        return Out()

    with pytest.raises(TypeError, match="32"):
        declare(do_it_but_with_a_name_that_is_too_long)


def test_the_curated_come_first_in_their_order_and_the_others_by_name() -> None:
    def named(name: str) -> Tool:
        def do_it(call: Call) -> Out:
            """Do it."""
            return Out()

        do_it.__name__ = name
        return declare(do_it)

    catalogue = Catalogue([find_thing, named("validate_promotion"), close_workspace, named("search_members"), list_things])
    names = [each.name for each in catalogue]
    assert names == ["search_members", "validate_promotion", "close_workspace", "find_thing", "list_things"]
    assert len(CURATED) == 28


def test_a_tool_stands_in_the_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "misfiled_tools"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "list_everything.py").write_text("from tests.mcp.desk import list_things\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    package = ModuleType("misfiled_tools")
    package.__path__ = [str(folder)]
    monkeypatch.setitem(sys.modules, "misfiled_tools", package)
    with pytest.raises(TypeError, match="must declare the tool list_everything"):
        tools_in(package)
