"""Scopes: one table, aliases both ways, defaults, limits (PRODUCT §3)."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.oauth import scope
from models.oauth.scope import SCOPES, Access, Capability, Pair, pairs_of, spelled
from models.oauth.scope_request import NothingLeft, OutsideGrant, asked_for, kept_at_registration, narrowed

ALL: frozenset[Pair] = pairs_of(SCOPES)
NO_DESTRUCTIVE = frozenset(pair for pair in ALL if pair[1] != "destructive")

# PRODUCT §3, written out by hand: which scope covers which tool.
COVERS = {
    "mcp.read": {("*", "read"), ("resources", "read"), ("server", "read")},
    "mcp.write": {("*", "read"), ("*", "write"), ("resources", "read"), ("server", "read")},
    "mcp.destructive": {("*", "destructive")},
    "crm.read": {(c, "read") for c in ("customers", "bookings", "loyalty", "comms")},
    "crm.write": {(c, a) for c in ("customers", "bookings", "loyalty", "comms") for a in ("read", "write")},
    "erp.read": {("commerce", "read"), ("insights", "read")},
    "resources.read": {("resources", "read")},
    "server.read": {("server", "read")},
    "server.manage": {("server", "write")},
    "offline_access": set(),
}
names = st.sets(st.sampled_from(sorted(SCOPES)))
spellings = st.sampled_from(
    [word for entry in SCOPES.values() for word in (entry.name, *entry.aliases)] + ["admin", "superadmin", "MCP.READ"]
)
texts = st.lists(st.tuples(spellings, st.sampled_from([" ", ",", ", ", "  "]))).map(lambda ws: "".join(map("".join, ws)))


@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("capability", get_args(Capability))
@pytest.mark.parametrize("access", get_args(Access))
def test_each_scope_covers_exactly_what_the_table_says(name: str, capability: Capability, access: Access) -> None:
    of_tools = capability not in ("resources", "server")
    expected = (capability, access) in COVERS[name] or (of_tools and ("*", access) in COVERS[name])
    assert ((capability, access) in pairs_of([name])) is expected


@given(names, names)
def test_scopes_add_up_and_never_give_more_together_than_apart(one: set[str], other: set[str]) -> None:
    assert pairs_of(one | other) == pairs_of(one) | pairs_of(other)


def test_the_documented_read_and_execute_pair_is_given_back_under_the_names_it_used() -> None:
    for text in ("mcp:tools:read mcp:tools:execute", "mcp:tools:read,mcp:tools:execute"):
        granted = asked_for(text, "registered", ALL)
        assert granted == {"mcp.read"}
        assert spelled(granted, text) == "mcp:tools:read mcp:tools:execute"


def test_scopes_are_stored_and_shown_in_the_order_of_the_table() -> None:
    assert scope.canonical_order({"offline_access", "mcp.write", "admin", "mcp.read"}) == (
        "mcp.read",
        "mcp.write",
        "offline_access",
    )


def test_execute_means_write_only_where_write_is_ticked() -> None:
    text = "mcp:tools:read mcp:tools:execute"
    granted = asked_for(text, "created", ALL, ticked={"mcp.read", "mcp.write"})
    assert granted == {"mcp.read", "mcp.write"}
    assert spelled({"mcp.read"}, text, {"mcp.read", "mcp.write"}) == "mcp:tools:read"
    assert asked_for(text, "created", ALL, ticked={"mcp.read"}) == {"mcp.read"}
    assert asked_for(text, "registered", ALL, registered="mcp.write") == {"mcp.read"}


@given(texts, names)
def test_an_answer_names_each_granted_scope_once_per_spelling_that_was_asked_and_nothing_else(
    text: str, granted: set[str]
) -> None:
    answer = spelled(granted, text).split(" ") if granted else []
    asked = text.replace(",", " ").split()
    assert len(answer) == len(set(answer))
    assert {scope.canonical(word) for word in answer} == granted
    for word in answer:
        assert word in asked or (word in granted and scope.canonical(word) not in map(scope.canonical, asked))


def test_what_is_unknown_or_impossible_is_dropped_and_nothing_left_is_refused() -> None:
    assert asked_for("admin mcp.read superadmin", "registered", ALL) == {"mcp.read"}
    assert asked_for("x" * 10_000 + " mcp.read", "registered", ALL) == {"mcp.read"}
    assert asked_for("server.manage mcp.read", "registered", ALL) == {"mcp.read"}
    assert kept_at_registration("admin mcp:tools:read server.manage", "registered", ALL) == ("mcp:tools:read",)
    for text in ("admin superadmin", "server.manage"):
        with pytest.raises(NothingLeft):
            asked_for(text, "published", ALL)
        with pytest.raises(NothingLeft):
            kept_at_registration(text, "registered", ALL)


@pytest.mark.parametrize("absent", [None, "", "  ", ","])
def test_a_request_without_scope_asks_for_the_registered_scope_else_for_reading(absent: str | None) -> None:
    assert asked_for(absent, "registered", ALL) == {"mcp.read"}
    assert asked_for(absent, "registered", ALL, registered="crm:read erp.read") == {"crm.read", "erp.read"}
    assert asked_for(absent, "created", ALL, ticked={"crm.read", "erp.read"}) == {"crm.read", "erp.read"}
    assert kept_at_registration(absent, "registered", ALL) == ()


def test_a_registered_scope_is_a_default_and_never_a_limit() -> None:
    assert asked_for("mcp.write", "registered", ALL, registered="mcp.read") == {"mcp.write"}


def test_ticked_scopes_are_a_limit_by_what_they_cover() -> None:
    assert asked_for("crm.read erp.read mcp.destructive", "created", ALL, ticked={"mcp.write"}) == {
        "crm.read",
        "erp.read",
    }
    with pytest.raises(NothingLeft):
        asked_for("mcp.read", "created", ALL, ticked={"crm.read"})


@given(texts, names.filter(bool))
def test_a_limited_client_never_gets_a_pair_that_was_not_ticked(text: str, ticked: set[str]) -> None:
    try:
        granted = asked_for(text, "created", ALL, ticked=ticked)
    except NothingLeft:
        return
    assert pairs_of(granted) <= pairs_of(ticked)


def test_stay_connected_is_accepted_from_everyone_and_never_an_error() -> None:
    assert asked_for("mcp.read offline_access", "published", ALL) == {"mcp.read", "offline_access"}
    assert asked_for("offline_access", "registered", ALL) == {"mcp.read", "offline_access"}
    assert asked_for(None, "registered", ALL, registered="offline_access") == {"mcp.read", "offline_access"}
    assert asked_for("offline_access mcp.read", "created", ALL, ticked={"mcp.read"}) == {"mcp.read", "offline_access"}
    assert asked_for("offline_access", "client_credentials", ALL, ticked={"mcp.write"}) == {"mcp.write"}


def test_client_credentials_never_hold_destructive_and_a_key_may() -> None:
    ticked = {"mcp.read", "mcp.destructive"}
    assert asked_for(None, "client_credentials", ALL, ticked=ticked) == {"mcp.read"}
    assert asked_for(None, "key", ALL, ticked=ticked) == ticked


def test_a_scope_that_nothing_serves_is_neither_listed_nor_offered() -> None:
    assert "mcp.destructive" not in scope.listed(NO_DESTRUCTIVE)
    assert scope.listed_for_resource(NO_DESTRUCTIVE) == ("mcp.read", "mcp.write")
    assert scope.listed_for_resource(ALL) == ("mcp.read", "mcp.write", "mcp.destructive")
    assert asked_for("mcp.read mcp.destructive", "registered", NO_DESTRUCTIVE) == {"mcp.read"}
    assert "erp.read" not in scope.listed({("customers", "read")})
    assert "offline_access" in scope.listed(set())


def test_every_scope_is_listed_under_its_own_name_once_all_are_served() -> None:
    assert set(scope.listed(ALL)) == set(COVERS)
    assert not any(":" in name for name in scope.listed(ALL))


def test_the_scope_to_ask_for_is_one_that_can_be_granted() -> None:
    code, crm = pairs_of(scope.possible("registered")), pairs_of(["crm.write", "server.manage"])
    assert [scope.scope_for(("customers", access), code) for access in get_args(Access)] == [
        "mcp.read",
        "mcp.write",
        "mcp.destructive",
    ]
    assert [scope.scope_for(("customers", access), crm) for access in get_args(Access)] == ["crm.read", "crm.write", None]
    assert scope.scope_for(("server", "write"), crm) == "server.manage"
    assert scope.scope_for(("server", "write"), code) is None


def test_only_what_is_made_in_settings_can_manage_the_connection() -> None:
    assert {kind for kind in get_args(scope.Kind) if "server.manage" in scope.possible(kind)} == {
        "created",
        "key",
        "client_credentials",
    }


def test_a_refresh_may_ask_for_less_and_never_for_more() -> None:
    family = {"mcp.write", "offline_access"}
    assert narrowed(None, family, "registered") == family
    assert narrowed("mcp:tools:read", family, "registered") == {"mcp.read"}
    assert narrowed("crm.write offline_access", family, "registered") == {"crm.write", "offline_access"}
    with pytest.raises(OutsideGrant):
        narrowed("mcp.read mcp.write", {"mcp.read"}, "registered")
    with pytest.raises(NothingLeft):
        narrowed("admin", family, "registered")


def test_naming_destructive_at_refresh_is_no_error_and_gives_nothing() -> None:
    assert narrowed("mcp.read mcp.destructive", {"mcp.read"}, "registered") == {"mcp.read"}
    assert narrowed("mcp.destructive", {"mcp.read"}, "registered") == {"mcp.read"}
    assert narrowed("mcp.destructive", {"mcp.read", "mcp.destructive"}, "registered") == {"mcp.read", "mcp.destructive"}
    family = {"mcp.read", "mcp.destructive", "offline_access"}
    assert narrowed("mcp.destructive offline_access", family, "registered") == family
    assert narrowed("mcp.read offline_access server.manage", {"mcp.read"}, "registered") == {"mcp.read"}


@given(texts, names.filter(bool))
def test_no_refresh_widens_a_family(text: str, family: set[str]) -> None:
    try:
        held = narrowed(text, family, "created")
    except (NothingLeft, OutsideGrant):
        return
    assert held
    assert pairs_of(held) <= pairs_of(family)


def test_scopes_that_change_things_are_told_from_those_that_only_look() -> None:
    assert {name for name, entry in SCOPES.items() if entry.changes} == {
        "mcp.write",
        "mcp.destructive",
        "crm.write",
        "server.manage",
    }
