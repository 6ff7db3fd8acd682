"""Settings → Workspace: what the business is called, and how it counts time and money."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints.access import actor, needs, workspace
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.portal.blueprint import bp
from blueprints.portal.forms.workspace import WorkspaceSettingsForm
from models.accounts import currency
from models.accounts.workspace import Changes, Workspace
from models.base import db

PAGE = "portal/workspaces/settings.html", "portal/workspaces/_settings.html"


@bp.get("/w/<slug>/settings/workspace")
@needs("settings", "write")
def workspace_settings(slug: str) -> ResponseReturnValue:
    """The form with what holds now."""
    here = workspace()
    now_is = {
        "business_name": here.name, "timezone": here.timezone, "currency": here.currency, "phone_region": here.phone_region,
        "locale": here.locale, "complete_bookings": here.completes_bookings,
    }  # fmt: skip
    return page_or_fragment(*PAGE, **_shown(WorkspaceSettingsForm(formdata=None, data=now_is)))


@bp.post("/w/<slug>/settings/workspace")
@needs("settings", "write")
def change_workspace(slug: str) -> ResponseReturnValue:
    """Change it."""
    form, by, here = WorkspaceSettingsForm(), actor(), workspace().id
    if not form.accepted(lambda: db.session.get_one(Workspace, here).change(by, _asked(form)), name="business_name"):
        return unprocessable(*PAGE, **_shown(form))
    flash(gettext("Saved."))
    return go(url_for(".workspace_settings", slug=slug))


def _shown(form: WorkspaceSettingsForm) -> dict[str, object]:
    """The form; a currency that is settled is the only one to choose."""
    settled = currency.is_settled(workspace())
    if settled:
        form.currency.choices = [choice for choice in form.currency.choices or () if choice.value == workspace().currency]
    return {"form": form, "settled": settled}


def _asked(form: WorkspaceSettingsForm) -> Changes:
    return Changes(
        name=str(form.business_name.data),
        timezone=str(form.timezone.data),
        currency=str(form.currency.data),
        locale=str(form.locale.data),
        phone_region=str(form.phone_region.data),
        complete_bookings=bool(form.complete_bookings.data),
    )
