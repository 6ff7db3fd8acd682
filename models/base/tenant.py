"""Whose row it is: the tenant mixin and relationships inside one workspace.

A tenant table's key is `(workspace_id, id)` and each of its references is a composite foreign key, so another
workspace's id cannot be stored. The guard beside this file keeps it from being read by oversight.
"""

from typing import Any, ClassVar, Protocol, Self

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Select, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models import opaque
from models.base.columns import Id
from models.base.database import db
from models.base.ids import new_id, show
from models.errors import Invalid, NotFound


class InWorkspace(Protocol):
    """Anything that stands for a workspace: the row itself, or the frozen facts a token check returns."""

    @property
    def id(self) -> int: ...


class Tenant:
    """A table whose rows belong to a workspace. `Noun.within(workspace)` and `Noun.find(workspace, id)` are the way in."""

    prefix: ClassVar[str]
    """What its ids begin with when shown: `mem`, `bkg`."""
    noun: ClassVar[str]
    """What one row is called in a sentence."""
    listed_by: ClassVar[str] = ""
    """The tool that gives such ids, named when a wrong id is sent."""
    nouns: ClassVar[dict[str, type["Tenant"]]] = {}

    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False, default=new_id)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "prefix" in cls.__dict__:
            Tenant.nouns[cls.prefix] = cls

    @property
    def shown_id(self) -> str:
        """The id as people and apps see it."""
        return show(self.prefix, self.id)

    @classmethod
    def within(cls, workspace: InWorkspace) -> Select[Self]:
        """The select over this workspace's rows, to be narrowed further."""
        return select(cls).where(cls.workspace_id == workspace.id)

    @classmethod
    def find(cls, workspace: InWorkspace, shown: str | int) -> Self:
        """The row with this id here. A stranger's id is answered like one that does not exist (NotFound)."""
        number = cls.number(shown) if isinstance(shown, str) else shown
        found = db.session.get(cls, (workspace.id, number)) if number is not None else None
        if found is None:
            raise cls.not_found()
        return found

    @classmethod
    def not_found(cls) -> NotFound:
        """The one answer for a missing row and for a stranger's row."""
        advice = f"Call {cls.listed_by} to see the ids there are." if cls.listed_by else ""
        return NotFound("There is no %(noun)s with this id in this workspace.", noun=cls.noun, for_apps=advice)

    @classmethod
    def number(cls, shown: str) -> int | None:
        """The integer behind a shown id; None where no row can have it. An id of another noun is Invalid and says so."""
        prefix, _, rest = shown.partition("_")
        if prefix != cls.prefix:
            other = Tenant.nouns.get(prefix)
            kinds = {"noun": cls.noun, "prefix": cls.prefix, "other": other.noun if other else None}
            advice = f"Call {cls.listed_by} for these ids." if cls.listed_by else ""
            if other is not None:
                raise Invalid("This is the id of a %(other)s; give a %(noun)s id (%(prefix)s_…).", for_apps=advice, **kinds)
            raise Invalid("This is no %(noun)s id; give one (%(prefix)s_…).", for_apps=advice, **kinds)
        return opaque.decode(rest)


def tenant_key(*columns: str, to: str) -> ForeignKeyConstraint:
    """A composite foreign key inside the workspace: `tenant_key("customer_id", to="customer")`."""
    return ForeignKeyConstraint(["workspace_id", *columns], [f"{to}.workspace_id", f"{to}.id"])


def belongs_to(name: str, column: str) -> Any:
    """A relationship inside one workspace: `customer = belongs_to("Customer", "Booking.customer_id")`.

    Only the id column is marked foreign: a plain relationship over the composite key rewrote `workspace_id` when a
    stranger's row was assigned, and so moved the row (ARCHITECTURE §2).
    """
    owner = column.split(".")[0]
    join = f"and_(foreign({column}) == {name}.id, {owner}.workspace_id == {name}.workspace_id)"
    return relationship(name, primaryjoin=join)
