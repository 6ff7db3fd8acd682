"""The text form of a filter: `tag:vip last_booking>60d -tag:x (bookings>=5 OR no_shows>2)`.

    any  := all ("OR" all)*
    all  := part (["AND"] part)*
    part := ("-" | "NOT") part | "(" any ")" | field op value [".." value] | word
    op   := ":" | ">" | ">=" | "<" | "<="

A word alone is looked for in names, numbers, addresses and notes. Values with spaces stand in double quotes.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from models.base.words import clean
from models.customers.filter.tree import EVERYBODY, LEAVES_MAX, VALUE_MAX, All, AnyOf, BadFilter, Leaf, Node, Not, checked, tidy

TEXT_MAX = 2_000
EXAMPLE = "Write it like tag:vip last_booking>60d -tag:x."
_VALUE = r'"(?:[^"\\]|\\.)*"|(?:(?!\.\.)[^\s()"])+'
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<open>\() | (?P<close>\)) |
      (?P<word_op>OR|AND|NOT)(?=[\s()]|$) |
      (?P<minus>-)(?=[^\s)]) |
      (?P<field>[A-Za-z_]+(?:\.[A-Za-z][A-Za-z0-9_]*)?)(?P<op>>=|<=|[:<>])(?P<value>{_VALUE})(?:\.\.(?P<to>{_VALUE}))? |
      (?P<word>(?![A-Za-z_]+[:<>]=?(?:[\s()]|$))(?:{_VALUE}))
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BARE = re.compile(r'(?:(?!\.\.)[^\s()"\\])+')
_OPS = {":": "is", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_NESTED_MAX = 50


class _Token(NamedTuple):
    kind: str
    leaf: Leaf | None = None


def parse(text: str) -> Node:
    """The tidy tree of a filter's text; empty text is everybody. Raises Invalid, saying where it stopped reading."""
    if len(text) > TEXT_MAX:
        raise BadFilter("A filter has at most %(most)d characters.", most=TEXT_MAX)
    tokens = list(_tokens(clean(text)))
    if not tokens:
        return EVERYBODY
    reader = _Reader(tokens)
    node = reader.any_of(0)
    if reader.place < len(tokens):
        raise BadFilter("This filter has a ) too many.", for_apps=EXAMPLE)
    return checked(tidy(node))


def write(node: Node) -> str:
    """The text of a tidy tree; `parse` gives the same tree back."""
    match node:
        case Leaf():
            sign = next(sign for sign, op in _OPS.items() if op == node.op) if node.op != "between" else ":"
            return f"{node.field}{sign}{_quoted(node.value)}" + (f"..{_quoted(node.to)}" if node.to is not None else "")
        case Not(not_=inner):
            return f"-{_grouped(inner, AnyOf, All)}"
        case AnyOf(any=parts):
            return " OR ".join(write(part) for part in parts)
        case All(all=parts):
            return " ".join(_grouped(part, AnyOf) for part in parts)


def _grouped(node: Node, *kinds: type[AnyOf] | type[All]) -> str:
    return f"({write(node)})" if isinstance(node, kinds) else write(node)


def _quoted(value: str) -> str:
    if _BARE.fullmatch(value) and not value.endswith(".") and not value.startswith("="):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tokens(text: str) -> Iterator[_Token]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise BadFilter(
                "This filter cannot be read from “%(rest)s” on.", rest=text[place : place + 20].strip(), for_apps=EXAMPLE
            )
        place = found.end()
        if found["field"]:
            to = _unquoted(found["to"]) if found["to"] else None
            op = "between" if to is not None else _OPS[found["op"]]
            if to is not None and found["op"] != ":":
                raise BadFilter("In a filter a range such as 5..10 stands after a colon.", for_apps=EXAMPLE)
            yield _Token("leaf", _leaf(found["field"].lower(), op, _unquoted(found["value"]), to))
        elif found["word"]:
            yield _Token("leaf", _leaf("text", "is", _unquoted(found["word"]), None))
        else:
            yield _Token(found["open"] or found["close"] or found["word_op"] or found["minus"])


def _leaf(field: str, op: str, value: str, to: str | None) -> Leaf:
    for each in (value, to):
        if each is not None and not 1 <= len(each) <= VALUE_MAX:
            raise BadFilter("What %(asked)s is compared with has 1 to %(most)d characters.", asked=field, most=VALUE_MAX)
    try:
        return Leaf(field=field, op=op, value=value, to=to)  # type: ignore[arg-type]
    except ValueError:
        raise BadFilter("No field of a filter is called “%(asked)s”.", asked=field[:40], for_apps=EXAMPLE) from None


def _unquoted(raw: str) -> str:
    return _ESCAPED.sub(r"\1", raw[1:-1]) if raw.startswith('"') else raw


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.place = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.place].kind if self.place < len(self.tokens) else ""

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self.kind == "OR":
            self.place += 1
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else AnyOf(any=tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self.part(depth)]
        while self.kind not in ("", "OR", ")"):
            if self.kind == "AND":
                self.place += 1
            parts.append(self.part(depth))
        return parts[0] if len(parts) == 1 else All(all=tuple(parts))

    def part(self, depth: int) -> Node:
        if depth > _NESTED_MAX:
            raise BadFilter("This filter is nested too deeply.")
        if self.place >= len(self.tokens):
            raise BadFilter("This filter ends where a test should follow.", for_apps=EXAMPLE)
        token = self.tokens[self.place]
        self.place += 1
        match token.kind:
            case "leaf" if token.leaf is not None:
                if self.place > LEAVES_MAX * 8:
                    raise BadFilter("A filter has at most %(most)d tests.", most=LEAVES_MAX)
                return token.leaf
            case "-" | "NOT":
                return Not.of(self.part(depth + 1))
            case "(":
                node = self.any_of(depth + 1)
                if self.kind != ")":
                    raise BadFilter("In this filter a ( is not closed.", for_apps=EXAMPLE)
                self.place += 1
                return node
        raise BadFilter("In this filter a test should stand where “%(found)s” stands.", found=token.kind, for_apps=EXAMPLE)
