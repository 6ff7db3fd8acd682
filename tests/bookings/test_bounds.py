"""What the model refuses the form and the database refuse too, and all take the bounds themselves."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from blueprints.crm.forms.service import ServiceForm
from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings import asset, package, service, service_team, timetable
from models.bookings.cancellation import Cancellation, terms_now
from models.errors import Invalid
from tests.bookings.salon import NOW, Salon

BOUNDS = [("service", name, *bounds) for name, bounds in service.BOUNDS.items() if name != "deposit_minor"]
BOUNDS += [("asset", name, *bounds) for name, bounds in asset.BOUNDS.items()]
BOUNDS += [("package", name, *bounds) for name, bounds in package.BOUNDS.items()]
BOUNDS += [("class_schedule", name, *bounds) for name, bounds in timetable.BOUNDS.items()]
BOUNDS += [("service_asset", name, *bounds) for name, bounds in service_team.OWN_BOUNDS.items()]
FAR = (2**31, 2**63 - 1, 2**63, 2**70, -(2**31), -(2**63) - 1)
"""What SQLite, PostgreSQL or Python's own numbers stumble over (THREATS CR03, CR09)."""


@pytest.mark.threat("CR03")
@pytest.mark.threat("CR09")
@pytest.mark.parametrize(("table", "name", "least", "most"), BOUNDS)
def test_a_number_outside_its_bounds_is_refused_by_model_and_database(
    salon: Salon, table: str, name: str, least: int, most: int
) -> None:
    with writing():
        package.Package.add(salon.workspace, "Ten", 1, {salon.service(): 10}, SYSTEM)
        timetable.ClassSchedule.add(salon.service("yoga"), 3, 600, SYSTEM, valid_from=NOW.date())
    outside = [value for value in (least - 1, most + 1, *FAR) if not least <= value <= most]
    for value in (*outside, True, 1.5, "1", float("nan")):
        with pytest.raises(Invalid) as refused, writing():
            change(salon, table, {name: value})
        assert refused.value.field == name
    for value in (each for each in outside if -(2**63) <= each < 2**63):
        with pytest.raises(DBAPIError), writing():
            db.session.execute(
                text(f"UPDATE {table} SET {name} = :value WHERE workspace_id = :here"),
                {"value": value, "here": salon.workspace_id},
            )
    for value in (least, most):
        with writing(keep=False):
            change(salon, table, {name: value})


def change(salon: Salon, table: str, facts: dict[str, Any]) -> None:
    if table == "service":
        salon.service("yoga").change(SYSTEM, **facts)
    elif table == "asset":
        salon.person("Ann").change(SYSTEM, **facts)
    elif table == "package":
        package.Package.active(salon.workspace)[0].change(SYSTEM, **facts)
    elif table == "service_asset":
        salon.service().assign(salon.person("Ann"), SYSTEM, **facts)
    else:
        when = {"weekday": 3, "start_min": 600, **facts}
        timetable.ClassSchedule.add(
            salon.service("yoga"), when.pop("weekday"), when.pop("start_min"), SYSTEM, valid_from=NOW.date(), **when
        )


FIELDS = [name for name in service.BOUNDS if hasattr(ServiceForm, name)]
UNIT = {"price_minor": 100, "cancel_cutoff_min": 60, "late_cancel_fee_bp": 100, "no_show_fee_bp": 100}
"""How many of what the model keeps make one of what people type: dollars, hours, per cent."""


@pytest.mark.threat("CR09")
@pytest.mark.parametrize("name", FIELDS)
def test_the_form_refuses_the_numbers_that_the_model_refuses(app: Flask, name: str) -> None:
    least, most, unit = *service.BOUNDS[name], UNIT.get(name, 1)
    typed = dict.fromkeys(("1e3", "NaN", "1.555", "one", *(() if unit > 1 else ("1.5",))), False)
    typed |= {str(value): least <= value * unit <= most for value in (least // unit - 1, most // unit + 1, *FAR)}
    typed |= {str(-(-least // unit)): True, str(most // unit): True}
    for text_, good in typed.items():
        with app.test_request_context(method="POST", data={name: text_}):
            g.seat = SimpleNamespace(workspace=SimpleNamespace(currency="HKD"))
            form = ServiceForm(meta={"csrf": False})
            assert form[name].validate(form) is good, text_


def test_the_longest_cutoff_is_a_time_that_can_be_worked_with(salon: Salon) -> None:
    with writing():
        salon.service().change(SYSTEM, cancel_cutoff_min=525_600, lead_time_min=525_600, price_minor=10**12, capacity=100)
        booking = salon.book("2026-05-06 12:00", party_size=100)
        assert terms_now(booking).fee_minor == 10**14 // 2
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
    assert booking.fee_minor == 10**14 // 2


def test_a_deposit_above_the_price_is_refused(salon: Salon) -> None:
    with pytest.raises(Invalid), writing():
        salon.service().change(SYSTEM, deposit_minor=40_001)
    with writing():
        salon.service().change(SYSTEM, deposit_minor=40_000)


def test_a_package_of_nothing_is_refused(salon: Salon) -> None:
    with pytest.raises(Invalid), writing():
        package.Package.add(salon.workspace, "Nothing", 0, {}, SYSTEM)


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 121])
def test_a_name_of_nothing_or_of_too_much_is_refused(salon: Salon, name: str) -> None:
    with pytest.raises(Invalid) as refused, writing():
        salon.service().change(SYSTEM, name=name)
    assert refused.value.field == "name"
