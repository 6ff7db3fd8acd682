"""Notes on a profile: added, kept on top, deleted. Each answers htmx with the card of notes, and the timeline beside it."""

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.note import NoteForm
from blueprints.crm.profile import card_changed, card_refused
from blueprints.pages.records import held_customer, record
from models.base import writing
from models.customers.customer import Customer
from models.customers.note import Note

CARD = "notes"


@bp.post("/customers/<shown_id>/notes")
@needs("customers", "write")
def add_note(slug: str, shown_id: str) -> ResponseReturnValue:
    """Append a note to the profile."""
    record(Customer, shown_id)
    form, by = NoteForm(), access.actor()

    def add() -> None:
        Note.add(held_customer(shown_id), form.body.data or "", by, kind=form.kind.data, sensitive=form.sensitive.data)

    if not form.accepted(add):
        return card_refused(CARD, shown_id, note_form=form)
    flash(gettext("Note added."))
    return card_changed(CARD, shown_id)


@bp.post("/customers/<shown_id>/notes/<note_id>/pinning")
@needs("customers", "write")
def pin_note(slug: str, shown_id: str, note_id: str) -> ResponseReturnValue:
    """Keep a note on top, or no longer."""
    by = access.actor()
    with writing():
        note = _note_of(shown_id, note_id)
        note.pin(by, pinned=not note.pinned)
    return card_changed(CARD, shown_id)


@bp.post("/customers/<shown_id>/notes/<note_id>/deletion")
@needs("customers", "write")
def delete_note(slug: str, shown_id: str, note_id: str) -> ResponseReturnValue:
    """Take a note away; Activity can bring it back for 30 days."""
    by = access.actor()
    with writing():
        _note_of(shown_id, note_id).delete(by)
    flash(gettext("Note deleted. Activity can bring it back."))
    return card_changed(CARD, shown_id)


def _note_of(shown_id: str, note_id: str) -> Note:
    """The note, if it is about this customer. Raises NotFound."""
    customer, note = held_customer(shown_id), record(Note, note_id)
    if note.customer_id != customer.id:
        raise Note.not_found()
    return note
