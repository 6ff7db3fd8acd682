"""A segment: a saved filter over customers, by name; the worker keeps how many it means, so that lists need not count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Integer, delete, or_, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import Base, Id, Instant, InWorkspace, Json, Tenant, Words, db, new_id, writing
from models.base.constraints import partial_index, refused_when_taken
from models.base.words import named
from models.customers.anonymise import forgets_before_erasing
from models.customers.filter import Asking, Node, conditions_of, tree_of, write
from models.customers.filter.tree import Leaf, document_of, with_leaves
from models.customers.here import Here
from models.customers.listing import count_of
from models.customers.search_index import names_only
from models.errors import Conflict, Invalid

NAME_MAX = 80
SEGMENTS_MAX = 200
COUNT_KEPT = timedelta(minutes=10)
"""For so long a count is shown."""
RECOUNTED_AFTER = timedelta(minutes=5)
AT_ONCE = 20
"""Segments that one round of the worker counts, in one workspace."""
FORGOTTEN = "anonymised"
"""What stands in a filter where a person's name stood; it finds nobody."""


class Segment(Tenant, Base):
    """A filter with a name. `filter` is the tree as JSON."""

    __tablename__ = "segment"
    prefix = "seg"
    noun = "segment"
    listed_by = "list_segments"

    name: Mapped[str] = mapped_column(Words)
    filter: Mapped[Any] = mapped_column(Json)
    filter_version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    cached_count: Mapped[int | None] = mapped_column(Id)
    cached_at: Mapped[datetime | None] = mapped_column(Instant)
    created_by: Mapped[str | None] = mapped_column(Words)
    archived_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        partial_index("segment_name", "archived_at IS NULL", "workspace_id", "name", unique=True),
        {"sqlite_strict": True},
    )

    @classmethod
    def find(cls, workspace: InWorkspace, shown: str | int) -> Self:
        """The segment with this id; one that was deleted is not there."""
        found = super().find(workspace, shown)
        if found.archived_at is not None:
            raise cls.not_found()
        return found

    @property
    def _state(self) -> dict[str, Any]:
        """What a change can change, as Undo needs it."""
        return {"name": self.name, "filter": self.filter}

    @property
    def tree(self) -> Node:
        """What it asks for."""
        return tree_of(self.filter)

    @property
    def text(self) -> str:
        """What it asks for, in the text form."""
        return write(self.tree)

    @classmethod
    def create(cls, here: Here, name: str, node: Node, by: Actor) -> "Segment":
        """Save a filter. Raises Invalid for a bad name or filter, Conflict for a name that is taken."""
        said = named(name, NAME_MAX)
        if len(all_of(here)) >= SEGMENTS_MAX:
            raise Invalid("A workspace has at most %(most)d segments.", field="name", most=SEGMENTS_MAX)
        conditions_of(node, Asking(here, clock.now()))
        segment = cls(
            workspace_id=here.id, id=new_id(), name=said, filter=document_of(node), filter_version=1, created_by=by.code
        )
        with refused_when_taken(_taken()):
            db.session.add(segment)
        _record("create_segment", segment, by, {"left": segment._state})
        return segment

    def change(self, here: Here, by: Actor, *, name: str | None = None, node: Node | None = None) -> None:
        """Give it another name or another filter. Raises Invalid, Conflict."""
        before = self._state
        if name is not None:
            with refused_when_taken(_taken()):
                self.name = named(name, NAME_MAX)
        if node is not None:
            conditions_of(node, Asking(here, clock.now()))
            self.filter, self.filter_version = document_of(node), self.filter_version + 1
            self.cached_count = self.cached_at = None
        db.session.flush()
        _record("update_segment", self, by, {**before, "left": self._state})

    def delete(self, by: Actor) -> None:
        """Take it away; Undo brings it back."""
        self.archived_at = clock.now()
        db.session.flush()
        _record("delete_segment", self, by, {})

    def count(self, here: Here) -> int:
        """How many customers it means now."""
        return count_of(here, *conditions_of(self.tree, Asking(here, clock.now(), strict=False)))

    def counted(self, here: Here) -> "Counted":
        """How many customers it means: as the worker last kept it, or counted now where that is too long ago.

        Not stored here: looking at a segment changes nothing.
        """
        now = clock.now()
        if self.cached_count is not None and self.cached_at is not None and now - self.cached_at < COUNT_KEPT:
            return Counted(self.cached_count, self.cached_at)
        return Counted(self.count(here), now)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many customers a segment means, and when that was."""

    number: int
    at: datetime


def recount(here: Here) -> int:
    """Count the segments of a workspace whose count is the oldest, and keep it; returns how many. For the worker.

    It counts first and opens its own short transaction then, since counting may take long.
    """
    due = Segment.cached_at < clock.now() - RECOUNTED_AFTER
    rows = Segment.within(here).where(Segment.archived_at.is_(None), or_(Segment.cached_at.is_(None), due))
    order = Segment.cached_at.asc().nulls_first(), Segment.id
    stale = db.session.scalars(rows.order_by(*order).limit(AT_ONCE)).all()
    found = [(each.id, each.filter_version, clock.now(), each.count(here)) for each in stale]
    if found:
        with writing():
            for number, version, at, count in found:
                mine = Segment.workspace_id == here.id, Segment.id == number, Segment.filter_version == version
                db.session.execute(update(Segment).where(*mine).values(cached_count=count, cached_at=at))
    return len(found)


def all_of(workspace: InWorkspace) -> Sequence[Segment]:
    """The segments of a workspace by name."""
    rows = Segment.within(workspace).where(Segment.archived_at.is_(None)).order_by(Segment.name, Segment.id)
    return db.session.scalars(rows).all()


@forgets_before_erasing
def _forget_in_filters(workspace: InWorkspace, ids: list[int]) -> None:
    """Words that found one person and nobody else are taken out of saved filters, and out of what Undo would bring back."""
    for segment in db.session.scalars(Segment.within(workspace)).all():
        told = segment.tree
        kept = with_leaves(told, lambda leaf: _without(workspace, ids, leaf))
        if kept != told:
            segment.filter, segment.filter_version = document_of(kept), segment.filter_version + 1
            segment.cached_count = segment.cached_at = None
            step = UndoStep
            db.session.execute(
                delete(step).where(step.workspace_id == workspace.id, step.entity == "segment", step.entity_id == segment.id)
            )
    db.session.flush()


def _without(workspace: InWorkspace, ids: list[int], leaf: Leaf) -> Leaf:
    if leaf.field == "text":
        return leaf.model_copy(update={"value": FORGOTTEN}) if names_only(workspace, ids, leaf.value) else leaf
    return leaf


def _taken() -> Conflict:
    return Conflict("There is a segment of this name already.", field="name")


def _record(verb: str, segment: Segment, by: Actor, before: dict[str, Any]) -> None:
    audit = audit_event.record(segment.workspace_id, verb, by, entity="segment", entity_id=segment.id)
    keep_undo(segment.workspace_id, audit, verb, entity="segment", entity_id=segment.id, before=before)


def _of(step: UndoStep) -> Segment:
    segment = db.session.get(Segment, (step.workspace_id, step.entity_id), populate_existing=True)
    if segment is None:
        raise Conflict("The segment is no longer there.")
    return segment


def _as_left(step: UndoStep) -> Segment:
    """The segment as the act left it. Raises Conflict where it was changed or deleted since."""
    segment = _of(step)
    if segment.archived_at is not None or segment._state != step.before["left"]:
        raise Conflict("This segment was changed again since.")
    return segment


def _taken_by_now() -> Conflict:
    return Conflict("Another segment has this name by now.")


@undoes("create_segment", needs=("insights", "destructive"))
def _undo_create(step: UndoStep, by: Actor) -> None:
    _as_left(step).archived_at = clock.now()
    db.session.flush()


@undoes("update_segment", needs=("insights", "write"))
def _undo_update(step: UndoStep, by: Actor) -> None:
    segment = _as_left(step)
    with refused_when_taken(_taken_by_now()):
        segment.name, segment.filter = step.before["name"], step.before["filter"]
        segment.filter_version += 1
        segment.cached_count = segment.cached_at = None


@undoes("delete_segment", needs=("insights", "write"))
def _undo_delete(step: UndoStep, by: Actor) -> None:
    segment = _of(step)
    with refused_when_taken(_taken_by_now()):
        segment.archived_at = None
