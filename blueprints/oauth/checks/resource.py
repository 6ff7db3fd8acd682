"""For which resource server is the token? (RFC 8707; the rules of the `resource` parameter)"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from models.accounts.workspace import SLUG
from models.errors import Invalid
from models.oauth.uri import BadUri, Uri, parse

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class InvalidTarget(Invalid):
    """`invalid_target`: the resource is none of ours (RFC 8707 §2)."""

    def __init__(self) -> None:
        super().__init__("The resource must be this server's MCP endpoint.", field="resource")


@dataclass(frozen=True)
class Audience:
    """A resource server of ours in its canonical spelling. `slug`: the workspace it is bound to, known or not."""

    url: str
    slug: str | None = None


def audience(base_url: str, resource: str | None) -> Audience:
    """What an authorization request is for: `<base>/mcp` unless it says otherwise; raises InvalidTarget."""
    return named_audience(base_url, resource) or Audience(f"{base_url}/mcp")


def named_audience(base_url: str, resource: str | None) -> Audience | None:
    """The audience that `resource` names, None where it names none: absent, empty or our bare origin.

    At the token endpoint None means the grant's own audience. A trailing slash and the case of scheme and host do
    not count. Raises InvalidTarget for anything else that is not exactly ours.
    """
    if not resource:
        return None
    ours = _base(base_url)
    try:
        named = parse(resource)
    except BadUri as error:
        raise InvalidTarget from error
    if _origin(named) != _origin(ours) or named.query is not None:
        raise InvalidTarget
    path = named.path.removesuffix("/")
    if path in ("", ours.path):
        return None
    if path == f"{ours.path}/mcp":
        return Audience(f"{base_url}/mcp")
    slug = path.removeprefix(f"{ours.path}/mcp/")
    if slug == path or not SLUG.fullmatch(slug):
        raise InvalidTarget
    return Audience(f"{base_url}/mcp/{slug}", slug)


@lru_cache(maxsize=8)
def _base(base_url: str) -> Uri:
    return parse(base_url)


def _origin(uri: Uri) -> tuple[str, str, int | None]:
    return uri.scheme, uri.host, uri.port or _DEFAULT_PORTS.get(uri.scheme)
