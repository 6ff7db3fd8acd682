"""The keys that sign access tokens: rows, so that every worker and host signs and checks alike (RFC 7517).

One is active; the next is published before it is used; a retired one stays published until the last token it signed
has died. Private parts are encrypted under a key of FRONTDESK_SECRET_KEY, so a dump of the database signs nothing.
"""

import json
import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy import Index, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Instant, Json, Key, Words, db, writing_here
from models.base.constraints import insert_if_new, one_of
from models.oauth.token_format import TTL_MINUTES
from models.settings import settings

STATES = ("next", "active", "retired")
ALGORITHM = "ES256"
_ONE_OF_EACH = text("state IN ('next', 'active')")
_PURPOSE = "signing key"

log = logging.getLogger(__name__)


class AnotherSecretKey(RuntimeError):
    """A fault of the operator's: hosts of one database serve with different FRONTDESK_SECRET_KEYs."""

    def __init__(self) -> None:
        super().__init__(
            "The active signing key is of another FRONTDESK_SECRET_KEY than this process has signed with: another host serves"
            " with another secret. Give all hosts the same one and restart them; `frontdesk doctor` tells which is not."
        )


class SigningKey(Base):
    """One ES256 key pair."""

    __tablename__ = "signing_key"
    kid: Mapped[str] = mapped_column(Key, primary_key=True)
    state: Mapped[str] = mapped_column(Key)
    public: Mapped[Any] = mapped_column(Json)
    private: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(Instant)
    activated_at: Mapped[datetime | None] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", STATES, "state"),
        Index("signing_key_state", "state", unique=True, sqlite_where=_ONE_OF_EACH, postgresql_where=_ONE_OF_EACH),
        {"sqlite_strict": True},
    )

    @classmethod
    def active(cls) -> tuple[str, ECKey]:
        """The kid and the private key to sign with now. Makes the first pair when there is none; raises AnotherSecretKey."""
        row = db.session.connection().execute(_ACTIVE).one_or_none()
        if row is None:
            row = cls._first()
        key = _opened.get(row.kid)
        if key is None:
            opened = opaque.unseal(_PURPOSE, row.private, row.kid)
            if opened is None:
                with writing_here():
                    return cls._take_over(row.kid)
            key = _opened[row.kid] = ECKey.import_key(json.loads(opened))
        return row.kid, key

    @classmethod
    def _first(cls) -> Any:
        with writing_here():
            cls._make("active")
            cls._make("next")
            return db.session.connection().execute(_ACTIVE).one()

    @classmethod
    def is_ours(cls) -> bool:
        """Whether the active key, if there is one, opens under this FRONTDESK_SECRET_KEY: what `doctor` asks."""
        row = db.session.connection().execute(_ACTIVE).one_or_none()
        return row is None or opaque.unseal(_PURPOSE, row.private, row.kid) is not None

    @classmethod
    def rotate(cls, by: Actor) -> str:
        """Retire the active key, sign with the next, publish another; returns the kid now active. Under `writing()`."""
        cls.active()
        at = clock.now()
        for before, after, stamp in (("active", "retired", "retired_at"), ("next", "active", "activated_at")):
            db.session.execute(update(cls).where(cls.state == before).values(state=after, **{stamp: at}))
        cls._make("next")
        cls.forget_dead()
        audit_event.record_security("rotate_keys", "done", by)
        return cls.active()[0]

    @classmethod
    def replace_all(cls, by: Actor) -> str:
        """Withdraw every key and sign with a new one: whatever the old ones signed is refused at its next call, in every
        worker, for the state query asks for the key of a token. Returns the kid now active. Under `writing()`.
        """
        db.session.execute(delete(cls))
        _opened.clear()
        audit_event.record_security("replace_keys", "done", by)
        return cls.active()[0]

    @classmethod
    def forget_dead(cls) -> None:
        """Remove keys whose last token has died."""
        db.session.execute(delete(cls).where(cls.state == "retired", cls.retired_at < clock.now() - _longest_token()))

    @classmethod
    def published(cls) -> list[dict[str, Any]]:
        """The public keys that a token may be signed with: active, next, and retired ones with tokens still alive."""
        rows = db.session.execute(cls._public_rows()).all()
        if not rows:
            cls.active()
            rows = db.session.execute(cls._public_rows()).all()
        return [dict(row.public) for row in rows]

    @classmethod
    def checking(cls, kid: str) -> ECKey | None:
        """The public key of a kid; None for one that never was or whose tokens have all died."""
        row = db.session.execute(cls._public_rows().where(cls.kid == kid)).one_or_none()
        return ECKey.import_key(dict(row.public)) if row is not None else None

    @classmethod
    def _public_rows(cls) -> Any:
        alive = (cls.state != "retired") | (cls.retired_at >= clock.now() - _longest_token())
        return select(cls.public).where(alive).order_by(cls.created_at.desc(), cls.kid)

    @classmethod
    def _make(cls, state: str) -> None:
        """Add a pair in a state; where another worker was first, its pair stays the only one."""
        kid, at = secrets.token_urlsafe(12), clock.now()
        pair = ECKey.generate_key("P-256", {"kid": kid, "alg": ALGORITHM, "use": "sig"})
        sealed = opaque.seal(_PURPOSE, json.dumps(pair.as_dict(private=True)), kid)
        values = {
            "kid": kid, "state": state, "public": pair.as_dict(private=False), "private": sealed,
            "created_at": at, "activated_at": at if state == "active" else None,
        }  # fmt: skip
        db.session.execute(insert_if_new(cls).values(**values))

    @classmethod
    def _take_over(cls, kid: str) -> tuple[str, ECKey]:
        """FRONTDESK_SECRET_KEY was changed: nobody can sign with the old key, its tokens live out their time.

        A process that has signed before has a secret that was right: then another host serves with another one, and they
        would retire each other's key at every signature. Raises AnotherSecretKey.
        """
        mine = update(cls).where(cls.kid == kid, cls.state == "active").values(state="retired", retired_at=clock.now())
        if db.session.execute(mine.returning(cls.kid)).scalar() is None:
            return cls.active()  # somebody else has taken over since it was read
        if _opened:
            raise AnotherSecretKey
        log.warning("The signing key is of another FRONTDESK_SECRET_KEY; a new one takes over. All hosts must share one secret.")
        db.session.execute(delete(cls).where(cls.state == "next"))
        return cls.active()


_ACTIVE = select(SigningKey.kid, SigningKey.private).where(SigningKey.state == "active")

_opened: dict[str, ECKey] = {}
"""Private keys of this process, by kid: opened once."""


def _longest_token() -> timedelta:
    return timedelta(seconds=max(settings().access_token_ttl, TTL_MINUTES[1] * 60))
