"""What was done in the workspace, by assistants first of all, and taking it back."""

from typing import cast, get_args

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, safe_next, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.told import act_told
from blueprints.htmx import changed, page_or_fragment
from blueprints.pages.lists import its_cursor, next_page
from models.activity.audit_event import AuditEvent
from models.activity.undo import undo_of
from models.base import writing
from models.errors import Invalid
from models.insights import activity_feed
from models.insights.activity_feed import Act, Shown


@bp.get("/activity")
@needs("insights", "read")
def activity(slug: str) -> ResponseReturnValue:
    """The feed, narrowed to assistants, people or one app, and to what came of it."""
    shown, by = _shown(), request.args.get("by") or None
    with its_cursor() as cursor:
        page = activity_feed.feed(workspace(), shown=shown, by=by, cursor=cursor)
    return page_or_fragment(
        "crm/activity/index.html",
        "crm/activity/_list.html",
        acts=page.items,
        shown=shown,
        by=by,
        apps=activity_feed.apps_of(workspace()),
        **next_page(page),
    )


@bp.post("/activity/<shown_id>/undoing")
@needs("insights", "read")
def undo_act(slug: str, shown_id: str) -> ResponseReturnValue:
    """Take an act back, where the role may do what that does. Its line then says by whom; elsewhere the page is shown again."""
    act, by = _act(shown_id), access.actor()
    with writing():
        step = undo_of(workspace(), act.id)
        access.require(*step.needs)
        step.undo(by)
    flash(gettext("Taken back: %(act)s", act=act_told(act).striptags()))
    back = safe_next(request.form.get("back"), url_for(".activity"))
    return changed("crm/activity/_act.html", back_to=back, act=_act(shown_id))


def _act(shown_id: str) -> Act:
    """The act that the address names. Raises NotFound, for a malformed id too."""
    try:
        return activity_feed.act(workspace(), shown_id)
    except Invalid:
        raise AuditEvent.not_found() from None


def _shown() -> Shown:
    asked = request.args.get("shown", "")
    return cast(Shown, asked) if asked in get_args(Shown) else "changes"
