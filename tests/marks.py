"""The rows that acts and refusals leave: what a test has added to the audit trails and the security events."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import select, text

from models.activity.audit_event import AuditEvent, SecurityEvent
from models.base import db
from tests.cast import Place


class Mark(NamedTuple):
    """One row: of a workspace's trail, or, without a workspace, a security event."""

    workspace: str | None
    verb: str
    outcome: str
    actor: str | None
    fields: Any


@dataclass
class Marks:
    """`marks.new()` gives the rows that came since the last look."""

    app: Flask
    places: tuple[Place, ...]
    seen: set[int] = field(default_factory=set)

    def new(self) -> list[Mark]:
        """The rows since the last look, oldest first; each is told once."""
        found: list[tuple[int, Mark]] = []
        with self.app.app_context():
            for event in db.session.scalars(select(SecurityEvent)):
                user = f"user:{event.user_id}" if event.user_id is not None else None
                found.append((event.id, Mark(None, event.verb, event.outcome, user, event.fields)))
            for place in self.places:
                if db.engine.dialect.name == "postgresql":
                    db.session.execute(text("SELECT set_config('app.workspace_id', :id, true)"), {"id": str(place.id)})
                for row in db.session.scalars(AuditEvent.within(place)):
                    found.append((row.id, Mark(place.slug, row.verb, row.outcome, row.actor_id, row.fields)))
            db.session.rollback()
        fresh = [(number, mark) for number, mark in found if number not in self.seen]
        self.seen.update(number for number, _ in fresh)
        return [mark for _, mark in sorted(fresh, key=lambda each: each[0])]
