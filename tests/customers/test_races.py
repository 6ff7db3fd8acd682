"""Many at once, over customers: twenty contenders in five processes, let go together, on either database."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from models.accounts import usage
from models.base import db
from models.base.tenant import Tenant
from models.customers.customer import Customer
from models.customers.note import Note
from models.customers.tag import CustomerTag, Tag
from tests.bookings import race as racing
from tests.cast import Cast, Place
from tests.customers.desk import ALICE, changing, counted, facts, person

pytestmark = pytest.mark.slow
MANY = 20
NOW = "2026-05-04 08:00"
Job = tuple[str, dict[str, Any]]


@pytest.fixture
def race(app: Flask, database_url: str, tmp_path: Path) -> Any:
    """How each round ended: `race(place, [(job, arguments), …], …)`."""

    def run(place: Place, *rounds: list[Job]) -> list[Counter[str]]:
        here = {"workspace_id": place.id}
        told = [[(f"tests.customers.race_jobs:{job}", {**here, **known}) for job, known in jobs] for jobs in rounds]
        return racing.race(database_url, tmp_path, NOW, told)

    return run


def count(place: Place, table: Any, *conditions: Any) -> int:
    with changing(place):
        return db.session.scalar(select(func.count()).select_from(table).where(table.workspace_id == place.id, *conditions)) or 0


def test_twenty_enrolments_of_one_person_make_one_record(app: Flask, cast: Cast, race: Any) -> None:
    [ended] = race(cast.lotus, [("enrol", {"name": "Ada Wong", "phone": "91234567"})] * MANY)
    assert sorted(Counter(each.split()[0] for each in ended.elements()).items()) == [("found", MANY - 1), ("made", 1)]
    assert len({each.split()[1] for each in ended}) == 1
    with app.app_context():
        assert count(cast.lotus, Customer) == counted(cast.lotus) == 1


@pytest.mark.threat("CR15")
def test_twenty_creates_at_ninety_nine_of_a_hundred_make_one(app: Flask, cast: Cast, race: Any) -> None:
    with app.app_context():
        person(cast.harbour, "Ada", phone="91234567")
        here = facts(cast.harbour)
        with changing(cast.harbour):
            usage.take(here.id, here.plan_code, here.timezone, "customers", 98)
    names = [("enrol", {"name": f"New {number}", "phone": f"912345{number:02}"}) for number in range(MANY)]
    [ended] = race(cast.harbour, names)
    assert ended["quota_exceeded"] == MANY - 1
    with app.app_context():
        assert count(cast.harbour, Customer) == 2
        assert counted(cast.harbour) == 100


def test_one_new_tag_put_on_twenty_people_at_once_is_made_once(app: Flask, cast: Cast, race: Any) -> None:
    with app.app_context():
        everybody = [person(cast.lotus, f"Somebody {number}") for number in range(MANY)]
    rounds = []
    for number in range(3):
        names = [f"new {number}", f"shared {number}"]
        rounds.append([("tag", {"who": [who], "names": names[:: 1 - place % 2 * 2]}) for place, who in enumerate(everybody)])
    assert race(cast.lotus, *rounds) == [Counter({"tagged": MANY})] * 3
    with app.app_context():
        assert (count(cast.lotus, Tag), count(cast.lotus, CustomerTag)) == (6, 6 * MANY)


@pytest.mark.parametrize(
    ("job", "known", "refusal"),
    [
        ("make_segment", {"name": "Same"}, "conflict"),
        ("make_tag", {"name": "Same"}, "invalid"),
        ("make_field", {"key": "same"}, "conflict"),
    ],
)
def test_of_twenty_who_make_the_same_name_one_does(
    app: Flask, cast: Cast, race: Any, job: str, known: dict[str, str], refusal: str
) -> None:
    assert race(cast.lotus, [(job, known)] * MANY) == [Counter({"made": 1, refusal: MANY - 1})]


def test_of_twenty_tags_renamed_to_one_name_one_is(app: Flask, cast: Cast, race: Any) -> None:
    with app.app_context(), changing(cast.lotus):
        shown = [Tag.create(cast.lotus, f"tag {number}", ALICE).shown_id for number in range(MANY)]
    assert race(cast.lotus, [("rename_tag", {"shown": each, "name": "Same"}) for each in shown]) == [
        Counter({"renamed": 1, "invalid": MANY - 1})
    ]


def test_archiving_enrolling_and_restoring_one_person_never_wait_for_each_other(app: Flask, cast: Cast, race: Any) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada Wong", phone="91234567")
    jobs: list[Job] = [
        ("put_away", {"shown": ada}), ("enrol", {"name": "Ada Wong", "phone": "91234567"}), ("bring_back", {"shown": ada}),
        ("tag", {"who": [ada], "names": ["vip"]}),
    ] * 5  # fmt: skip
    for ended in race(cast.lotus, *[jobs] * 4):
        assert {each.split()[0] for each in ended} <= {"archived", "restored", "found", "made", "tagged", "conflict"}, ended
    with app.app_context():
        live = count(cast.lotus, Customer, Customer.archived_at.is_(None))
        assert counted(cast.lotus) == live


def test_merging_undoing_tagging_and_forgetting_leave_the_count_whole(app: Flask, cast: Cast, race: Any) -> None:
    rounds: list[list[Job]] = []
    with app.app_context():
        for number in range(3):
            phone = f"912345{number:02}"
            kept, gone = person(cast.lotus, "Ada Wong", phone=phone, tags=("vip",)), person(cast.lotus, f"Bea {number}")
            made = Tenant.nouns["und"]
            with changing(cast.lotus):
                newest = db.session.scalars(made.within(cast.lotus).order_by(made.id.desc())).first()  # type: ignore[attr-defined]
                assert newest is not None
                audit = newest.audit_id
            rounds.append([
                ("combine", {"survivor": kept, "merged": gone}), ("tag", {"who": [gone, kept], "names": ["new"]}),
                ("enrol", {"name": "Ada Wong", "phone": phone}), ("undo", {"audit": audit}), ("anonymise", {"shown": gone}),
                ("untag", {"who": [kept, gone], "names": ["vip"]}), ("put_away", {"shown": kept}),
                ("combine", {"survivor": gone, "merged": kept}),
            ] * 2)  # fmt: skip
    for ended in race(cast.lotus, *rounds):
        faults = {each for each in ended if ":" in each}
        assert faults == set(), ended
    with app.app_context():
        live = count(cast.lotus, Customer, Customer.archived_at.is_(None))
        assert counted(cast.lotus) == live


@pytest.mark.threat("MC14")
@pytest.mark.parametrize("key", [{}, {"idempotency_key": "one-key-for-all"}], ids=["derived", "given"])
def test_twenty_equal_calls_at_once_have_one_effect(app: Flask, cast: Cast, race: Any, key: dict[str, str]) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
    asked = {"member_id": ada, "body": "called, no answer", **key}
    assert race(cast.lotus, [("call", {"tool": "add_note", "arguments": asked})] * MANY) == [
        Counter({"repeated": MANY - 1, "done": 1})
    ]
    with app.app_context():
        assert count(cast.lotus, Note) == 1

