"""What happened, in whole sentences with links: a line of the activity feed, and a line of a customer's timeline.

Values stand in the sentences as `%(customer)s`, so that a translation may put them where its language wants them.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext, to_user_timezone
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from blueprints.crm import words
from blueprints.pages.formats import moment
from models.insights.activity_feed import Act
from models.insights.history import Line
from models.insights.told import BookingTold

OF_BOOKINGS: Mapping[str, Any] = {
    "create_booking": _("Booked %(service)s for %(customer)s: %(when)s"),
    "hold_booking": _("Held %(service)s for %(customer)s: %(when)s"),
    "confirm_booking": _("Confirmed %(service)s for %(customer)s: %(when)s"),
    "reschedule_booking": _("Moved %(service)s for %(customer)s: %(left)s → %(to)s"),
    "cancel_booking": _("Cancelled %(service)s for %(customer)s: %(when)s"),
    "check_in_booking": _("Checked in %(customer)s for %(service)s: %(when)s"),
    "complete_booking": _("Completed %(service)s for %(customer)s: %(when)s"),
    "mark_booking_no_show": _("%(customer)s did not come to %(service)s: %(when)s"),
    "reopen_booking": _("Reopened %(service)s for %(customer)s: %(when)s"),
    "restore_booking": _("Booked %(service)s for %(customer)s again: %(when)s"),
    "expire_booking": _("Let the place held for %(customer)s go: %(service)s, %(when)s"),
    "change_booking": _("Changed %(service)s for %(customer)s: %(when)s"),
    "waive_fee": _("Waived the fee of %(customer)s for %(service)s: %(when)s"),
    "cancel_session": _("Cancelled the class %(service)s of %(customer)s: %(when)s"),
    "change_session": _("Changed the class %(service)s of %(customer)s: %(when)s"),
}
"""Acts on a booking, for the activity feed."""

OF_A_CUSTOMERS_BOOKINGS: Mapping[str, Any] = {
    "create_booking": _("Booked %(service)s for %(when)s"),
    "hold_booking": _("Held a place in %(service)s for %(when)s"),
    "confirm_booking": _("Confirmed %(service)s, %(when)s"),
    "reschedule_booking": _("Moved %(service)s: %(left)s → %(to)s"),
    "cancel_booking": _("Cancelled %(service)s, %(when)s"),
    "check_in_booking": _("Checked in for %(service)s, %(when)s"),
    "complete_booking": _("Completed %(service)s, %(when)s"),
    "mark_booking_no_show": _("Did not come to %(service)s, %(when)s"),
    "reopen_booking": _("Reopened %(service)s, %(when)s"),
    "restore_booking": _("Booked %(service)s again for %(when)s"),
    "expire_booking": _("The place held in %(service)s lapsed, %(when)s"),
    "change_booking": _("Changed %(service)s, %(when)s"),
    "waive_fee": _("The fee for %(service)s was waived, %(when)s"),
    "cancel_session": _("%(service)s was cancelled by the business, %(when)s"),
    "change_session": _("%(service)s was changed by the business, %(when)s"),
}
"""The same on the customer's own page."""

MESSAGES: Mapping[tuple[str, str], Any] = {
    ("email", "marketing"): _("offers by e-mail"),
    ("sms", "marketing"): _("offers by SMS"),
    ("whatsapp", "marketing"): _("offers by WhatsApp"),
    ("email", "transactional"): _("reminders by e-mail"),
    ("sms", "transactional"): _("reminders by SMS"),
    ("whatsapp", "transactional"): _("reminders by WhatsApp"),
}
"""By channel and purpose."""

_ANSWERS: Mapping[str, Any] = {
    "granted": _("Said yes to %(messages)s"),
    "withdrawn": _("Said no to %(messages)s"),
    "blocked_by_provider": _("The provider blocks %(messages)s"),
}
_ANSWERS_OF: Mapping[str, Any] = {
    "granted": _("Noted that %(customer)s said yes to %(messages)s"),
    "withdrawn": _("Noted that %(customer)s said no to %(messages)s"),
    "blocked_by_provider": _("Noted that the provider blocks %(messages)s to %(customer)s"),
}
_FACTS: Mapping[str, Any] = {
    "name": _("name"), "native_name": _("name in their own script"), "company": _("company"), "birthday": _("birthday"),
    "locale": _("language"), "preferred_channel": _("how they like to be reached"), "points": _("phone or e-mail"),
    "phone": _("phone"), "email": _("e-mail"), "custom": _("custom fields"),
}  # fmt: skip
_SUMMARIES: Mapping[str, Any] = {
    "Added": _("Added"), "Enrolled": _("Became a member"), "No longer enrolled (undo)": _("No longer a member: taken back"),
    "Archived": _("Archived"), "Restored": _("Restored"), "Anonymised": _("Anonymised"),
    "Note added": _("Note added"), "Call added": _("Call noted"), "Meeting added": _("Meeting noted"),
    "Another record of this person was merged into this one": _("Another record of this person was merged into this one"),
    "The merge of two records was undone": _("The merge of two records was taken back"),
    "Tags taken off again (undo)": _("Tags taken off again"), "Tags put back (undo)": _("Tags put back"),
}  # fmt: skip
"""Lines whose summary is always the same."""

