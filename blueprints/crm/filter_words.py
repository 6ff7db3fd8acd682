"""The fields of the filter language as people know them: what each means, how it is compared, and a filter in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from blueprints.access import workspace
from blueprints.crm.comparisons import COMPARISONS, Comparison
from models.base import db
from models.bookings.asset import Staff
from models.bookings.package import Package
from models.bookings.service import Service
from models.customers.custom_field import CustomField
from models.customers.filter import All, Leaf, Node, Not
from models.customers.tag import Tag
from models.errors import Invalid

TAGS_OFFERED = 100
Choices = Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field: its label, what it asks, how it is compared, and the values there are where they are few."""

    label: Any
    asks: Any
    kind: str
    choices: Choices = ()
    names: bool = False
    """Whether the choices are names of the workspace's own: there may be more of them than are offered."""

    @property
    def comparisons(self) -> Mapping[str, Comparison]:
        """How it is compared."""
        return COMPARISONS[self.kind]


OWN: Mapping[str, FieldWords] = {
    "tag": FieldWords(_("Tag"), _("a word that somebody carries"), "choice", names=True),
    "last_booking": FieldWords(_("Last visit"), _("when somebody last came"), "past"),
    "next_booking": FieldWords(_("Next booking"), _("when somebody comes next"), "ahead"),
    "bookings": FieldWords(_("Bookings"), _("how many bookings somebody has had"), "number"),
    "no_shows": FieldWords(_("No-shows"), _("how often somebody did not come"), "number"),
    "service": FieldWords(_("Service"), _("a service that somebody booked"), "choice", names=True),
    "staff": FieldWords(_("Staff"), _("whom somebody booked with"), "choice", names=True),
    "package": FieldWords(_("Package"), _("a package whose credits somebody holds"), "choice", names=True),
    "birthday": FieldWords(_("Birthday"), _("when somebody has their birthday"), "birthday"),
    "kind": FieldWords(
        _("Member"), _("members, or contacts who are none"), "choice", (("member", _("a member")), ("contact", _("no member")))
    ),
    "opt_in": FieldWords(
        _("Messages"), _("what somebody said may be sent to them"), "yes",
        (
            ("email", _("offers by e-mail")), ("sms", _("offers by SMS")), ("whatsapp", _("offers by WhatsApp")),
            ("email/transactional", _("reminders by e-mail")), ("sms/transactional", _("reminders by SMS")),
            ("whatsapp/transactional", _("reminders by WhatsApp")),
        ),
    ),
    "text": FieldWords(_("Name, phone, e-mail or notes"), _("words that somebody is found by"), "text"),
    "last_activity": FieldWords(_("Last activity"), _("when something last happened for somebody"), "past"),
    "created": FieldWords(_("Added"), _("when the record was made"), "past"),
    "enrolled": FieldWords(_("Member since"), _("when somebody became a member"), "past"),
    "locale": FieldWords(_("Language"), _("a tag such as en or zh-HK"), "word"),
    "source": FieldWords(_("Came from"), _("how the record came to be"), "word"),
    "status": FieldWords(
        _("Record"), _("archived and anonymised records, which are left out otherwise"), "choice",
        (("archived", _("archived")), ("anonymised", _("anonymised")), ("live", _("in use"))),
    ),
}  # fmt: skip
"""Every field that is not the workspace's own, the most asked for first."""

NOUNS: Mapping[str, type[Any]] = {"service": Service, "staff": Staff, "package": Package}
"""Fields whose choices are the records in use."""

_OF_TYPES = {
    "number": "some_number", "money": "some_number", "date": "some_date", "choice": "some_choice", "multichoice": "some_choice",
    "bool": "some_choice",
}  # fmt: skip


def fields_here() -> Mapping[str, FieldWords]:
    """The fields of this workspace, by their names in the filter language: those of all, then its custom ones."""
    here = workspace()
    tags = [tag.name for tag in Tag.counted(here, limit=TAGS_OFFERED).items]
    names = {"tag": tags} | {field: _names_of(noun) for field, noun in NOUNS.items()}
    own = {field: replace(words, choices=[(name, name) for name in names.get(field, ())]) if words.names else words
           for field, words in OWN.items()}  # fmt: skip
    custom = db.session.scalars(
        CustomField.within(here)
        .where(CustomField.archived_at.is_(None), CustomField.filterable)
        .order_by(CustomField.position, CustomField.id)
    )
    return {**own, **{f"custom.{field.key}": _words_of(field) for field in custom}}


def test_of(fields: Mapping[str, FieldWords], name: str, how: str, typed: str) -> Node:
    """The test that was put together from pickers. Raises Invalid beside the picker that is wrong: field, how, value."""
    words = fields.get(name)
    if words is None:
        raise Invalid(gettext("Choose what to ask for."), field="field")
    chosen = words.comparisons.get(how)
    if chosen is None:
        offered = ", ".join(str(each.said) for each in words.comparisons.values())
        raise Invalid(gettext("“%(field)s” is compared by: %(offered)s.", field=words.label, offered=offered), field="how")
    value = typed.strip()
    if chosen.takes == "nothing":
        return chosen.test(name, "")
    if not chosen.fits(value):
        raise Invalid(str(_WANTED[chosen.takes]), field="value")
    known = [each for each, _said in words.choices]
    if known and not words.names and value not in known:
        raise Invalid(gettext("Choose one of: %(choices)s.", choices=", ".join(known)), field="value")
    return chosen.test(name, value)


_WANTED: Mapping[str, Any] = {
    "days": _("Enter a number of days, such as 60."),
    "number": _("Enter a number, such as 5."),
    "date": _("Enter a day, such as 2026-01-31."),
    "words": _("Enter a word."),
    "choice": _("Choose one."),
}


def worded(node: Node, fields: Mapping[str, FieldWords]) -> str | None:
    """One test in words: `Last visit was more than 60 days ago`; None for what has no words, such as a group of tests."""
    negated = isinstance(node, Not)
    leaf = node.not_ if isinstance(node, Not) else node
    words = fields.get(leaf.field) if isinstance(leaf, Leaf) else None
    if words is None or not isinstance(leaf, Leaf):
        return None
    for each in words.comparisons.values():
        gap = each.gap_of(leaf, negated=negated)
        if gap is not None:
            return f"{words.label} {each.worded(str(dict(words.choices).get(gap, gap)))}"
    return None


def parts_of(node: Node) -> list[Node]:
    """The tests that must all hold."""
    return list(node.all) if isinstance(node, All) else [node]


def _names_of(noun: type[Any]) -> list[str]:
    live = noun.within(workspace()).where(noun.archived_at.is_(None)).order_by(noun.name)
    return [each.name for each in db.session.scalars(live)]


def _words_of(field: CustomField) -> FieldWords:
    choices: Choices = [(option, option) for option in field.options or ()]
    if field.type == "bool":
        choices = [("true", gettext("yes")), ("false", gettext("no"))]
    return FieldWords(field.label, gettext("a custom field"), _OF_TYPES.get(field.type, "some_word"), choices)
