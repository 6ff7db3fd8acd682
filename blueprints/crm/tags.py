"""The tags of a workspace: with how many carry each, made, renamed and removed."""

from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.tag import TagForm
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.asking import ask_first
from blueprints.pages.lists import its_cursor, next_page
from blueprints.pages.records import record
from models.base import writing
from models.customers.tag import Tag

PER_PAGE = 50
INDEX = "crm/tags/index.html", "crm/tags/_list.html"
EDIT = "crm/tags/edit.html", "crm/tags/_edit_form.html"


@bp.get("/tags")
@needs("customers", "read")
def tags(slug: str) -> ResponseReturnValue:
    """The list, the most carried first."""
    return page_or_fragment(*INDEX, form=TagForm(), **_shown())


@bp.post("/tags")
@needs("customers", "write")
def create_tag(slug: str) -> ResponseReturnValue:
    """Make a tag that nobody carries yet."""
    form, by = TagForm(), access.actor()
    if not form.accepted(lambda: Tag.create(workspace(), form.name.data or "", by), tags="name"):
        return unprocessable(*INDEX, form=form, **_shown())
    flash(gettext("Tag made."))
    return go(url_for(".tags"))


@bp.get("/tags/<shown_id>/edit")
@needs("customers", "write")
def edit_tag(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form of one tag."""
    tag = record(Tag, shown_id, live=True)
    return page_or_fragment(*EDIT, tag=tag, form=TagForm(data={"name": tag.name}))


@bp.post("/tags/<shown_id>")
@needs("customers", "write")
def change_tag(slug: str, shown_id: str) -> ResponseReturnValue:
    """Rename a tag."""
    record(Tag, shown_id, live=True)
    form, by = TagForm(), access.actor()
    if not form.accepted(lambda: record(Tag, shown_id, live=True).rename(form.name.data or "", by), tags="name"):
        return unprocessable(*EDIT, tag=record(Tag, shown_id, live=True), form=form)
    flash(gettext("Renamed."))
    return go(url_for(".tags"))


@bp.get("/tags/<shown_id>/removal")
@needs("customers", "destructive")
def remove_tag_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """Ask before a tag is taken off everybody."""
    tag = record(Tag, shown_id, live=True)
    carried = tag.carriers()
    lost = ngettext("%(num)d customer carries it and loses it.", "%(num)d customers carry it and lose it.", carried)
    return ask_first(
        gettext("Remove the tag %(name)s?", name=tag.name), gettext("Remove tag"),
        lost if carried else gettext("Nobody carries it."), gettext("Activity can bring it back for 30 days."),
        action=url_for(".remove_tag_for_good", shown_id=shown_id),
        trail=[(gettext("Customers"), url_for(".customers")), (gettext("Tags"), url_for(".tags"))],
    )  # fmt: skip


@bp.post("/tags/<shown_id>/removal")
@needs("customers", "destructive")
def remove_tag_for_good(slug: str, shown_id: str) -> ResponseReturnValue:
    """Take a tag out of use."""
    by = access.actor()
    with writing():
        record(Tag, shown_id, live=True).remove(by)
    flash(gettext("Tag removed. Activity can bring it back."))
    return go(url_for(".tags"))


def _shown() -> dict[str, Any]:
    with its_cursor() as cursor:
        page = Tag.counted(workspace(), cursor=cursor, limit=PER_PAGE)
    return {"tags": page.items, **next_page(page, ".tags")}
