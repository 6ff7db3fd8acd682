"""The authorization server. Begin with `server.py`; each endpoint, grant and check is a file of its own."""

from flask import Blueprint, Flask

from blueprints.access import csrf
from blueprints.oauth import cors, server
from blueprints.oauth.authorize import authorize, decide, resume
from blueprints.oauth.connection import change_connection, show_connection
from blueprints.oauth.introspect import introspect
from blueprints.oauth.metadata import authorization_server, jwks, protected_resource
from blueprints.oauth.register import change_registration, delete_registration, new_registration, read_registration
from blueprints.oauth.revoke import revoke
from blueprints.oauth.token import token
from blueprints.outbound import Outbound, may_fetch
from models.oauth import served

bp = Blueprint("oauth", __name__)

WELL_KNOWN = "/.well-known/oauth-protected-resource"
AUTHORIZE = ("/oauth/authorize", "/oauth/consent", "/authorize")
TOKEN = ("/oauth/token", "/api/oauth/token", "/token")
REVOKE = ("/oauth/revoke", "/api/oauth/revoke")
REGISTER = ("/oauth/register", "/register")


def install(app: Flask) -> None:
    """Register every address of it (PRODUCT §2). Programs send no CSRF token; the consent form's is asked for by its view."""
    server.install(app)
    app.extensions.setdefault("outbound", Outbound(may=may_fetch))
    served.serve("server", {("server", "read"), ("server", "write")})
    cors.install(app)
    csrf.exempt(bp)  # type: ignore[no-untyped-call]
    app.register_blueprint(bp)


for _rule in AUTHORIZE:
    bp.add_url_rule(_rule, "authorize", authorize, methods=["GET"])
bp.add_url_rule("/oauth/authorize/<handle>", "resume", resume, methods=["GET"])
bp.add_url_rule("/oauth/authorize/<handle>", "decide", decide, methods=["POST"])
for _rule in TOKEN:
    bp.add_url_rule(_rule, "token", token, methods=["POST"])
for _rule in REVOKE:
    bp.add_url_rule(_rule, "revoke", revoke, methods=["POST"])
bp.add_url_rule("/oauth/introspect", "introspect", introspect, methods=["POST"])
for _rule in REGISTER:
    bp.add_url_rule(_rule, "register", new_registration, methods=["POST"])
bp.add_url_rule("/oauth/register/<client_id>", "read_registration", read_registration, methods=["GET"])
bp.add_url_rule("/oauth/register/<client_id>", "change_registration", change_registration, methods=["PUT"])
bp.add_url_rule("/oauth/register/<client_id>", "delete_registration", delete_registration, methods=["DELETE"])
bp.add_url_rule("/api/server", "connection", show_connection, methods=["GET"])
bp.add_url_rule("/api/server", "change_connection", change_connection, methods=["PATCH"])
bp.add_url_rule("/oauth/jwks", "jwks", jwks, methods=["GET"])
bp.add_url_rule("/.well-known/oauth-authorization-server", "metadata", authorization_server, methods=["GET"])
bp.add_url_rule(WELL_KNOWN, "resource", protected_resource, defaults={"bare": True}, methods=["GET"])
bp.add_url_rule(f"{WELL_KNOWN}/mcp", "resource_mcp", protected_resource, methods=["GET"])
bp.add_url_rule(f"{WELL_KNOWN}/mcp/<slug>", "resource_of", protected_resource, methods=["GET"])
