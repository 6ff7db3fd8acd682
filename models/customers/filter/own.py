"""The fields that customers themselves declare."""

import re
from typing import Any

from sqlalchemy import and_, case, exists, false, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from models.base import db
from models.base.words import fold
from models.customers.custom_field import NUMBERS, CustomField
from models.customers.custom_value import NUMBER_SCALE, CustomValue
from models.customers.customer import CHANNELS, KINDS, Customer
from models.customers.filter.driving import some_row
from models.customers.filter.fields import Asking, declare, declare_family
from models.customers.filter.kinds import (
    at_some_time,
    compared,
    day_bounds,
    instant_field,
    instants_of,
    is_never,
    number_field,
    read_number,
    word_field,
)
from models.customers.filter.tree import BadFilter, Leaf
from models.customers.opt_in import PURPOSES, OptIn
from models.customers.search_index import found_by_all
from models.customers.tag import CustomerTag, Tag, no_tag
from models.customers.tokens import terms_of
from models.errors import Invalid

_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})")


def last_booked(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """The last booking; a next one that has begun counts as it until the worker rolls it on (DOMAIN §2).

    Where that makes no difference, it is the column itself that is compared, which its index finds.
    """
    span = None if is_never(leaf) else instants_of(leaf, asking)
    has_begun = Customer.next_booking_at <= asking.now
    first = db.session.scalar(
        select(func.min(Customer.next_booking_at)).where(Customer.workspace_id == asking.here.id, has_begun)
    )
    if first is None:
        return at_some_time(Customer.last_booking_at, span)
    if span is not None and span[1] is not None and span[1] <= first:  # whose next one has begun was here later than that
        nothing_begun = or_(Customer.next_booking_at.is_(None), Customer.next_booking_at > asking.now)
        return and_(at_some_time(Customer.last_booking_at, span), nothing_begun)
    return at_some_time(func.coalesce(case((has_begun, Customer.next_booking_at)), Customer.last_booking_at), span)


def next_booking(asking: Asking) -> Any:
    """SQL: the next booking, if it has not begun."""
    return case((Customer.next_booking_at > asking.now, Customer.next_booking_at))


def tagged(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """Carries the tag. An unknown tag is Invalid where someone typed it, and carried by nobody in a saved filter."""
    if leaf.op != "is":
        raise BadFilter("The filter field %(asked)s takes a colon and the name of a tag.", asked=leaf.field)
    here, key = asking.here, fold(leaf.value)
    tag_id = db.session.scalar(
        select(Tag.id).where(Tag.workspace_id == here.id, Tag.name_key == key, Tag.archived_at.is_(None))
    )
    if tag_id is None:
        if asking.strict:
            raise no_tag(f"“{leaf.value}”", field="filter")
        return false()
    worn = (CustomerTag.workspace_id == here.id, CustomerTag.tag_id == tag_id)
    return some_row(CustomerTag.customer_id, *worn)


def found_by(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """Is found by every word: in names, numbers, addresses and notes."""
    terms = terms_of(leaf.value)
    if leaf.op != "is":
        raise BadFilter("The filter field %(asked)s takes a colon and the words to look for.", asked=leaf.field)
    return found_by_all(asking.here, terms) if terms else false()


def born(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """Has their birthday on a day or in a range of days of any year; the range may run over New Year."""
    column = Customer.birth_day
    if leaf.op == "is" and leaf.value == "never":
        return column.is_(None)
    if leaf.op not in ("is", "between"):
        raise _no_birthday(leaf)
    first = _day_of_year(leaf, leaf.value, asking)
    last = _day_of_year(leaf, leaf.to, asking) if leaf.to is not None else first
    if first <= last:
        return and_(column.is_not(None), column >= first, column <= last)
    return and_(column.is_not(None), or_(column >= first, column <= last))


def _no_birthday(leaf: Leaf) -> BadFilter:
    return BadFilter(
        "The filter field %(asked)s takes a month and day (11-23), a range (11-23..11-29, 12-28..01-03), today, +7d, or never.",
        asked=leaf.field,
    )


def _day_of_year(leaf: Leaf, value: str, asking: Asking) -> str:
    if found := _MONTH_DAY.fullmatch(value):
        if not (1 <= int(found[1]) <= 12 and 1 <= int(found[2]) <= 31):
            raise _no_birthday(leaf)
        return value
    single = Leaf(field=leaf.field, value=value)
    day, _ = day_bounds(single, asking.today, or_else=_no_birthday(leaf))
    return day.strftime("%m-%d") if day is not None else ""


def opted_in(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """Said yes to a channel, for marketing unless the other purpose is named: `opt_in:sms`, `opt_in:email/transactional`."""
    channel, _, purpose = fold(leaf.value).partition("/")
    purpose = purpose or "marketing"
    if leaf.op != "is" or channel not in CHANNELS or purpose not in PURPOSES:
        raise BadFilter(
            "The filter field %(asked)s takes one of %(known)s, with /transactional where that is meant.",
            asked=leaf.field, known=", ".join(CHANNELS),
        )  # fmt: skip
    return exists().where(
        OptIn.workspace_id == asking.here.id, OptIn.customer_id == Customer.id, OptIn.channel == channel,
        OptIn.purpose == purpose, OptIn.status == "granted",
    )  # fmt: skip


def custom(key: str, leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """Compares a filterable custom field by its type."""
    fields = db.session.scalars(
        CustomField.within(asking.here).where(CustomField.archived_at.is_(None), CustomField.filterable)
    ).all()
    field = next((each for each in fields if each.key == key), None)
    if field is None:
        if not asking.strict:
            return false()
        known = ", ".join(f"custom.{each.key}" for each in fields) or "none yet"
        raise Invalid(
            "There is no filterable custom field %(key)s (there are: %(known)s).", field="filter", key=key, known=known
        )
    own = (CustomValue.workspace_id == asking.here.id, CustomValue.field_id == field.id, CustomValue.customer_id == Customer.id)
    if leaf.op == "is" and leaf.value == "never":
        return ~exists().where(*own)
    return exists().where(*own, _custom_value(field, leaf, asking))


def _no_date(leaf: Leaf) -> BadFilter:
    return BadFilter("The filter field %(asked)s takes a date, a time ago (60d), a range, or never.", asked=leaf.field)


def _custom_value(field: CustomField, leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    if field.type == "date":
        since, before = day_bounds(leaf, asking.today, or_else=_no_date(leaf))
        column = CustomValue.v_num
        bounds = [column >= since.toordinal()] if since else []
        return and_(*bounds, *([column < before.toordinal()] if before else []))
    if field.type == "bool":
        words = {"true": 1, "yes": 1, "false": 0, "no": 0}
        if leaf.op != "is" or fold(leaf.value) not in words:
            raise BadFilter("The filter field %(asked)s takes true, false or never.", asked=leaf.field)
        return CustomValue.v_num == words[fold(leaf.value)]
    if field.type in NUMBERS:
        high = read_number(leaf, leaf.to, NUMBER_SCALE) if leaf.to is not None else None
        return compared(CustomValue.v_num, leaf, read_number(leaf, leaf.value, NUMBER_SCALE), high)
    if leaf.op != "is":
        raise BadFilter("The filter field %(asked)s takes a colon and a value, or never.", asked=leaf.field)
    if field.type == "multichoice":
        return CustomValue.v_text.contains(f"|{fold(leaf.value)}|", autoescape=True)
    return CustomValue.v_text == fold(leaf.value)


def _status(word: str, _: Asking) -> ColumnElement[bool]:
    match word:
        case "live":
            return Customer.archived_at.is_(None)
        case "archived":
            return and_(Customer.archived_at.is_not(None), Customer.anonymised_at.is_(None))
        case _:
            return Customer.anonymised_at.is_not(None)


declare("tag", tagged)
declare("text", found_by)
declare("birthday", born)
declare("opt_in", opted_in)
declare("kind", word_field(lambda word, _: Customer.kind == word, *KINDS))
declare("status", word_field(_status, "live", "archived", "anonymised"))
declare("source", word_field(lambda word, _: func.lower(Customer.source) == word))
declare("locale", word_field(lambda word, _: func.lower(func.coalesce(Customer.locale, literal(""))) == word))
declare("created", instant_field(lambda _: Customer.created_at))
declare("enrolled", instant_field(lambda _: Customer.enrolled_at))
declare("last_activity", instant_field(lambda _: Customer.last_activity_at))
declare("last_booking", last_booked)
declare("next_booking", instant_field(next_booking, ahead=True))
declare("bookings", number_field(Customer.bookings_count))
declare("no_shows", number_field(Customer.no_show_count))
declare_family("custom", custom)
