"""Every change happens in writing(); anything else is refused before it reaches the database."""

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import SQLAlchemyError

from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import SYSTEM
from models.activity.audit_event import AuditEvent
from models.base import ReadAcrossWorkspaces, WriteOutsideWriting, db, enter, writing
from tests.cast import Cast


def test_a_write_outside_writing_raises_and_changes_nothing(app: Flask, cast: Cast) -> None:
    with app.app_context():
        workspace = db.session.get_one(Workspace, cast.lotus.id)
        workspace.name = "Stolen Spa"
        with pytest.raises(WriteOutsideWriting):
            db.session.flush()
        db.session.rollback()
        assert db.session.get_one(Workspace, cast.lotus.id).name == "Lotus Spa"


def test_an_exception_in_writing_undoes_everything(app: Flask, cast: Cast) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), writing():
            db.session.get_one(Workspace, cast.lotus.id).name = "Half done"
            db.session.flush()
            1 / 0  # noqa: B018
        assert db.session.get_one(Workspace, cast.lotus.id).name == "Lotus Spa"


def test_a_dry_run_is_rolled_back(app: Flask, cast: Cast) -> None:
    with app.app_context():
        with writing(keep=False):
            db.session.get_one(Workspace, cast.lotus.id).name = "Only tried"
        assert db.session.get_one(Workspace, cast.lotus.id).name == "Lotus Spa"


def test_reading_a_tenant_table_without_its_workspace_raises(app: Flask, cast: Cast) -> None:
    with app.app_context():
        enter(cast.lotus.id)
        with pytest.raises(ReadAcrossWorkspaces):
            db.session.execute(select(AuditEvent))
        with pytest.raises(ReadAcrossWorkspaces):
            db.session.execute(select(AuditEvent.id).where(AuditEvent.id == 1))
        assert db.session.scalars(AuditEvent.within(cast.lotus)).all()


def test_the_audit_is_append_only(app: Flask, cast: Cast) -> None:
    with app.app_context():
        enter(cast.lotus.id)
        for statement in ("UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event"):
            with pytest.raises(Exception, match="append_only"), writing():
                db.session.execute(text(statement))
        with writing():
            number = audit_event.record(cast.lotus.id, "look", SYSTEM)
        assert AuditEvent.find(cast.lotus, number).verb == "look"


def test_an_error_of_the_database_holds_no_value_that_was_sent(app: Flask, cast: Cast) -> None:
    with app.app_context():
        with pytest.raises(SQLAlchemyError) as raised, writing():
            db.session.execute(update(Workspace).where(Workspace.id == cast.peak.id).values(slug="lotus-spa", name="a secret"))
        assert "UPDATE workspace" in str(raised.value)
        assert "a secret" not in str(raised.value)
