"""Looking for customers: what is asked becomes one filter, one page of rows, and, where nobody is found, a hint."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from models import clock
from models.base import InWorkspace, Page, db
from models.base.words import clean, fold
from models.customers import tag
from models.customers.contact_point import points_of
from models.customers.customer import Customer
from models.customers.dates import day_of
from models.customers.did_you_mean import did_you_mean
from models.customers.filter import All, AnyOf, Asking, Leaf, Node, conditions_of
from models.customers.filter.tree import EVERYBODY, VALUE_MAX, document_of, tidy
from models.customers.here import Here
from models.customers.listing import DEFAULT_SORT, CustomerRow, page_of
from models.customers.tokens import terms_of, tokens_of
from models.errors import Invalid


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for; all of it must hold."""

    query: str | None = None
    tags_any: Sequence[str] = ()
    tags_all: Sequence[str] = ()
    inactive_days: int | None = None
    last_booking_before: str | None = None
    last_booking_after: str | None = None
    filter: Node = EVERYBODY
    segment: Node = EVERYBODY
    """A saved filter; tags that are gone are carried by nobody, instead of being an error."""

    @classmethod
    def typed(cls, node: Node, segment: Node = EVERYBODY) -> "Question":
        """What somebody typed into one box: its bare words are looked for together, so that notes and near misses can be told."""
        parts = node.all if isinstance(node, All) else (node,)
        words = [part.value for part in parts if isinstance(part, Leaf) and part.is_word]
        tests = tuple(part for part in parts if not (isinstance(part, Leaf) and part.is_word))
        return cls(query=" ".join(words) or None, filter=tests[0] if len(tests) == 1 else All(all=tests), segment=segment)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows, who of them only a note was found by, and what to look for instead where there are none."""

    page: Page[CustomerRow]
    in_notes: frozenset[int] = frozenset()
    did_you_mean: list[str] = field(default_factory=list)


def search(
    here: Here, question: Question, *, sort: str = DEFAULT_SORT, cursor: str | None = None, limit: int = 25
) -> Found:
    """The customers that a question describes. Raises Invalid for what cannot be read, or names what is not there."""
    _refuse_unknown_tags(here, [*question.tags_any, *question.tags_all])
    asked = tidy(All(all=(*_tests(here, question), question.filter)))
    now = clock.now()
    conditions = conditions_of(asked, Asking(here, now))
    if question.segment != EVERYBODY:
        conditions += conditions_of(question.segment, Asking(here, now, strict=False))
    digest: dict[str, Any] = {"filter": document_of(asked), "segment": document_of(question.segment)}
    page = page_of(here, *conditions, sort=sort, cursor=cursor, limit=limit, asked=digest)
    terms = terms_of(question.query) if question.query else []
    if not page.items and cursor is None and question.query is not None and terms:
        return Found(page, did_you_mean=did_you_mean(here, question.query))
    return Found(page, in_notes=_found_in_notes(here, page.items, terms))


def _tests(here: Here, question: Question) -> list[Node]:
    tests: list[Node] = []
    if question.query is not None:
        tests.append(Leaf(field="text", value=_words(question.query)))
    if question.tags_any:
        tests.append(AnyOf(any=tuple(Leaf(field="tag", value=name) for name in question.tags_any)))
    tests += [Leaf(field="tag", value=name) for name in question.tags_all]
    if question.inactive_days is not None:
        tests.append(Leaf(field="last_booking", op=">", value=f"{question.inactive_days}d"))
    if question.last_booking_before is not None:
        tests.append(Leaf(field="last_booking", op="<", value=_day(question.last_booking_before, here, "last_booking_before")))
    if question.last_booking_after is not None:
        tests.append(Leaf(field="last_booking", op=">", value=_day(question.last_booking_after, here, "last_booking_after")))
    return tests


def _words(query: str) -> str:
    said = _said(query, "query")
    if len(said) > VALUE_MAX:
        raise Invalid("A search has at most %(most)d characters.", field="query", most=VALUE_MAX)
    return said


def _day(value: str, here: Here, name: str) -> str:
    """A date, never a length of time: `before 60d` could be read both ways."""
    said = _said(value, name)
    day_of(said, here, field=name)
    return said


def _said(value: str, name: str) -> str:
    said = clean(value).strip()
    if not said:
        raise Invalid("There is nothing in it that can be seen.", field=name)
    return said


def _refuse_unknown_tags(here: Here, names: Sequence[str]) -> None:
    known = tag.tags_named(here, names)
    missing = [name for name in names if fold(name) not in known]
    if missing:
        said = ", ".join(f"“{name}”" for name in missing[:5])
        raise tag.no_tag(said)


def _found_in_notes(here: InWorkspace, rows: Sequence[CustomerRow], terms: Sequence[str]) -> frozenset[int]:
    """Those whose names, numbers and addresses do not account for every term."""
    if not terms:
        return frozenset()
    doubtful = [
        row.id
        for row in rows
        if not _accounts_for(
            terms, (row.name, row.native_name), [row.phone] if row.phone else (), [row.email] if row.email else ()
        )
    ]
    if not doubtful:
        return frozenset()
    reached: dict[int, dict[str, list[str]]] = {}
    for point in points_of(here, doubtful):
        reached.setdefault(point.customer_id, {"phone": [], "email": []})[point.kind].append(point.value)
    names = db.session.execute(
        select(Customer.id, Customer.name, Customer.native_name, Customer.company).where(
            Customer.workspace_id == here.id, Customer.id.in_(doubtful)
        )
    )
    return frozenset(
        number
        for number, *words in names
        if not _accounts_for(terms, words, reached.get(number, {}).get("phone", ()), reached.get(number, {}).get("email", ()))
    )


def _accounts_for(
    terms: Sequence[str], names: Sequence[str | None], phones: Sequence[str], emails: Sequence[str]
) -> bool:
    named = tokens_of(names)
    left = [term for term in terms if not any(token.startswith(term) for token in named)]
    if not left:
        return True
    reached = tokens_of((), phones, emails)
    return all(any(token.startswith(term) for token in reached) for term in left)
