"""Settings → Audit log: what was done here, by whom, with what outcome; and the same as a spreadsheet."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.access import needs, workspace
from blueprints.htmx import page_or_fragment
from blueprints.pages.outcomes import OUTCOMES
from blueprints.portal.blueprint import bp
from blueprints.portal.names import ACTOR_KINDS
from models.accounts import team
from models.activity import audit_log
from models.activity.audit_event import AuditEvent
from models.activity.audit_log import Narrowed
from models.oauth.connected_app import names_of

COLUMNS = ("at", "kind", "who", "app", "tool", "what", "outcome", "record", "record id", "details", "address", "milliseconds")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@bp.get("/w/<slug>/settings/audit")
@needs("audit", "read")
def audit(slug: str) -> ResponseReturnValue:
    """One page of it, narrowed by the filters of the address."""
    narrowed, cursor = _narrowed(), request.args.get("cursor")
    page = audit_log.page(workspace(), narrowed, cursor)
    filters: dict[str, Any] = {"who": narrowed.actor_kind, "outcome": narrowed.outcome, "verb": narrowed.verb}
    return page_or_fragment(
        "portal/audit/index.html",
        "portal/audit/_list.html",
        events=page.items,
        people=_people(),
        apps=_apps(page.items),
        filters=filters,
        outcome_options=[(code, words) for code, (words, _) in OUTCOMES.items()],
        kinds=ACTOR_KINDS,
        next_url=url_for(".audit", slug=slug, cursor=page.next_cursor, **filters) if page.next_cursor else None,
        first_url=url_for(".audit", slug=slug, **filters) if cursor else None,
        export_url=url_for(".audit_export", slug=slug, **filters),
    )


@bp.get("/w/<slug>/settings/audit.csv")
@needs("audit", "read")
def audit_export(slug: str) -> ResponseReturnValue:
    """All of it that the filters leave, newest first, as CSV; a cell that a spreadsheet would calculate is quoted."""
    events = audit_log.everything(workspace(), _narrowed())
    body = "".join(_lines(events, _people()))
    name = f"{slug}-audit.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response("\ufeff" + body, mimetype="text/csv", headers=headers)


def _lines(events: Iterator[AuditEvent], people: dict[str, str]) -> Iterator[str]:
    line = StringIO()
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    for event in events:
        details = json.dumps(event.fields, ensure_ascii=False) if event.fields else ""
        cells = (
            event.at.isoformat(), event.actor_kind, people.get(event.actor_id or "", event.actor_id), event.client_id, event.tool,
            event.verb, event.outcome, event.entity, event.entity_id, details, event.ip, event.ms,
        )  # fmt: skip
        writer.writerow([_plain(cell) for cell in cells])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def _plain(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _narrowed() -> Narrowed:
    return Narrowed(*(request.args.get(name) or None for name in ("who", "outcome", "verb")))


def _people() -> dict[str, str]:
    """Names by the code under which the trail holds a person."""
    return {f"user:{seat.user_id}": seat.user.name for seat in team.seats_of(workspace())}


def _apps(events: list[AuditEvent]) -> dict[str, str]:
    return names_of(workspace(), {event.client_id for event in events if event.client_id})
