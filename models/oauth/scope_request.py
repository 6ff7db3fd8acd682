"""What a client asks for in `scope`: at authorize, at registration, for itself, and at refresh (PRODUCT §3)."""

from collections.abc import Collection

from models.errors import Invalid
from models.oauth.scope import DEFAULT, DESTRUCTIVE, OFFLINE, Kind, Pair, canonical, listed, possible, within, words


class NothingLeft(Invalid):
    """Scopes were asked for and none of them can be given: `invalid_scope` (RFC 6749 §4.1.2.1)."""

    def __init__(self) -> None:
        super().__init__("None of the scopes that were asked for can be given.", field="scope")


class OutsideGrant(Invalid):
    """A refresh names a scope that its family does not hold: `invalid_scope` (RFC 6749 §6)."""

    def __init__(self) -> None:
        super().__init__("A refresh cannot ask for more than was granted.", field="scope")


def asked_for(
    text: str | None,
    kind: Kind,
    served: Collection[Pair],
    *,
    registered: str | None = None,
    ticked: Collection[str] | None = None,
) -> frozenset[str]:
    """The canonical scopes that a request is for; raises NothingLeft.

    `registered` is what a client named when it registered: a default, never a limit. `ticked` are the scopes of one
    made in Settings → API: a limit, and what it asks for when it names none. Empty counts as absent. Whatever is
    unknown, served by nothing, above the limit or impossible for this kind of client is dropped.
    """
    allowed = possible(kind).intersection(listed(served))
    if ticked is not None:
        allowed = frozenset(name for name in allowed if name == OFFLINE or within(name, ticked))
    asked = canonical_names(text, ticked or ())
    if asked <= {OFFLINE} and (asked or not words(text)):  # "stay connected" alone says nothing about what to do
        default = canonical_names(registered) & allowed
        if default <= {OFFLINE}:
            default |= frozenset(ticked or DEFAULT) & allowed
        return _some(default | (asked & allowed))
    return _some(asked & allowed)


def kept_at_registration(text: str | None, kind: Kind, served: Collection[Pair]) -> tuple[str, ...]:
    """The words of a registration's `scope` that may stay, as they were spelled; raises NothingLeft.

    Nothing asked is nothing registered: what it asks for at authorize is then `mcp.read`.
    """
    allowed = possible(kind).intersection(listed(served))
    asked = words(text)
    kept = tuple(word for word in asked if canonical(word) in allowed)
    if asked and not kept:
        raise NothingLeft
    return kept


def narrowed(text: str | None, family: Collection[str], kind: Kind, ticked: Collection[str] = ()) -> frozenset[str]:
    """The scopes that the token of a refresh is for; raises OutsideGrant or NothingLeft (RFC 6749 §6).

    `family` is what the family holds now. Absent or empty asks for all of it. Naming `mcp.destructive` or
    `offline_access` is never an error and gives nothing that the family lacks; naming nothing else asks for all of it too.
    """
    asked = canonical_names(text, ticked) & possible(kind)
    if words(text) and not asked:
        raise NothingLeft
    held = frozenset(name for name in asked if within(name, family))
    if asked - held - {DESTRUCTIVE, OFFLINE}:
        raise OutsideGrant
    return held if held - {DESTRUCTIVE, OFFLINE} else frozenset(family)


def canonical_names(text: str | None, ticked: Collection[str] = ()) -> frozenset[str]:
    """The scopes of ours among the words of `text`, aliases resolved."""
    found = (canonical(word, ticked) for word in words(text))
    return frozenset(name for name in found if name is not None)


def _some(names: frozenset[str]) -> frozenset[str]:
    if not names:
        raise NothingLeft
    return names
