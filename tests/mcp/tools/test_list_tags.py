"""list_tags"""

from typing import Any

from flask import Flask

from models.customers.archive import archive
from tests.cast import Cast
from tests.customers.desk import ALICE, changing, person
from tests.mcp.desk import Caller


def test_tags_come_with_counts_and_the_biggest_first(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        person(cast.lotus, "Ada", tags=("vip", "new"))
        person(cast.lotus, "Bea", tags=("vip",))
        person(cast.lotus, "Cleo", tags=("VIP", "貴賓"))
    page = caller.done("list_tags")
    assert [(tag["name"], tag["count"]) for tag in page["items"]] == [("vip", 3), ("new", 1), ("貴賓", 1)]
    assert all(tag["id"].startswith("tag_") for tag in page["items"])
    assert page["workspace"] == {"name": "Lotus Spa", "slug": "lotus-spa"}
    assert page["as_of"].endswith("+08:00")


def test_a_prefix_is_read_without_case_and_pages_follow_each_other(app: Flask, cast: Cast, caller: Caller, ids: Any) -> None:
    with app.app_context():
        person(cast.lotus, "Ada", tags=("Vip gold", "vip silver", "VIP tin", "other"))
    first = caller.done("list_tags", {"prefix": "VIP", "limit": 2})
    second = caller.done("list_tags", {"prefix": "VIP", "limit": 2, "cursor": first["next_cursor"]})
    assert len(set(ids(first)) | set(ids(second))) == 3
    assert second["next_cursor"] is None


def test_an_archived_customer_is_not_counted(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        gone = person(cast.lotus, "Ada", tags=("vip",))
        person(cast.lotus, "Bea", tags=("vip",))
        with changing(cast.lotus):
            archive(cast.lotus, gone, ALICE)
    assert caller.done("list_tags")["items"][0]["count"] == 1


def test_a_cursor_of_another_list_or_workspace_is_refused(
    app: Flask, cast: Cast, caller: Caller, charlies: Caller, told: Any
) -> None:
    with app.app_context():
        person(cast.lotus, "Ada", tags=("a", "b"))
    cursor = caller.done("list_tags", {"limit": 1})["next_cursor"]
    for refused in (
        caller.result("list_tags", {"prefix": "a", "cursor": cursor}),
        charlies.result("list_tags", {"cursor": cursor}),
        caller.result("list_tags", {"cursor": "garbage"}),
        caller.result("list_tags", {"limit": 101}),
        caller.result("list_tags", {"prefix": ""}),
    ):
        assert told(refused)["code"] == "invalid"
