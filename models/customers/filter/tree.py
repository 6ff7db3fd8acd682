"""The tree of a filter: tests of fields, joined by all, any and not; at most 4 levels deep and 30 tests wide."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from models.base.words import clean
from models.errors import Invalid

DEPTH_MAX = 4
LEAVES_MAX = 30
VALUE_MAX = 200

Op = Literal["is", ">", ">=", "<", "<=", "between"]
FieldName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}(\.[a-z][a-z0-9_]{0,39})?$")]


class BadFilter(Invalid):
    """A filter that cannot be read or asked. Raised with a sentence of its own; `asked` is the field that it is about."""

    def __init__(self, sentence: str, *, field: str = "filter", **details: Any) -> None:
        super().__init__(sentence, field=field, **details)


def _cleaned(value: str) -> str:
    if not (said := clean(value)):
        raise ValueError("empty")
    return said


Value = Annotated[str, Field(max_length=VALUE_MAX), AfterValidator(_cleaned)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Leaf(_Part):
    """One test of one field. Values are text, as a person would type them; the field reads them."""

    field: FieldName
    op: Op = "is"
    value: Value
    to: Value | None = None
    """The upper end of `between`, which includes both."""

    @property
    def is_word(self) -> bool:
        """Whether it stands as a bare word in the text form."""
        return self.field == "text" and self.op == "is"


class All(_Part):
    """Every part holds. Without parts: everybody."""

    all: tuple["Node", ...]


class AnyOf(_Part):
    """At least one part holds."""

    any: tuple["Node", ...]


class Not(_Part):
    """The part does not hold."""

    not_: "Node" = Field(alias="not")

    @classmethod
    def of(cls, part: "Node") -> "Not":
        """The negation of a part."""
        return cls(**{"not": part})


Node = Leaf | All | AnyOf | Not
EVERYBODY = All(all=())
for _part in (All, AnyOf, Not):
    _part.model_rebuild()
_ADAPTER: TypeAdapter[Node] = TypeAdapter(Node)


def tree_of(document: Any) -> Node:
    """The tidy tree of a JSON document, or of a tree. Raises Invalid."""
    try:
        node = _ADAPTER.validate_python(document)
    except (ValidationError, RecursionError):
        raise BadFilter(
            "This is no filter.", for_apps="A filter is {field, op, value}, or {all: […]}, {any: […]}, {not: …} of such."
        ) from None
    for leaf in leaves_of(node):
        if (leaf.op == "between") != (leaf.to is not None):
            raise BadFilter("A range has two ends, and nothing else has.")
    return checked(tidy(node))


def document_of(node: Node) -> dict[str, Any]:
    """The tree as JSON."""
    return node.model_dump(mode="json", by_alias=True, exclude_none=True)


def tidy(node: Node) -> Node:
    """The same filter without groups of one, groups within groups of their kind, and double negation."""
    match node:
        case Not(not_=Not(not_=inner)):
            return tidy(inner)
        case Not(not_=inner):
            bare = tidy(inner)
            return tidy(bare.not_) if isinstance(bare, Not) else Not.of(bare)
        case All(all=parts):
            flat = [each for part in map(tidy, parts) for each in (part.all if isinstance(part, All) else (part,))]
            return flat[0] if len(flat) == 1 else All(all=tuple(flat))
        case AnyOf(any=parts):
            flat = [each for part in map(tidy, parts) for each in (part.any if isinstance(part, AnyOf) else (part,))]
            return flat[0] if len(flat) == 1 else AnyOf(any=tuple(flat))
    return node


def checked(node: Node) -> Node:
    """The tree itself, when it is neither too deep nor too wide, and no `any` within it is empty. Raises Invalid."""
    if _depth(node) > DEPTH_MAX:
        raise BadFilter("A filter is at most %(most)d levels deep.", most=DEPTH_MAX)
    if sum(1 for _ in leaves_of(node)) > LEAVES_MAX:
        raise BadFilter("A filter has at most %(most)d tests.", most=LEAVES_MAX)
    if any(not parts for parts in _groups(node, top=True)):
        raise BadFilter("A group needs at least one test.")
    return node


def leaves_of(node: Node) -> Iterator[Leaf]:
    """Every test in the tree, in reading order."""
    if isinstance(node, Leaf):
        yield node
    else:
        for part in _parts(node):
            yield from leaves_of(part)


def with_leaves(node: Node, change: Callable[[Leaf], Leaf]) -> Node:
    """The same tree with every test changed."""
    match node:
        case Leaf():
            return change(node)
        case Not(not_=inner):
            return Not.of(with_leaves(inner, change))
        case All(all=parts):
            return All(all=tuple(with_leaves(part, change) for part in parts))
        case AnyOf(any=parts):
            return AnyOf(any=tuple(with_leaves(part, change) for part in parts))


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case All(all=parts) | AnyOf(any=parts):
            return parts
        case Not(not_=inner):
            return (inner,)
    return ()


def _groups(node: Node, *, top: bool = False) -> Iterator[tuple[Node, ...]]:
    if isinstance(node, AnyOf) or (isinstance(node, All) and not top):
        yield _parts(node)
    for part in _parts(node):
        yield from _groups(part)


def _depth(node: Node) -> int:
    return 0 if isinstance(node, Leaf) else 1 + max((_depth(part) for part in _parts(node)), default=0)
