"""The MCP server: `/mcp` in both eras of the protocol, and the tools behind it."""

from importlib.metadata import PackageNotFoundError, version

from flask import Flask

from blueprints.access import csrf
from blueprints.mcp import server, tools
from blueprints.mcp.endpoint import Check, Endpoint, bp
from blueprints.mcp.registry import Catalogue, tools_in
from models import opaque
from models.oauth import served
from models.settings import settings


def install(app: Flask, *, check: Check) -> None:
    """Serve our tools at `/mcp` to whoever passes the bearer check."""
    catalogue = tools_in(tools)
    served.serve("tools", (each.pair for each in catalogue))
    app.extensions["mcp"] = endpoint_of(catalogue, check)
    csrf.exempt(bp)  # type: ignore[no-untyped-call]
    app.register_blueprint(bp)


def endpoint_of(catalogue: Catalogue, check: Check) -> Endpoint:
    """What `/mcp` serves: these tools, to whoever this check knows."""
    audience = f"{settings().base_url}/mcp"
    built = server.build(catalogue, version=_version(), audience=audience, state_key=opaque.key("mcp request state"))
    return Endpoint(built, catalogue, check)


def _version() -> str:
    try:
        return version("frontdesk")
    except PackageNotFoundError:
        return "0.0.0"