_TRIED: Mapping[str, Any] = {
    "search_members": _("Search customers"), "get_member_profile": _("Look at a customer"), "list_contacts": _("List contacts"),
    "list_tags": _("List tags"), "enrol_member": _("Take in a customer"), "attach_tags": _("Tag customers"),
    "add_note": _("Add a note"), "delete_contact": _("Archive or anonymise a customer"), "list_services": _("List services"),
    "list_bookings": _("List bookings"), "get_booking_detail": _("Look at a booking"),
    "get_available_slots": _("Look for free times"), "create_booking": _("Book"), "reschedule_booking": _("Move a booking"),
    "cancel_booking": _("Cancel a booking"), "get_dashboard_stats": _("Look at the figures"),
    "list_segments": _("List segments"),
}  # fmt: skip
"""What came to nothing, was a look-up or a rehearsal, by the name of the tool."""


def act_told(act: Act) -> Markup:
    """What was done, with the names of whom and what it was about."""
    if act.outcome != "done" or act.entity is None:
        tried = _TRIED.get(act.verb)
        return _about(act, str(tried) if tried is not None else words.phrase(act.verb))
    if act.verb.startswith("undo_"):
        return _filled(gettext("Took back: %(act)s"), act=act_told(replace(act, verb=act.verb.removeprefix("undo_"), fields={})))
    if act.booking is not None and act.verb in OF_BOOKINGS and _can_say(act.verb, act.fields):
        return _of_booking(str(OF_BOOKINGS[act.verb]), act.booking, act.booking.starts_at, act.fields)
    if act.verb == "set_opt_in" and act.fields.get("to") in _ANSWERS_OF:
        said = str(_ANSWERS_OF[act.fields["to"]])
        return _filled(said, customer=_subject(act), messages=_messages(act.fields))
    if act.verb == "update_contact" and act.fields.get("changed"):
        return _filled(gettext("Changed %(facts)s of %(customer)s"), facts=_facts(act.fields["changed"]), customer=_subject(act))
    return _about(act, words.said_of(act))


def line_told(line: Line) -> Markup:
    """What happened to a customer, in the language of the page where it can be put so, else as it was written down."""
    sentence = OF_A_CUSTOMERS_BOOKINGS.get(line.kind)
    if line.booking is not None and sentence is not None and _can_say(line.kind, line.data):
        at = line.data.get("starts_at")
        return _of_booking(str(sentence), line.booking, datetime.fromisoformat(at) if at else line.booking.starts_at, line.data)
    if line.kind == "opt_in" and line.data.get("status") in _ANSWERS:
        return _filled(str(_ANSWERS[line.data["status"]]), messages=_messages(line.data))
    if line.kind == "changed" and line.data.get("fields"):
        back = line.summary.startswith("Changed back")
        sentence = gettext("Changed back: %(facts)s") if back else gettext("Changed: %(facts)s")
        return _filled(sentence, facts=_facts(line.data["fields"]))
    if line.kind == "tags" and line.data.get("tags"):
        on = line.data.get("act") == "Tagged"
        return _filled(gettext("Tagged %(tags)s") if on else gettext("Untagged %(tags)s"), tags=", ".join(line.data["tags"]))
    known = _SUMMARIES.get(line.summary)
    return Markup(Markup.escape(str(known) if known is not None else line.summary))


def _can_say(verb: str, fields: Mapping[str, Any]) -> bool:
    """Whether a move is told with both its ends."""
    return verb != "reschedule_booking" or bool(fields.get("from") and fields.get("to"))


def _of_booking(sentence: str, booking: BookingTold, at: datetime, fields: Mapping[str, Any]) -> Markup:
    ends: dict[str, Any] = {}
    if "%(left)s" in sentence:
        left, to = datetime.fromisoformat(fields["from"]), datetime.fromisoformat(fields["to"])
        same_day = to_user_timezone(left).date() == to_user_timezone(to).date()
        ends = {"left": moment(left, "day"), "to": moment(to, "time" if same_day else "day")}
    return _filled(
        sentence,
        service=_link(url_for("crm.booking", shown_id=booking.shown_id), booking.service),
        customer=_link(url_for("crm.customer", shown_id=booking.customer_shown_id), booking.customer),
        when=moment(at, "day"),
        **ends,
    )


def _about(act: Act, said: str) -> Markup:
    return _filled("%(said)s %(subject)s", said=said, subject=_subject(act)) if act.subject else Markup(Markup.escape(said))


def _subject(act: Act) -> Markup:
    page, name = words.page_of(act), act.subject or str(gettext("somebody"))
    return _link(page, name) if page else Markup("<strong><bdi>%s</bdi></strong>") % name


def _link(url: str, name: str) -> Markup:
    return Markup('<a href="%s"><bdi>%s</bdi></a>') % (url, name)


def _filled(sentence: str, **values: Any) -> Markup:
    """A sentence of ours with its values, each escaped unless it is markup already."""
    return Markup(sentence) % values


def _messages(fields: Mapping[str, Any]) -> str:
    said = MESSAGES.get((str(fields.get("channel")), str(fields.get("purpose"))))
    return str(said) if said is not None else f"{fields.get('channel')}, {fields.get('purpose')}"


def _facts(names: list[str]) -> str:
    return ", ".join(str(_FACTS.get(name, name)) for name in names)
