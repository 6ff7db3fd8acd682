"""The customers of a workspace: filtered, sorted, page by page, and tagged many at once."""

from dataclasses import dataclass, replace
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.filter_words import fields_here
from blueprints.crm.forms.tag import TaggingForm
from blueprints.htmx import changed, page_or_fragment, unprocessable
from blueprints.pages.lists import CURSOR, its_cursor, next_page, sort_links, this_list
from blueprints.pages.records import record
from blueprints.pages.sentences import sentence_of
from models.activity.actor import Actor
from models.base import Page
from models.customers import tagging
from models.customers.filter import parse, write
from models.customers.filter.tree import EVERYBODY
from models.customers.listing import DEFAULT_SORT, SORTS
from models.customers.search import Found, Question, search
from models.customers.tag import Tag
from models.errors import Invalid
from models.insights.segment import Segment, all_of

INDEX = "crm/customers/index.html", "crm/customers/_list.html"
LIST = ".customers"
PER_PAGE = 25
TAGS_OFFERED = 100


@bp.get("/customers")
@needs("customers", "read")
def customers(slug: str) -> ResponseReturnValue:
    """The list. A filter that cannot be read is said under its box, with nobody found."""
    asked = Asked.read()
    found, problem = _found(asked)
    answer = unprocessable if problem else page_or_fragment
    return answer(*INDEX, **_shown(asked, found, problem, TaggingForm(formdata=None)))


@bp.post("/customers/tagging")
@needs("customers", "write")
def tag_customers(slug: str) -> ResponseReturnValue:
    """Put a tag on all ticked customers, or take it off. The address names the list that they were ticked in."""
    form, by, asked = TaggingForm(), access.actor(), Asked.read()
    done = form.accepted(lambda: _tag(form, by), tags="tag", member_ids="member")
    found, problem = _found(asked)
    if not done:
        return unprocessable(*INDEX, **_shown(asked, found, problem, form))
    flash(str(form.made))
    back = this_list(LIST, **{CURSOR: request.args.get(CURSOR)})
    return changed(INDEX[1], back_to=back, **_shown(asked, found, problem, TaggingForm(formdata=None)))


def _tag(form: TaggingForm, by: Actor) -> str:
    """What was done, in a sentence. Raises Invalid, Conflict, NotFound."""
    ids, name = form.member.data or [], form.tag.data or ""
    if request.form.get("act") == "remove":
        done = tagging.detach_tags(workspace(), ids, [name], by)
        return str(ngettext("Taken off %(num)d customer.", "Taken off %(num)d customers.", done.pairs))
    done = tagging.attach_tags(workspace(), ids, [name], by, create_missing=True)
    if not done.pairs:
        return str(gettext("They carry this tag already."))
    return str(ngettext("Tagged %(num)d customer.", "Tagged %(num)d customers.", done.pairs))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks of the list."""

    filter: str
    segment_id: str
    sort: str

    @classmethod
    def read(cls) -> "Asked":
        """From the address; an order that does not exist is the usual one."""
        sort = request.args.get("sort", "")
        known = sort.removeprefix("-") in SORTS
        return cls(
            request.args.get("filter", "").strip(),
            request.args.get("segment", ""),
            sort if known else DEFAULT_SORT,
        )

    def answer(self, cursor: str | None) -> Found:
        """The customers. Raises Invalid for a bad filter or cursor, NotFound for a segment that is not here."""
        segment = record(Segment, self.segment_id).tree if self.segment_id else EVERYBODY
        question = Question.typed(parse(self.filter), segment)
        found = search(workspace(), question, sort=self.sort, cursor=cursor, limit=PER_PAGE)
        tests = write(question.filter)
        return replace(found, did_you_mean=[f"{tests} {words}".strip() for words in found.did_you_mean])


def _found(asked: Asked) -> tuple[Found, str]:
    """The page of the list that the address asks for, or nobody and why its filter cannot be read."""
    try:
        with its_cursor() as cursor:
            return asked.answer(cursor), ""
    except Invalid as error:
        return Found(Page([], None)), sentence_of(error)


def _shown(asked: Asked, found: Found, problem: str, form: TaggingForm) -> dict[str, Any]:
    return {
        "asked": asked,
        "found": found,
        "rows": found.page.items,
        "problem": problem,
        "form": form,
        "ticked": form.member.data or [],
        "segments": [(segment.shown_id, segment.name) for segment in all_of(workspace())],
        "fields": fields_here(),
        "sorts": sort_links(asked.sort, LIST),
        "tags": [tag.name for tag in Tag.counted(workspace(), limit=TAGS_OFFERED).items],
        **next_page(found.page, LIST),
    }
