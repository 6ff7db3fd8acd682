"""A destructive call that waits for a yes in the chat: a token of 5 minutes, spent once (PRODUCT §3, gate 4).

Confirming proves that the app asked twice, not that a person did: a person's yes is an approval in the portal.
"""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.base import Base, Id, Instant, InWorkspace, Key, Tenant, Words, db
from models.base.constraints import one_of
from models.errors import Invalid

ASKED_FOR = timedelta(minutes=5)
PREFIX = "crmcf"


class Confirmation(Tenant, Base):
    """One question that was put for one call of one actor, and what became of it."""

    __tablename__ = "confirmation"
    prefix = "cnf"
    noun = "confirmation"

    actor: Mapped[str] = mapped_column(Key)
    tool: Mapped[str] = mapped_column(Words)
    args_hash: Mapped[str] = mapped_column(Key)
    token_hash: Mapped[str | None] = mapped_column(Key)
    asked_in: Mapped[str] = mapped_column(Words)
    summary: Mapped[str | None] = mapped_column(Words, info={"personal": True})
    entity: Mapped[str | None] = mapped_column(Key)
    entity_id: Mapped[int | None] = mapped_column(Id)
    status: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id, ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("workspace_id", "token_hash"),
        one_of("asked_in", ("chat", "portal"), "asked_in"),
        one_of("status", ("asked", "approved", "declined", "spent"), "status"),
        CheckConstraint("(asked_in = 'chat') = (token_hash IS NOT NULL)", name="token"),
        Index("confirmation_open", "workspace_id", "status", "expires_at"),
        {"sqlite_strict": True},
    )

    @classmethod
    def ask(
        cls, workspace_id: int, actor: str, tool: str, args_hash: str, summary: str, subject: tuple[str, int] | None = None
    ) -> tuple[str, datetime]:
        """Put the question; returns the token that answers it and until when it does.

        `subject` is the (entity, id) that it is about, by which it is found when a person is forgotten.
        """
        token = opaque.make(PREFIX, workspace_id)
        at = clock.now()
        db.session.add(
            cls(
                workspace_id=workspace_id, actor=actor, tool=tool, args_hash=args_hash, asked_in="chat",
                token_hash=opaque.digest(token), summary=summary, status="asked", created_at=at,
                expires_at=at + ASKED_FOR, entity=subject[0] if subject else None, entity_id=subject[1] if subject else None,
            )
        )  # fmt: skip
        db.session.flush()
        return token, at + ASKED_FOR


def spend(workspace_id: int, actor: str, tool: str, args_hash: str, token: str, *, to: str = "spent") -> None:
    """Take the one yes (or, `to="declined"`, the no) that a token stands for.

    Raises Invalid where it is spent, expired, or was given for another call or to another app: one answer for all.
    """
    row = Confirmation
    taken = db.session.scalar(
        update(row)
        .where(row.workspace_id == workspace_id, row.token_hash == opaque.digest(token), row.status == "asked")
        .where(row.actor == actor, row.tool == tool, row.args_hash == args_hash, row.expires_at > clock.now())
        .values(status=to, decided_at=clock.now())
        .returning(row.id)
    )
    if taken is None:
        raise Invalid(
            "This confirm_token is spent, expired, or belongs to another call."
            " Call again without it to see what would happen and to get a new one.",
            field="confirm_token",
        )


def sweep(workspace: InWorkspace) -> int:
    """Forget the questions of a workspace that ended a day ago or more; returns how many. The worker calls it."""
    row = Confirmation
    old = row.expires_at <= clock.now() - timedelta(days=1)
    gone = delete(row).where(row.workspace_id == workspace.id, old).returning(row.id)
    return len(db.session.scalars(gone).all())
