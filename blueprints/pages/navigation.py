"""The links beside every signed-in page. They are listed once; a link whose page does not exist is not shown.

The templates get `nav`, made in a context processor:

    nav=navigation(
        Group(None, [Link("crm.dashboard", _("Dashboard"), "layout-dashboard", {"slug": slug}), …]),
        Group(_("Sell"), […]),
    )
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from flask import current_app, request, url_for

Place = Literal["page", "true"]


@dataclass(frozen=True, slots=True)
class Link:
    """One link: endpoint, label, a name in icons.svg, arguments for url_for, and how many things wait there."""

    endpoint: str
    label: str
    icon: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Links under one heading, or under none."""

    heading: str | None
    links: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Item:
    """A link as the page shows it; `place` is the value of its `aria-current`."""

    url: str
    label: str
    icon: str
    waiting: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class Section:
    """A group as the page shows it."""

    heading: str | None
    links: Sequence[Item]


def navigation(*groups: Group) -> list[Section]:
    """The groups with only the links whose pages exist, the one that leads to this page marked; empty ones dropped."""
    pages = current_app.view_functions
    kept = [(group.heading, [link for link in group.links if link.endpoint in pages]) for group in groups]
    urls = {id(link): url_for(link.endpoint, **link.args) for _, links in kept for link in links}
    here = _nearest(urls.values(), request.path)
    return [Section(heading, [_item(link, urls[id(link)], here) for link in links]) for heading, links in kept if links]


def _item(link: Link, url: str, here: str | None) -> Item:
    place: Place | None = None
    if url == here:
        place = "page" if urlsplit(url).path == request.path else "true"
    return Item(url, link.label, link.icon, link.waiting, place)


def _nearest(urls: Iterable[str], path: str) -> str | None:
    """The address itself, or the longest that it lies under; one that ends in a slash has nothing under it."""
    paths = {url: urlsplit(url).path for url in urls}
    above = [url for url, own in paths.items() if own == path or (not own.endswith("/") and path.startswith(f"{own}/"))]
    return max(above, key=lambda url: len(paths[url]), default=None)
