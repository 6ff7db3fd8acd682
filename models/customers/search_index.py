"""The token table that search reads, the same on both databases, and how it is kept."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, and_, delete, func, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from models.base import Base, Id, InWorkspace, Key, db
from models.base.constraints import insert_if_new
from models.customers.contact_point import ContactPoint
from models.customers.customer import RARE, Customer
from models.customers.tokens import NOTE_SEARCHED, terms_of, tokens_of, words_of

AFTER_ANY = "\U0010ffff"


class CustomerToken(Base):
    """One word that one customer is found by."""

    __tablename__ = "customer_token"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    token: Mapped[str] = mapped_column(Key, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "customer_id"], ["customer.workspace_id", "customer.id"], ondelete="CASCADE"
        ),
        Index("customer_token_rev", "workspace_id", "customer_id", "token"),
        {"sqlite_strict": True, "sqlite_with_rowid": False, "info": {"personal_rows": True, "merge": "stays"}},
    )  # fmt: skip


Texts = Callable[[int, int], Sequence[str]]
_texts: list[Texts] = []


def searched(texts_of: Texts) -> Texts:
    """Register the texts, by workspace and customer id, whose words a customer is also found by: notes."""
    _texts.append(texts_of)
    return texts_of


def refresh(workspace_id: int, customer_id: int) -> None:
    """Make the tokens of a customer anew from everything that is known of them."""
    token = CustomerToken
    customer = db.session.get_one(Customer, (workspace_id, customer_id))
    points = db.session.execute(
        select(ContactPoint.kind, func.coalesce(ContactPoint.value_key, ContactPoint.raw)).where(
            ContactPoint.workspace_id == workspace_id, ContactPoint.customer_id == customer_id
        )
    ).all()
    wanted = tokens_of(
        (customer.name, customer.native_name, customer.company),
        phones=[value for kind, value in points if kind == "phone"],
        emails=[value for kind, value in points if kind == "email"],
        texts=[text for texts_of in _texts for text in texts_of(workspace_id, customer_id)],
    )
    if customer.anonymised_at is not None:
        wanted = set()
    mine = (token.workspace_id == workspace_id, token.customer_id == customer_id)
    there = set(db.session.scalars(select(token.token).where(*mine)))
    gone = there - wanted
    if gone:
        db.session.execute(delete(token).where(*mine, token.token.in_(gone)))
    _insert(workspace_id, customer_id, wanted - there)


def add_words(workspace_id: int, customer_id: int, text: str) -> None:
    """Let a customer be found by the words of one more text."""
    _insert(workspace_id, customer_id, set(words_of(text[:NOTE_SEARCHED])))


def _insert(workspace_id: int, customer_id: int, tokens: Iterable[str]) -> None:
    rows = [{"workspace_id": workspace_id, "token": token, "customer_id": customer_id} for token in sorted(tokens)]
    if not rows:
        return
    db.session.execute(insert_if_new(CustomerToken), rows)


def found_by_all(workspace: InWorkspace, terms: Sequence[str]) -> ColumnElement[bool]:
    """SQL: the customer has a token for each term (there is at least one).

    Rare terms drive the query, by INTERSECT with the rarest first; common ones are asked of each customer.
    """
    counted = _counted(workspace, terms)
    rare = [_with_prefix(workspace, term) for count, term in counted if count <= RARE]
    common = [_has_one(workspace, term) for count, term in counted if count > RARE]
    if not rare:
        return and_(*common)
    few: Any = rare[0] if len(rare) == 1 else rare[0].intersect(*rare[1:])
    return and_(Customer.id.in_(few), *common)


def _has_one(workspace: InWorkspace, term: str) -> ColumnElement[bool]:
    """SQL: asked of each customer in turn. With OFFSET 0 PostgreSQL leaves it so, where it would fetch and sort all who are
    found: no statistics tell it how many begin with a term.
    """
    words = select(CustomerToken.token).where(*_begins(workspace, term), CustomerToken.customer_id == Customer.id)
    return words.offset(0).exists()


def _with_prefix(workspace: InWorkspace, term: str) -> Select[Any]:
    return select(CustomerToken.customer_id).where(*_begins(workspace, term))


def _begins(workspace: InWorkspace, term: str) -> tuple[ColumnElement[bool], ...]:
    token = CustomerToken
    return token.workspace_id == workspace.id, token.token >= term, token.token < term + AFTER_ANY


def _counted(workspace: InWorkspace, terms: Sequence[str]) -> list[tuple[int, str]]:
    """How many tokens each term finds, as far as that matters, the rarest first."""
    counts = [
        select(literal(place), select(func.count()).select_from(_some(workspace, term)).scalar_subquery())
        for place, term in enumerate(terms)
    ]
    return sorted((count, terms[place]) for place, count in db.session.execute(union_all(*counts)))


def _some(workspace: InWorkspace, term: str) -> Any:
    return select(CustomerToken.workspace_id).where(*_begins(workspace, term)).limit(RARE + 1).subquery()


def tokens_beginning(workspace: InWorkspace, start: str, limit: int) -> Sequence[str]:
    """The distinct words of the workspace that begin like this, up to a limit."""
    rows = select(CustomerToken.token).where(*_begins(workspace, start)).distinct().limit(limit)
    return db.session.scalars(rows).all()


def names_only(workspace: InWorkspace, customer_ids: Sequence[int], text: str) -> bool:
    """Whether these words find some of these customers, and nobody else."""
    terms = terms_of(text)
    if not terms:
        return False
    found = select(Customer.id).where(Customer.workspace_id == workspace.id, found_by_all(workspace, terms))
    theirs = found.where(Customer.id.in_(customer_ids)).limit(1)
    others = found.where(Customer.id.not_in(customer_ids)).limit(1)
    return db.session.scalar(theirs) is not None and db.session.scalar(others) is None
