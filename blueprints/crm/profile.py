"""The page of one customer: figures, timeline, notes, tags, what is known of them and what they may be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints.access import needs, seat, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.note import NoteForm
from blueprints.crm.forms.tag import OneTagForm
from blueprints.crm.packages import credits_of
from blueprints.htmx import changed, go, page_or_fragment, unprocessable
from blueprints.pages.form import Form
from blueprints.pages.lists import its_cursor, next_page
from blueprints.pages.records import record
from models.base import Page
from models.customers.contact_point import points_of_one
from models.customers.customer import CHANNELS, Customer, shown_birthday
from models.customers.listing import rows_of
from models.customers.note import notes_of
from models.customers.opt_in import PURPOSES, opt_ins_of
from models.customers.profile import answers_of
from models.customers.tag import Tag
from models.insights.history import Line, LineKind, history

NOTES_SHOWN = 50
TAGS_OFFERED = 100


@dataclass(frozen=True, slots=True)
class OptInChoice:
    """One tick: `value` is `channel:purpose`; what a provider blocked cannot be ticked."""

    channel: str
    purpose: str
    status: str | None

    @property
    def value(self) -> str:
        """What the tick sends."""
        return f"{self.channel}:{self.purpose}"


def choices_of(customer: Customer) -> Sequence[OptInChoice]:
    """Every channel and purpose, with what the customer last said."""
    said: dict[tuple[str, str], str] = {
        (each.channel, each.purpose): each.status for each in opt_ins_of(workspace(), customer.id)
    }
    return [OptInChoice(channel, purpose, said.get((channel, purpose))) for channel in CHANNELS for purpose in PURPOSES]


@bp.get("/customers/<shown_id>")
@needs("customers", "read")
def customer(slug: str, shown_id: str) -> ResponseReturnValue:
    """The profile; the address of a record that was merged away leads to the one it became."""
    found = record(Customer, shown_id)
    if found.shown_id != shown_id:
        return go(url_for(".customer", shown_id=found.shown_id))
    return page_or_fragment("crm/customers/show.html", "crm/customers/_timeline.html", **profile(found))


def profile(found: Customer) -> dict[str, Any]:
    """Everything that the page shows of a customer."""
    kind, here = _kind(), workspace()
    lines = _lines(found, kind)
    return {
        "customer": found,
        "row": rows_of(here, [found.id])[0],
        "birthday": shown_birthday(found.birthday),
        "points": points_of_one(found),
        "answers": answers_of(here, found),
        "notes": notes_of(here, found.id, NOTES_SHOWN),
        "note_form": NoteForm(formdata=None),
        "opt_ins": choices_of(found),
        "opt_in_form": Form(formdata=None),
        "tag_form": OneTagForm(formdata=None),
        "worn": Tag.worn_by(found),
        "known_tags": [tag.name for tag in Tag.counted(here, limit=TAGS_OFFERED).items],
        "credits": credits_of(found) if seat().may("bookings", "read") else [],
        "lines": lines.items,
        "kinds": [(said, url_for(".customer", shown_id=found.shown_id, timeline=each), each == kind) for each, said in _kinds()],
        **next_page(lines, ".customer"),
    }


def card_changed(card: str, shown_id: str) -> ResponseReturnValue:
    """What a change in a card of the profile answers: back to the card, or to htmx the card and the timeline beside it."""
    back = url_for(".customer", shown_id=shown_id, _anchor=card.replace("_", "-"))
    return changed("crm/customers/_changed.html", back_to=back, card=_template(card), **profile(record(Customer, shown_id)))


def card_refused(card: str, shown_id: str, **forms: Form) -> ResponseReturnValue:
    """The profile, or to htmx the card, with the form that was refused."""
    return unprocessable("crm/customers/show.html", _template(card), **(profile(record(Customer, shown_id)) | forms))


def _template(card: str) -> str:
    return f"crm/customers/_{card}.html"


def _lines(found: Customer, kind: LineKind) -> Page[Line]:
    with its_cursor() as cursor:
        return history(workspace(), found.id, kind, cursor=cursor)


def _kind() -> LineKind:
    asked = request.args.get("timeline", "")
    return cast(LineKind, asked) if asked in get_args(LineKind) else "all"


def _kinds() -> list[tuple[LineKind, str]]:
    return [
        ("all", gettext("Everything")),
        ("bookings", gettext("Bookings")),
        ("notes", gettext("Notes")),
        ("tags", gettext("Tags")),
        ("changes", gettext("Changes")),
    ]
