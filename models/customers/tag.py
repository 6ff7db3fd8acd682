"""Tags: words that a workspace puts on its customers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, func, insert, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import Base, Id, Instant, InWorkspace, Key, Page, PageOrder, Tenant, Words, db, new_id, tenant_key
from models.base.constraints import insert_if_new, partial_index, refused_when_taken
from models.base.words import fold, named
from models.customers.customer import Customer
from models.errors import Conflict, Invalid

NAME_MAX = 40
TAGS_MAX = 500
"""A workspace."""
TAGS_OF_ONE_MAX = 50
"""A customer."""


class Tag(Tenant, Base):
    """One word; two spellings that fold alike are the same tag."""

    __tablename__ = "tag"
    prefix = "tag"
    noun = "tag"
    listed_by = "list_tags"

    name: Mapped[str] = mapped_column(Words)
    name_key: Mapped[str] = mapped_column(Key)
    color: Mapped[str | None] = mapped_column(Words)
    description: Mapped[str | None] = mapped_column(Words)
    archived_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        partial_index("tag_name", "archived_at IS NULL", "workspace_id", "name_key", unique=True),
        {"sqlite_strict": True},
    )

    @classmethod
    def counted(
        cls, workspace: InWorkspace, *, prefix: str | None = None, cursor: str | None = None, limit: int = 25
    ) -> "Page[CountedTag]":
        """The tags in use or ready for it, with how many live customers carry each; the biggest first."""
        carried = _carried(workspace)
        count = func.coalesce(carried.c["count"], 0)
        rows = (
            select(cls.id, cls.name, count.label("count"))
            .outerjoin(carried, carried.c.tag_id == cls.id)
            .where(cls.workspace_id == workspace.id, cls.archived_at.is_(None))
        )
        begins = fold(prefix) if prefix else ""
        if begins:
            rows = rows.where(cls.name_key >= begins, cls.name_key < begins + "\U0010ffff")
        order = (PageOrder(count, descending=True), PageOrder(cls.name_key))
        asked = {"list": "tags", "workspace": workspace.id, "prefix": begins}
        page: Page[Any] = Page.of(rows, order, cursor, limit, asked=asked)
        return page.map(lambda row: CountedTag(*row))

    @classmethod
    def worn_by(cls, customer: Customer) -> Sequence["Tag"]:
        """The tags in use that a customer carries, by name."""
        worn = select(CustomerTag.tag_id).where(
            CustomerTag.workspace_id == customer.workspace_id, CustomerTag.customer_id == customer.id
        )
        rows = select(cls).where(cls.workspace_id == customer.workspace_id, cls.id.in_(worn), cls.archived_at.is_(None))
        return db.session.scalars(rows.order_by(cls.name_key)).all()

    def carriers(self) -> int:
        """How many live customers carry it."""
        worn = (CustomerTag.workspace_id == self.workspace_id, CustomerTag.tag_id == self.id)
        live = (Customer.workspace_id == self.workspace_id, Customer.archived_at.is_(None))
        rows = select(func.count()).select_from(CustomerTag).join(Customer, Customer.id == CustomerTag.customer_id)
        return db.session.scalar(rows.where(*worn, *live)) or 0

    @classmethod
    def create(cls, workspace: InWorkspace, name: str, by: Actor) -> "Tag":
        """Add a tag that nobody carries yet. Raises Invalid for a bad name, a taken one, or one too many."""
        said = named(name, NAME_MAX)
        made = _make(workspace, [said])
        if not made:
            raise _taken()
        tag = cls.find(workspace, made[0])
        tag._record("create_tag", by, {})
        return tag

    def rename(self, name: str, by: Actor) -> None:
        """Give it another name. Raises Invalid for a bad one or one that is taken, Conflict where it was removed."""
        self.refuse_removed()
        said, before = named(name, NAME_MAX), self.name
        if said == before:
            return
        with refused_when_taken(_taken()):
            self.name, self.name_key = said, fold(said)
        self._record("rename_tag", by, {"name": before, "left": said})

    def remove(self, by: Actor) -> None:
        """Take it out of use, off everybody who carries it. Raises Conflict where that was done already."""
        self.refuse_removed()
        self.archived_at = clock.now()
        db.session.flush()
        self._record("archive_tag", by, {})

    def refuse_removed(self) -> None:
        """A removed tag is not changed any more."""
        if self.archived_at is not None:
            raise Conflict("This tag was removed already.")

    def _record(self, verb: str, by: Actor, before: dict[str, str]) -> None:
        audit = audit_event.record(self.workspace_id, verb, by, entity="tag", entity_id=self.id)
        keep_undo(self.workspace_id, audit, verb, entity="tag", entity_id=self.id, before=before)


class CustomerTag(Base):
    """That a customer carries a tag."""

    __tablename__ = "customer_tag"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    tag_id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    added_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    added_by: Mapped[str | None] = mapped_column(Words)

    __table_args__ = (
        tenant_key("tag_id", to="tag"),
        ForeignKeyConstraint(
            ["workspace_id", "customer_id"], ["customer.workspace_id", "customer.id"], ondelete="CASCADE"
        ),
        Index("customer_tag_rev", "workspace_id", "customer_id", "tag_id"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CountedTag:
    """A tag and how many live customers carry it."""

    id: int
    name: str
    count: int


def _carried(workspace: InWorkspace) -> Any:
    """SQL: by tag, how many live customers carry it; few are archived, so they are taken off rather than joined on."""
    worn = CustomerTag.workspace_id == workspace.id
    gone = select(Customer.id).where(Customer.workspace_id == workspace.id, Customer.archived_at.is_not(None))
    everybody = select(CustomerTag.tag_id, literal(1).label("one")).where(worn)
    archived = select(CustomerTag.tag_id, literal(-1).label("one")).where(worn, CustomerTag.customer_id.in_(gone))
    each = everybody.union_all(archived).subquery()
    return select(each.c.tag_id, func.sum(each.c.one).label("count")).group_by(each.c.tag_id).subquery()


def _taken() -> Invalid:
    return Invalid("There is a tag of this name already.", field="name")


def no_tag(names: str, *, field: str = "tags", or_else: str = "") -> Invalid:
    """What is answered to names that no tag has."""
    advice = f"Call list_tags for those there are{or_else}."
    return Invalid("There is no tag %(names)s.", field=field, names=names, for_apps=advice)


def tags_named(workspace: InWorkspace, names: Iterable[str]) -> dict[str, Tag]:
    """The tags of these names, by folded name; those that do not exist are left out."""
    keys = {fold(name) for name in names}
    if not keys:
        return {}
    rows = db.session.scalars(Tag.within(workspace).where(Tag.name_key.in_(keys), Tag.archived_at.is_(None)))
    return {tag.name_key: tag for tag in rows}


def tags_for(
    workspace: InWorkspace, names: Sequence[str], *, create_missing: bool, or_else: str = ""
) -> tuple[list[Tag], list[Tag]]:
    """The tags of these names in the order given, each once, and those that were made for it. Raises Invalid.

    `or_else` is what an app that meets an unknown name could do instead of looking for another.
    """
    cleaned = {fold(said): said for said in (named(name, NAME_MAX, field="tags") for name in names)}
    known = tags_named(workspace, cleaned)
    missing = [said for key, said in cleaned.items() if key not in known]
    if not missing:
        return [known[key] for key in cleaned], []
    if not create_missing:
        raise no_tag(", ".join(f"“{name}”" for name in missing[:5]), or_else=or_else)
    made = set(_make(workspace, missing))
    known = tags_named(workspace, cleaned)
    return [known[key] for key in cleaned], [tag for tag in known.values() if tag.id in made]


def _make(workspace: InWorkspace, names: Sequence[str]) -> list[int]:
    """Insert tags of these cleaned names; the ids of those that nobody else made at the same moment. Raises Invalid."""
    kept = select(func.count()).select_from(Tag).where(Tag.workspace_id == workspace.id, Tag.archived_at.is_(None))
    if (db.session.scalar(kept) or 0) + len(names) > TAGS_MAX:
        raise Invalid("A workspace has at most %(most)d tags; remove one that nobody carries first.", field="name", most=TAGS_MAX)
    rows = [
        {"workspace_id": workspace.id, "id": new_id(), "name": said, "name_key": fold(said)} for said in sorted(names, key=fold)
    ]  # in one order for everybody, so that two who wait for each other's tags do not wait for ever
    return list(db.session.scalars(insert_if_new(Tag).values(rows).returning(Tag.id)))


def carried_by(workspace: InWorkspace, customer_ids: Sequence[int]) -> dict[int, list[int]]:
    """The ids of the tags that each of these customers carries."""
    found: dict[int, list[int]] = {number: [] for number in customer_ids}
    rows = db.session.execute(
        select(CustomerTag.customer_id, CustomerTag.tag_id).where(
            CustomerTag.workspace_id == workspace.id, CustomerTag.customer_id.in_(customer_ids)
        )
    )
    for customer_id, tag_id in rows:
        found[customer_id].append(tag_id)
    return found


def put_on(workspace_id: int, pairs: Sequence[tuple[int, int]], by: Actor) -> None:
    """Insert (tag, customer) pairs that are not there yet."""
    if pairs:
        at = clock.now()
        db.session.execute(
            insert(CustomerTag),
            [
                {"workspace_id": workspace_id, "tag_id": tag, "customer_id": who, "added_at": at, "added_by": by.code}
                for tag, who in pairs
            ],
        )


def _of(step: UndoStep) -> Tag:
    return db.session.get_one(Tag, (step.workspace_id, step.entity_id), populate_existing=True)


def _taken_by_now() -> Conflict:
    return Conflict("Another tag has this name by now.")


@undoes("create_tag", needs=("customers", "destructive"))
def _undo_create(step: UndoStep, by: Actor) -> None:
    tag = _of(step)
    tag.refuse_removed()
    tag.archived_at = clock.now()
    db.session.flush()


@undoes("rename_tag", needs=("customers", "write"))
def _undo_rename(step: UndoStep, by: Actor) -> None:
    tag, name = _of(step), step.before["name"]
    tag.refuse_removed()
    if tag.name != step.before["left"]:
        raise Conflict("This tag was renamed again since.")
    with refused_when_taken(_taken_by_now()):
        tag.name, tag.name_key = name, fold(name)


@undoes("archive_tag", needs=("customers", "write"))
def _undo_remove(step: UndoStep, by: Actor) -> None:
    tag = _of(step)
    with refused_when_taken(_taken_by_now()):
        tag.archived_at = None
