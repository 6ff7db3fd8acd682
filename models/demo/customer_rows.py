"""From the demo's people to rows of customer, contact_point, tag, note, opt_in, timeline and the search's tokens."""

from array import array
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, update

from models.base import db, enter, writing
from models.base.instants import from_ms, to_ms
from models.base.words import clean, fold
from models.customers.customer import name_key
from models.customers.suppression import address_hash
from models.customers.tokens import tokens_of
from models.demo.bulk import Bulk, in_batches, table_named
from models.demo.businesses import Business
from models.demo.clientele import NO_INSTANT, Clientele
from models.demo.customers import Person
from models.demo.numbers import Numbers

SKINS: Final = ("dry", "oily", "combination", "sensitive")
FIELDS: Final = {
    "lotus-spa": ("skin_type", "Skin type", "choice", SKINS),
    "peak-fitness": ("goal", "Goal", "text", ()),
    "harbour-tutoring": ("school", "School", "text", ()),
}


class CustomerRows:
    """Writes the customers of one workspace and remembers their ids, eight bytes each."""

    def __init__(self, bulk: Bulk, numbers: Numbers, business: Business, owner: str, opened: datetime, until: datetime) -> None:
        self.bulk = bulk
        self.numbers = numbers
        self.business = business
        self.owner = owner
        self.opened = opened
        self.until = until
        self.ids = array("q")
        self.came = array("q")
        """When each of them came, epoch milliseconds."""
        self.tags = {name: numbers.at(opened) for name in business.tags}
        self.field = numbers.at(opened)

    def write(self, people: Iterable[Person]) -> None:
        """Tags and fields first, then everybody."""
        for name, number in self.tags.items():
            self.bulk.add("tag", id=number, name=name, name_key=fold(name), color=None, description=None, archived_at=None)
        key, label, kind, options = FIELDS[self.business.slug]
        self.bulk.add(
            "custom_field", id=self.field, key=key, label=label, type=kind, options=list(options) or None, required=False,
            filterable=True, pii=False, position=0, archived_at=None,
        )  # fmt: skip
        for person in people:
            self._person(person)
            self.bulk.flush_if_full()
        self.bulk.flush()

    def _person(self, person: Person) -> None:
        add, at = self.bulk.add, person.came_at
        number = self.numbers.at(at)
        self.ids.append(number)
        self.came.append(to_ms(at))
        custom = self._custom(person.number)
        add(
            "customer", id=number, kind="member" if person.member else "contact",
            name=person.name, name_key=name_key(person.name), native_name=person.native, company=None,
            birthday=person.birthday, birth_day=person.birthday[5:] if person.birthday else None, locale=person.locale,
            preferred_channel="whatsapp" if person.phone else "email", source=person.source, custom=custom,
            enrolled_at=at if person.member else None, last_booking_at=None, next_booking_at=None, last_activity_at=None,
            bookings_count=0, no_show_count=0, version=1, merged_into=None, created_at=at, updated_at=at, archived_at=None,
            anonymised_at=None,
        )  # fmt: skip
        for kind, value in (("phone", person.phone), ("email", person.email)):
            if value is not None:
                add(
                    "contact_point", id=self.numbers.at(at), customer_id=number, kind=kind, value_key=value, raw=value,
                    is_primary=True, created_at=at,
                )  # fmt: skip
        for tag in person.tags:
            add("customer_tag", tag_id=self.tags[tag], customer_id=number, added_at=at, added_by=self.owner)
        for channel, purpose, status in person.opt_ins:
            add(
                "opt_in", customer_id=number, channel=channel, purpose=purpose, status=status, at=at, source="form", evidence=None
            )
            address = person.email if channel == "email" else person.phone
            if (purpose, status) == ("marketing", "withdrawn") and address is not None:
                add(
                    "suppressed_address", channel=channel, address_hash=address_hash(address), purpose=purpose, reason="manual",
                    at=at,
                )  # fmt: skip
        for value in custom.values():
            add("custom_value_index", field_id=self.field, customer_id=number, v_text=fold(value), v_num=None)
        texts = self._notes(person, number)
        self._happened(number, at, "created", "Enrolled" if person.member else "Added", None, None)
        for token in sorted(tokens_of(
            (person.name, person.native),
            phones=[person.phone] if person.phone else [],
            emails=[person.email] if person.email else [],
            texts=texts,
        )):  # fmt: skip
            add("customer_token", token=token, customer_id=number)

    def _notes(self, person: Person, customer: int) -> list[str]:
        texts: list[str] = []
        for draft in person.notes:
            at = min(person.came_at + timedelta(days=draft.days_after, minutes=17), self.until - timedelta(hours=14))
            number, body = self.numbers.at(at), clean(draft.body)
            self.bulk.add(
                "note", id=number, customer_id=customer, booking_id=None, kind=draft.kind, body=body, sensitive=False,
                pinned=False, by_customer=False, author=self.owner, created_at=at, deleted_at=None,
            )  # fmt: skip
            self._happened(customer, at, "note", f"{draft.kind.title()} added", "note", number)
            texts.append(body)
        return texts

    def _happened(self, customer: int, at: datetime, kind: str, summary: str, entity: str | None, entity_id: int | None) -> None:
        self.bulk.add(
            "timeline", id=self.numbers.at(at), customer_id=customer, at=at, kind=kind, entity=entity, entity_id=entity_id,
            actor=self.owner, client_id=None, summary=summary, data=None,
        )  # fmt: skip

    def _custom(self, number: int) -> dict[str, str]:
        if self.business.slug == "lotus-spa" and number % 3 == 0:
            return {"skin_type": SKINS[number // 3 % len(SKINS)]}
        return {}


def keep_figures(workspace_id: int, ids: "array[int]", clientele: Clientele) -> None:
    """Set what bookings mean for each customer (DOMAIN §2, Figures) from what the diary counted."""
    customer = table_named("customer")
    statement = (
        update(customer)
        .where(customer.c.workspace_id == workspace_id, customer.c.id == bindparam("of"))
        .values(
            last_booking_at=bindparam("last"), next_booking_at=bindparam("next"), last_activity_at=bindparam("last"),
            bookings_count=bindparam("count"), no_show_count=bindparam("missed"),
        )
    )  # fmt: skip
    rows: Iterable[dict[str, Any]] = (
        {
            "of": ids[number], "last": _instant(clientele.last_at[number]), "next": _instant(clientele.next_at[number]),
            "count": clientele.bookings[number], "missed": clientele.no_shows[number],
        }
        for number in range(clientele.size)
    )  # fmt: skip
    for batch in in_batches(rows):
        enter(workspace_id)
        with writing(relaxed=True):
            db.session.connection().execute(statement, batch)


def _instant(milliseconds: int) -> datetime | None:
    return None if milliseconds == NO_INSTANT else from_ms(milliseconds)
