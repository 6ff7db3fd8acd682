"""Questions that are too large are refused at once, with the bound in the message."""

from typing import Any

import pytest

import blueprints.mcp.tools
from blueprints.mcp.registry import Tool, tools_in
from tests.cheaply import cheaply
from tests.mcp.desk import Caller

LISTS = [each for each in tools_in(blueprints.mcp.tools) if "limit" in each.input_schema["properties"]]


def refused(caller: Caller, name: str, arguments: dict[str, Any], told: Any) -> str:
    with cheaply():
        said = told(caller.result(name, arguments))
    assert said["code"] == "invalid"
    message: str = said["message"]
    return message


@pytest.mark.threat("MC17")
@pytest.mark.parametrize("each", LISTS, ids=lambda each: each.name)
def test_a_limit_of_a_thousand_million_is_refused(caller: Caller, told: Any, each: Tool) -> None:
    assert "100" in refused(caller, each.name, {"limit": 10**9}, told)


@pytest.mark.threat("MC17")
@pytest.mark.parametrize("query", ["(a+)+$", "%" * 200, "_" * 200, "* " * 100, "a|" * 100, "\\" * 200, "[" * 200])
def test_a_search_that_looks_like_a_pattern_is_only_words(caller: Caller, query: str) -> None:
    with cheaply():
        assert caller.done("search_members", {"query": query})["items"] == []
