"""What was done, in words: the verbs of the audit and of tools as a person reads them, and where their records stand."""

from collections.abc import Mapping

from flask import url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from models.base import Tenant, show
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.package import Package
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.customer import Customer
from models.insights.activity_feed import Act
from models.insights.segment import Segment

DONE: Mapping[str, object] = {
    "archive_customer": _("Archived"),
    "restore_customer": _("Restored"),
    "anonymise_customer": _("Anonymised"),
    "enrol_member": _("Took in"),
    "create_contact": _("Took in"),
    "update_contact": _("Changed"),
    "attach_tags": _("Tagged"),
    "detach_tags": _("Untagged"),
    "create_tag": _("Made the tag"),
    "rename_tag": _("Renamed the tag"),
    "archive_tag": _("Removed the tag"),
    "add_note": _("Added a note about"),
    "delete_note": _("Deleted a note about"),
    "pin_note": _("Pinned a note"),
    "set_opt_in": _("Noted what may be sent to"),
    "set_custom_fields": _("Filled in custom fields of"),
    "create_custom_field": _("Made the custom field"),
    "update_custom_field": _("Changed the custom field"),
    "archive_custom_field": _("Removed the custom field"),
    "merge_contacts": _("Merged another record into"),
    "create_segment": _("Saved the segment"),
    "update_segment": _("Changed the segment"),
    "delete_segment": _("Removed the segment"),
    "create_booking": _("Booked"),
    "hold_booking": _("Held a place"),
    "confirm_booking": _("Confirmed"),
    "reschedule_booking": _("Moved"),
    "cancel_booking": _("Cancelled"),
    "check_in_booking": _("Checked in"),
    "complete_booking": _("Completed"),
    "mark_booking_no_show": _("Marked as a no-show"),
    "reopen_booking": _("Reopened"),
    "expire_booking": _("Let a held place go"),
    "change_booking": _("Changed"),
    "waive_fee": _("Waived the fee of"),
    "cancel_session": _("Cancelled the class"),
    "create_session": _("Put on the class"),
    "change_session": _("Changed the class"),
    "create_class_schedule": _("Put a class on the timetable"),
    "end_class_schedule": _("Took a class off the timetable"),
    "create_service": _("Added the service"),
    "update_service": _("Changed the service"),
    "archive_service": _("Removed the service"),
    "restore_service": _("Brought back the service"),
    "assign_staff": _("Put somebody on the service"),
    "unassign_staff": _("Took somebody off the service"),
    "set_team": _("Changed who does the service"),
    "require_resource": _("Changed what the service needs"),
    "set_working_hours": _("Set the working hours of"),
    "set_date_override": _("Set the hours of a day of"),
    "add_time_off": _("Gave time off to"),
    "remove_time_off": _("Took back time off of"),
    "create_location": _("Added the location"),
    "update_location": _("Changed the location"),
    "archive_location": _("Removed the location"),
    "restore_location": _("Brought back the location"),
    "create_package": _("Added the package"),
    "update_package": _("Changed the package"),
    "archive_package": _("Removed the package"),
    "restore_package": _("Brought back the package"),
    "grant_package": _("Granted a package to"),
    "revoke_credits": _("Took back credits of"),
    "create_staff": _("Added to the team"),
    "update_staff": _("Changed"),
    "archive_staff": _("Took out of the team"),
    "restore_staff": _("Brought back into the team"),
    "create_resource": _("Added"),
    "update_resource": _("Changed"),
    "archive_resource": _("Removed"),
    "restore_resource": _("Brought back"),
}
"""Past tense, followed by the name of the record."""

PAGES: Mapping[str, tuple[str, type[Tenant]]] = {
    "customer": ("crm.customer", Customer),
    "segment": ("crm.segment", Segment),
    "booking": ("crm.booking", Booking),
    "service": ("crm.service", Service),
    "session": ("crm.class_session", Session),
    "staff": ("crm.staff_member", Staff),
    "package": ("crm.package", Package),
}
"""The page of a record, and how its id is shown, by what the audit calls it."""

ICONS: Mapping[str, str] = {
    "customer": "users",
    "tag": "tag",
    "note": "sticky-note",
    "segment": "filter",
    "custom_field": "pencil",
    "booking": "calendar-days",
    "service": "scissors",
    "session": "calendar-days",
    "staff": "id-card",
    "resource": "building-2",
    "location": "building-2",
    "package": "gift",
}

OF_VERBS: Mapping[str, str] = {
    "tag": "tag",
    "note": "sticky-note",
    "opt_in": "mail",
    "merge": "users-round",
    "cancel": "circle-x",
    "search": "search",
    "list": "search",
    "get": "search",
}
"""Pictures of kinds of act; these go before those of nouns."""


def said_of(act: Act) -> str:
    """What was done, without the name of the record."""
    verb = act.verb
    if act.entity == "tag" and verb in ("attach_tags", "detach_tags"):
        count = int(act.fields.get("customers", 0))
        if verb == "attach_tags":
            return str(ngettext("Tagged %(num)d customer:", "Tagged %(num)d customers:", count))
        return str(ngettext("Untagged %(num)d customer:", "Untagged %(num)d customers:", count))
    return phrase(verb)


def phrase(verb: str) -> str:
    """A verb in the past tense, or as it is called where nobody has put it in words."""
    known = DONE.get(verb)
    return str(known) if known is not None else verb.replace("_", " ").capitalize()


def page_of(act: Act) -> str | None:
    """The address of the record that the act is about, where it has a page."""
    page = PAGES.get(act.entity or "")
    if page is None or act.entity_id is None:
        return None
    endpoint, noun = page
    return url_for(endpoint, shown_id=show(noun.prefix, act.entity_id))


def icon_of(act: Act) -> str:
    """The picture beside the act."""
    if act.verb.startswith("undo_"):
        return "undo-2"
    for word, icon in OF_VERBS.items():
        if word in act.verb:
            return icon
    return ICONS.get(act.entity or "", "bot" if act.by_assistant else "activity")


def doer_of(act: Act) -> str:
    """Who did it: `Claude for Alice`, `Alice`, `Frontdesk itself`."""
    if act.by_assistant:
        app = act.app or str(gettext("An app"))
        return str(gettext("%(app)s for %(person)s", app=app, person=act.person)) if act.person else app
    if act.actor_kind == "user":
        return act.person or str(gettext("Somebody"))
    return str(gettext("A customer")) if act.actor_kind == "public" else str(gettext("Frontdesk itself"))
