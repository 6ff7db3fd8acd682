"""`frontdesk tools`: what assistants can call, as `tools/list` tells it."""

import json

import click

from blueprints.mcp import tools as package
from blueprints.mcp.registry import CURATED, Tool, tools_in
from models.oauth.scope import DESTRUCTIVE

SCOPES = {"read": "mcp.read", "write": "mcp.write", "destructive": DESTRUCTIVE}
"""What a tool needs by its access."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The public schemas, exactly as clients see them.")
def tools(as_json: bool) -> None:
    """List the MCP tools with scope and hints (R read-only, D destructive, I idempotent, O open world)."""
    catalogue = tools_in(package)
    if as_json:
        click.echo(json.dumps(catalogue.listed, ensure_ascii=False, indent=1))
        return
    click.echo(f"{'tool':<26}{'scope':<17}{'R D I O':<9}title")
    for tool in catalogue:
        star = "" if tool.name in CURATED else "  (API keys only)"
        click.echo(f"{tool.name:<26}{SCOPES[tool.access]:<17}{_hints(tool):<9}{tool.title}{star}")


def _hints(tool: Tool) -> str:
    hints = tool.public["annotations"]
    names = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    return " ".join("T" if hints[name] else "F" for name in names)
