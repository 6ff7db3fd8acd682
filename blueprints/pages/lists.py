"""The addresses of a list's other pages and orders: all that a list asks is in its address, so it can be found again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask import abort, request, url_for

from blueprints.pages.sentences import sentence_of
from models.base import Page
from models.errors import Invalid

CURSOR = "cursor"


@contextmanager
def its_cursor() -> Iterator[str | None]:
    """The cursor in the address; one of another list, or one that was tampered with, is a bad request."""
    try:
        yield request.args.get(CURSOR) or None
    except Invalid as error:
        if error.field == CURSOR:
            abort(400, sentence_of(error))
        raise


def next_page(page: Page[Any], endpoint: str | None = None) -> dict[str, str | None]:
    """What `pages()` of components/page.html takes: the address after this page, and of the first one.

    `endpoint` is the list's, where the page shown is the answer to a form on it.
    """
    return {
        "next_url": this_list(endpoint, **{CURSOR: page.next_cursor}) if page.next_cursor else None,
        "first_url": this_list(endpoint) if request.args.get(CURSOR) else None,
    }


class SortLink(NamedTuple):
    """The address of the list in another order, and the value of `aria-sort` where it is in this one."""

    url: str
    state: str | None


def sort_links(current: str, endpoint: str | None = None) -> Callable[..., SortLink]:
    """`sorts("name")`, or `sorts("created", first="-")` where the newest should come first; again turns it round."""

    def link(name: str, first: str = "") -> SortLink:
        if current.removeprefix("-") != name:
            return SortLink(this_list(endpoint, sort=f"{first}{name}"), None)
        descending = current.startswith("-")
        return SortLink(this_list(endpoint, sort=name if descending else f"-{name}"), "descending" if descending else "ascending")

    return link


def kept_arguments() -> dict[str, Any]:
    """What the address asks, less what `url_for` would take for its own: `endpoint`, `_method`, the workspace."""
    own = {"endpoint", *(request.view_args or {})}
    return {name: value for name, value in request.args.items() if name not in own and not name.startswith("_")}


def this_list(endpoint: str | None = None, **changes: Any) -> str:
    """This list from its beginning, with some of what it asks changed; None takes one away."""
    kept = {name: value for name, value in kept_arguments().items() if name != CURSOR}
    wanted = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "")}
    return url_for(endpoint or str(request.endpoint), **{**(request.view_args or {}), **wanted})
