"""Settings → API: the API keys of this workspace (PRODUCT §7)."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints.access import acting, actor, needs, seat, sign_in, workspace
from blueprints.htmx import go, page_or_fragment
from blueprints.pages.records import record
from blueprints.portal.blueprint import bp
from blueprints.portal.clients import ROOT, api_page
from blueprints.portal.forms.client import key_form
from blueprints.portal.sign_ins import ask_again
from models.oauth import told_once
from models.oauth.api_key import ApiKey
from models.oauth.scope import SCOPES
from models.settings import settings


@bp.post(f"{ROOT}/keys")
@needs("api", "write")
def create_key(slug: str) -> ResponseReturnValue:
    """Make a key; the next page tells it, once."""
    if stale := ask_again(url_for(".api", slug=slug)):
        return stale
    place, by, browser = workspace(), actor(), sign_in().token_hash
    form = key_form(seat().role)

    def create() -> str:
        made = ApiKey.create(place, by, name=str(form.name.data), scopes=form.scopes.data or (), role=seat().role)
        told_once.keep(browser, made.key.shown_id, made.value)
        return made.key.shown_id

    if not form.accepted(create, within=acting):
        return api_page(key=form, status=422)
    return go(url_for(".key", slug=slug, key_id=form.made))


@bp.get(f"{ROOT}/keys/<key_id>")
@needs("api", "write")
def key(slug: str, key_id: str) -> ResponseReturnValue:
    """One key: what it may do, and the key itself if it was made just now."""
    found = record(ApiKey, key_id, live=True)
    return page_or_fragment(
        "portal/api/key.html",
        "portal/api/_key.html",
        key=found,
        value=told_once.tell(sign_in().token_hash, found.shown_id),
        mcp_url=f"{settings().base_url}/mcp/{slug}",
        sentences=SCOPES,
    )


@bp.get(f"{ROOT}/keys/<key_id>/revocation")
@needs("api", "write")
def confirm_key_revocation(slug: str, key_id: str) -> ResponseReturnValue:
    """What ends when this key is revoked."""
    found = record(ApiKey, key_id, live=True)
    return page_or_fragment("portal/api/revocation.html", "portal/api/_revocation.html", record=found, kind="key")


@bp.post(f"{ROOT}/keys/<key_id>/revocation")
@needs("api", "write")
def revoke_key(slug: str, key_id: str) -> ResponseReturnValue:
    """End the key: it is refused from the next call on."""
    name = record(ApiKey, key_id, live=True).name
    if stale := ask_again(url_for(".confirm_key_revocation", slug=slug, key_id=key_id)):
        return stale
    with acting() as by:
        ApiKey.find(workspace(), key_id).revoke(by)
    flash(gettext("Revoked: the key %(name)s no longer works.", name=name))
    return go(url_for(".api", slug=slug))
