"""Segments: saved filters with how many customers each means, put together or typed, tried out, changed and removed."""

from typing import NamedTuple

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.filter_words import fields_here, parts_of, worded
from blueprints.crm.forms.segment import SegmentForm
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.asking import ask_first
from blueprints.pages.records import record
from blueprints.pages.sentences import sentence_of
from models.base import writing
from models.customers.filter import Node, parse
from models.errors import Invalid
from models.insights.segment import Segment, all_of
from models.insights.trial import SHOWN, Trial, trial

FORM = "crm/segments/form.html", "crm/segments/_form.html"


@bp.get("/segments")
@needs("insights", "read")
def segments(slug: str) -> ResponseReturnValue:
    """The list, with how many customers each means."""
    here, fields = workspace(), fields_here()
    counted = [(each, each.counted(here).number) for each in all_of(here)]
    said = {each.id: [worded(part, fields) for part in parts_of(each.tree)] for each, _count in counted}
    return page_or_fragment("crm/segments/index.html", "crm/segments/_list.html", segments=counted, said=said)


@bp.get("/segments/new")
@needs("insights", "write")
def new_segment(slug: str) -> ResponseReturnValue:
    """The form, with the filter of the list that one comes from."""
    return _form(SegmentForm(data={"filter": request.args.get("filter", "")}), None)


@bp.get("/segments/condition")
@needs("insights", "write")
def condition(slug: str) -> ResponseReturnValue:
    """The pickers anew, once one was used: the comparisons of a field, and the input for what it is compared with."""
    form = SegmentForm(formdata=request.args)
    form.offer()
    return page_or_fragment(FORM[0], "crm/segments/_condition.html", form=form, segment=None, verdict=None)


@bp.get("/segments/trial")
@needs("customers", "read")
def try_segment(slug: str) -> ResponseReturnValue:
    """Whom a filter means now, or what is wrong with it; shown under the box while it is typed."""
    text = request.args.get("filter", "").strip()
    return page_or_fragment("crm/segments/trial.html", "crm/segments/_verdict.html", text=text, verdict=verdict_on(text))


@bp.post("/segments")
@needs("insights", "write")
def create_segment(slug: str) -> ResponseReturnValue:
    """Save a filter under a name; or go one step on with the form that puts it together."""
    form, by = SegmentForm(), access.actor()
    if request.form.get("step"):
        return _stepped(form, None)
    create = form.take_up() and form.accepted(lambda: Segment.create(workspace(), form.name.data or "", _node(form), by))
    if not create:
        return _form(form, None)
    flash(gettext("Segment saved."))
    return go(url_for(".segments"))


@bp.get("/segments/<shown_id>")
@needs("insights", "read")
def segment(slug: str, shown_id: str) -> ResponseReturnValue:
    """Whom it means: the list of customers under it."""
    return go(url_for(".customers", segment=record(Segment, shown_id).shown_id))


@bp.get("/segments/<shown_id>/edit")
@needs("insights", "write")
def edit_segment(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form, filled in."""
    found = record(Segment, shown_id)
    return _form(SegmentForm(data={"name": found.name, "filter": found.text}), found)


@bp.post("/segments/<shown_id>")
@needs("insights", "write")
def change_segment(slug: str, shown_id: str) -> ResponseReturnValue:
    """Keep another name or another filter; or go one step on with the form."""
    found, form, by = record(Segment, shown_id), SegmentForm(), access.actor()
    if request.form.get("step"):
        return _stepped(form, found)

    def change() -> None:
        record(Segment, shown_id).change(workspace(), by, name=form.name.data, node=_node(form))

    if not (form.take_up() and form.accepted(change)):
        return _form(form, record(Segment, shown_id))
    flash(gettext("Saved."))
    return go(url_for(".segments"))


@bp.get("/segments/<shown_id>/removal")
@needs("insights", "destructive")
def remove_segment_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """Ask before it goes."""
    found = record(Segment, shown_id)
    return ask_first(
        gettext("Remove the segment %(name)s?", name=found.name), gettext("Remove segment"),
        gettext("Its customers stay. Activity can bring the segment back for 30 days."),
        action=url_for(".remove_segment", shown_id=shown_id),
        trail=[(gettext("Segments"), url_for(".segments"))],
    )  # fmt: skip


@bp.post("/segments/<shown_id>/removal")
@needs("insights", "destructive")
def remove_segment(slug: str, shown_id: str) -> ResponseReturnValue:
    """Take a segment away; its customers stay."""
    by = access.actor()
    with writing():
        record(Segment, shown_id).delete(by)
    flash(gettext("Segment removed. Activity can bring it back."))
    return go(url_for(".segments"))


def _node(form: SegmentForm) -> Node:
    return parse(form.filter.data or "")


def _stepped(form: SegmentForm, segment: Segment | None) -> ResponseReturnValue:
    """The same form after one step: a test taken up or left out, or whom the filter means now. Nothing is saved."""
    step, _colon, number = request.form["step"].partition(":")
    if step == "drop" and number.isdecimal() and len(number) < 4:
        form.drop(int(number))
    elif step in ("add", "try"):
        form.take_up()
    text = (form.filter.data or "").strip()
    return _form(form, segment, verdict_on(text) if not form.errors else None)


def _form(form: SegmentForm, segment: Segment | None, verdict: "Verdict | None" = None) -> ResponseReturnValue:
    form.offer()
    answer = unprocessable if form.errors else page_or_fragment
    return answer(*FORM, form=form, segment=segment, verdict=verdict)


class Verdict(NamedTuple):
    """Whether a filter can be read, whom it means or why it cannot, and the first of them."""

    good: bool
    said: str
    trial: Trial | None = None

    @property
    def more(self) -> int:
        """How many are not named."""
        return max(0, self.trial.count - SHOWN) if self.trial else 0


def verdict_on(text: str) -> Verdict:
    """What a filter comes to now."""
    if not text:
        return Verdict(True, gettext("Nothing typed yet: that would be everybody."))
    try:
        found = trial(workspace(), parse(text))
    except Invalid as error:
        return Verdict(False, sentence_of(error))
    return Verdict(True, ngettext("%(num)d customer now.", "%(num)d customers now.", found.count), found)
