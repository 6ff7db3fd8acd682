"""How to add this workspace to Claude, Claude Code, Cursor, VS Code, n8n, or a program of one's own."""

import json
from shlex import quote

from flask import url_for
from flask.typing import ResponseReturnValue

from blueprints.access import needs, workspace
from blueprints.htmx import page_or_fragment
from blueprints.portal.blueprint import bp
from blueprints.portal.reach import reach_of
from models.oauth.connected_app import last_call
from models.settings import settings


@bp.get("/w/<slug>/connect")
@needs("apps", "read")
def connect(slug: str) -> ResponseReturnValue:
    """The address to add, step by step for each program, and whether anything has called yet."""
    url = f"{settings().base_url}/mcp/{slug}"
    return page_or_fragment(
        "portal/connect/index.html",
        "portal/connect/_last_call.html",
        mcp_url=url,
        reach=reach_of(settings().base_url),
        steps=_steps(slug, url),
        last_call=last_call(workspace()),
        here=url_for(".connect", slug=slug),
    )


def _steps(name: str, url: str) -> dict[str, str]:
    """What is copied, by program."""
    vscode = json.dumps({"name": name, "type": "http", "url": url}, separators=(",", ":"))
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}, separators=(",", ":"))
    return {
        "claude_code": f"claude mcp add --transport http {name} {url}",
        "cursor": json.dumps({"mcpServers": {name: {"url": url}}}, indent=2),
        "vscode": f"code --add-mcp {quote(vscode)}",
        "curl": " \\\n  ".join(
            (
                f"curl {url}",
                '-H "Authorization: Bearer $API_KEY"',
                '-H "Content-Type: application/json"',
                '-H "Accept: application/json, text/event-stream"',
                f"-d {quote(message)}",
            )
        ),
    }
