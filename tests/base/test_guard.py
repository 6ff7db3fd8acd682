"""No statement touches a workspace's table without its workspace, however the table comes into it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import and_, delete, exists, func, select, union_all, update
from sqlalchemy.orm import aliased

from models.base import ACROSS, ReadAcrossWorkspaces, db, enter, writing
from models.base.guard import READ_ACROSS, unbound_tables
from models.base.tenant import Tenant
from models.customers.customer import Customer
from models.customers.note import Note
from models.customers.tag import CustomerTag
from tests.cast import Cast

HERE = 1
TENANTS = sorted(
    (mapper.class_ for mapper in db.Model.registry.mappers
     if "workspace_id" in mapper.local_table.c and mapper.local_table.name not in READ_ACROSS),
    key=lambda each: each.__name__,
)  # fmt: skip
other = aliased(Customer)
mine = select(Customer.id).where(Customer.workspace_id == HERE)
everybody = select(Customer.id, Customer.workspace_id)


def test_there_are_mapped_classes_to_walk() -> None:
    assert len(TENANTS) > 30
    assert {each for each in TENANTS if issubclass(each, Tenant)} >= {Customer, Note}


@pytest.mark.parametrize("noun", TENANTS, ids=lambda each: each.__name__)
def test_every_mapped_class_is_read_changed_and_deleted_only_with_its_workspace(app: Flask, cast: Cast, noun: Any) -> None:
    column = next(each for each in noun.__table__.c if each.name != "workspace_id")
    bare: list[Any] = [
        select(noun), select(column), select(func.count()).select_from(noun), select(column).where(column == column),
        select(Customer.id).where(Customer.workspace_id == HERE, exists(select(noun.__table__.alias().c.workspace_id))),
    ]  # fmt: skip
    with app.app_context():
        enter(cast.lotus.id)
        for statement in bare:
            with pytest.raises(ReadAcrossWorkspaces, match=noun.__table__.name):
                db.session.execute(statement)
        changed = {column.name: column}
        for statement in (update(noun).values(changed), delete(noun)):
            with pytest.raises(ReadAcrossWorkspaces, match=noun.__table__.name), writing():
                db.session.execute(statement)
        db.session.execute(select(noun).where(noun.workspace_id == cast.lotus.id).limit(1))
        db.session.execute(select(column).limit(1).execution_options(**ACROSS))


@pytest.mark.parametrize(
    "statement",
    [
        lambda: mine.where(Customer.id.in_(select(Customer.id))),
        lambda: mine.where(Customer.id.in_(select(other.id))),
        lambda: mine.where(select(func.count()).select_from(Customer).correlate(None).scalar_subquery() > 1),
        lambda: mine.where(exists().where(CustomerTag.customer_id == Customer.id)),
        lambda: mine.where(exists(select(other.id).where(other.name == Customer.name))),
        lambda: mine.join(CustomerTag, CustomerTag.customer_id == Customer.id),
        lambda: union_all(mine, select(Customer.id)),
        lambda: select(union_all(mine.add_columns(Customer.workspace_id), everybody).subquery()),
        lambda: select(everybody.subquery()),
        lambda: select(everybody.cte()),
        lambda: select(Customer.id, everybody.subquery().c.id).where(Customer.workspace_id == HERE),
        lambda: update(Customer).where(Customer.workspace_id == HERE, Customer.id.in_(select(Note.customer_id))).values(name="x"),
        lambda: delete(Note).where(Note.workspace_id == HERE, Note.customer_id.in_(select(Customer.id))),
        lambda: select(Customer.id).where(Customer.id == HERE),
        lambda: select(Customer.id).join(Note, and_(Note.workspace_id == Customer.workspace_id, Note.customer_id == Customer.id)),
    ],
)  # fmt: skip
def test_a_table_that_only_another_part_of_the_statement_binds_is_loose(statement: Callable[[], Any]) -> None:
    assert unbound_tables(statement()) != []


@pytest.mark.parametrize(
    "statement",
    [
        lambda: mine.where(Customer.id.in_(select(Note.customer_id).where(Note.workspace_id == HERE))),
        lambda: mine.where(exists().where(CustomerTag.workspace_id == Customer.workspace_id)),
        lambda: mine.where(Customer.id.in_(mine)),
        lambda: mine.join(Note, and_(Note.workspace_id == Customer.workspace_id, Note.customer_id == Customer.id)),
        lambda: union_all(mine, mine),
        lambda: select(mine.subquery()),
        lambda: select(mine.cte()),
        lambda: select(union_all(mine, mine).subquery()),
        lambda: select(found := everybody.subquery()).where(found.c.workspace_id == HERE),
        lambda: select(Note.id).join(
            found := everybody.where(Customer.workspace_id == HERE).subquery(), found.c.workspace_id == Note.workspace_id
        ),
        lambda: update(Customer).where(Customer.workspace_id == HERE, Customer.id.in_(mine)).values(name="x"),
    ],
)  # fmt: skip
def test_what_every_part_ties_to_a_workspace_is_let_through(statement: Callable[[], Any]) -> None:
    assert unbound_tables(statement()) == []
