"""What can be booked, by whom and where: the services as lists show them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from models.base import InWorkspace, Page, PageOrder, db
from models.base.words import one_line
from models.bookings.asset import Asset
from models.bookings.location import Location
from models.bookings.service import Service
from models.bookings.service_team import ServiceAsset
from models.bookings.timetable import ClassSchedule

Named = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Offering:
    """A service with those who do it and where. A person of no one place works in all of them."""

    service: Service
    staff: tuple[Named, ...]
    locations: tuple[Named, ...]


def offerings(
    workspace: InWorkspace, *, category: str | None = None, staff_id: int | None = None, location_id: int | None = None,
    cursor: str | None = None, limit: int = 25,
) -> Page[Offering]:  # fmt: skip
    """A page of the services that are offered now, by name. Raises Invalid."""
    offered = Service.within(workspace).where(Service.archived_at.is_(None))
    if category is not None:
        offered = offered.where(Service.category == one_line(category))
    if staff_id is not None:
        offered = offered.where(_done_by(Asset.id == staff_id))
    if location_id is not None:
        held = exists().where(
            ClassSchedule.workspace_id == workspace.id, ClassSchedule.service_id == Service.id,
            ClassSchedule.location_id == location_id,
        )  # fmt: skip
        at_home = or_(Asset.location_id.is_(None), Asset.location_id == location_id)
        offered = offered.where(or_(Service.staff_needed == 0, _done_by(at_home), held))
    asked = ["services", workspace.id, category, staff_id, location_id]
    page = Page.of(offered, [PageOrder(Service.name), PageOrder(Service.id)], cursor, limit, asked=asked)
    return Page(_with_team(workspace, page.items), page.next_cursor)


def _done_by(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL: somebody bookable who does the service meets the condition."""
    return exists().where(
        ServiceAsset.workspace_id == Service.workspace_id, ServiceAsset.service_id == Service.id,
        Asset.workspace_id == ServiceAsset.workspace_id, Asset.id == ServiceAsset.asset_id,
        Asset.archived_at.is_(None), Asset.bookable, condition,
    )  # fmt: skip


def _with_team(workspace: InWorkspace, services: Sequence[Service]) -> list[Offering]:
    ids = [service.id for service in services]
    people = (
        select(ServiceAsset.service_id, Asset.id, Asset.name, Asset.location_id)
        .join(Asset, and_(Asset.workspace_id == ServiceAsset.workspace_id, Asset.id == ServiceAsset.asset_id))
        .where(ServiceAsset.workspace_id == workspace.id, ServiceAsset.service_id.in_(ids))
        .where(Asset.archived_at.is_(None), Asset.bookable)
        .order_by(Asset.priority.desc(), Asset.name, Asset.id)
    )
    staff: dict[int, list[Named]] = defaultdict(list)
    homes: dict[int, set[int | None]] = defaultdict(set)
    for service_id, person, name, home in db.session.execute(people) if ids else ():
        staff[service_id].append((person, name))
        homes[service_id].add(home)
    held = select(ClassSchedule.service_id, ClassSchedule.location_id).where(
        ClassSchedule.workspace_id == workspace.id, ClassSchedule.service_id.in_(ids), ClassSchedule.location_id.is_not(None)
    )
    for service_id, place in db.session.execute(held) if ids else ():
        homes[service_id].add(place)
    places = [(place.id, place.name) for place in Location.active(workspace)]
    return [
        Offering(
            service, tuple(staff[service.id]),
            tuple(place for place in places if _is_held_at(place[0], homes[service.id])),
        )
        for service in services
    ]  # fmt: skip


def _is_held_at(place: int, homes: set[int | None]) -> bool:
    return not homes or None in homes or place in homes
