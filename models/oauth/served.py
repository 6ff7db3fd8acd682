"""Which (capability, access) pairs this process serves: a scope that nothing serves is neither listed nor offered."""

from collections.abc import Iterable

from models.oauth.scope import Pair

_served: dict[str, frozenset[Pair]] = {}


def serve(what: str, pairs: Iterable[Pair]) -> None:
    """Say what a part of the program (`tools`, `server`, `resources`) serves; a second word of it replaces the first."""
    _served[what] = frozenset(pairs)


def pairs() -> frozenset[Pair]:
    """Everything that is served."""
    return frozenset().union(*_served.values())
