"""The application under `bench_mcp.py`: Frontdesk as it is, and a plain Flask view that answers what `list_tags` does."""

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue

from app import create_app
from blueprints import doors
from models.base import show
from models.customers.tag import Tag
from models.oauth import access_token

app = create_app()


@app.get("/plain")
def plain() -> ResponseReturnValue:
    """The same token check and the same query, and nothing else."""
    token = doors.presented_token() or ""
    standing = access_token.check(token, slug=None, address=request.remote_addr, request_id=None)
    if standing is None:
        abort(401)
    page = Tag.counted(standing.workspace, prefix=None, cursor=None, limit=int(request.args["limit"]))
    rows = [{"id": show(Tag.prefix, each.id), "name": each.name, "count": each.count} for each in page.items]
    return jsonify(items=rows, next_cursor=page.next_cursor)
