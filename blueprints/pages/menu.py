"""The menu beside every signed-in page: that of the workspace, or of the pages that lie in none.

Connected apps and the account lie in no workspace, and are reached from one: `?from=lotus-spa` keeps its menu beside them.
It counts only for a member, changes nothing but the menu, and stays in their own links and forms.
"""

from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import gettext

from blueprints.access import is_signed_in, user
from blueprints.pages.navigation import Group, Link, Section, navigation
from models.accounts.seat import Seat
from models.errors import NotFound

FROM = "from"
_IN_NO_WORKSPACE = ("/connected-apps", "/account")


def install(app: Flask) -> None:
    """Give every template its menu."""
    app.context_processor(_for_templates)
    app.url_defaults(_stay_beside)


def _for_templates() -> dict[str, Any]:
    seat: Seat | None = g.get("seat")
    if seat is not None:
        return {"nav": navigation(*_links(seat))}
    if not is_signed_in():
        return {"nav": None}
    beside = _come_from()
    return {"nav": _own()} if beside is None else {"nav": navigation(*_links(beside)), "workspace": beside.workspace}


def _own() -> list[Section]:
    """The menu of pages that lie in no workspace."""
    return navigation(
        Group(
            None,
            [
                Link("portal.workspaces", gettext("Workspaces"), "building-2"),
                Link("portal.connected_apps", gettext("Connected apps"), "shield-check"),
                Link("portal.account", gettext("Account"), "user-round"),
            ],
        )
    )


def _links(seat: Seat) -> list[Group]:
    """The menu of a workspace; `navigation` leaves out what has no page, and this what the role may not open."""
    at = {"slug": seat.workspace.slug}
    settings = [
        (("settings", "write"), Link("portal.workspace_settings", gettext("Settings"), "settings", at)),
        (("team", "write"), Link("portal.team", gettext("Team"), "users-round", at)),
        (("plan", "read"), Link("portal.plan", gettext("Plan"), "credit-card", at)),
        (("api", "write"), Link("portal.api", gettext("API"), "key-round", at)),
        (("audit", "read"), Link("portal.audit", gettext("Audit log"), "history", at)),
    ]
    return [
        Group(
            None,
            [
                Link("crm.dashboard", gettext("Dashboard"), "layout-dashboard", at),
                Link("crm.customers", gettext("Customers"), "users", at),
                Link("crm.bookings", gettext("Bookings"), "calendar-days", at),
                Link("crm.services", gettext("Services"), "scissors", at),
                Link("crm.staff", gettext("Staff"), "id-card", at),
                Link("crm.segments", gettext("Segments"), "filter", at),
                Link("crm.activity", gettext("Activity"), "activity", at),
            ],
        ),
        Group(
            gettext("Workspace"),
            [
                Link("portal.connect", gettext("Connect an app"), "plug", at),
                Link("portal.connected_apps", gettext("Connected apps"), "shield-check", {FROM: seat.workspace.slug}),
                *(link for pair, link in settings if seat.may(*pair)),
            ],
        ),
    ]


def _come_from() -> Seat | None:
    """The user's seat in the workspace that the address says they come from, if they have one and the page lies in none."""
    if "come_from" not in g:
        slug = request.args.get(FROM, "")
        beside = slug and request.path.startswith(_IN_NO_WORKSPACE) and is_signed_in()
        g.come_from = _seat_in(slug) if beside else None
    found: Seat | None = g.come_from
    return found


def _seat_in(slug: str) -> Seat | None:
    try:
        seat = Seat.of(user(), slug)
    except NotFound:
        return None
    return seat if seat.workspace.live else None


def _stay_beside(endpoint: str, values: dict[str, Any]) -> None:
    """Links and forms of such a page among each other keep what it came from."""
    seat = _come_from() if has_request_context() else None
    if seat is not None and any(rule.rule.startswith(_IN_NO_WORKSPACE) for rule in current_app.url_map.iter_rules(endpoint)):
        values.setdefault(FROM, seat.workspace.slug)
