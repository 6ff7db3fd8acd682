"""Settings → API: the apps made in this workspace (PRODUCT §7). Owners and managers, after a recent sign-in."""

from typing import cast

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints.access import acting, actor, needs, seat, sign_in, workspace
from blueprints.htmx import go, page_or_fragment
from blueprints.portal.blueprint import bp
from blueprints.portal.forms.client import ClientForm, KeyForm, client_form, key_form
from blueprints.portal.sign_ins import ask_again
from models.base import db
from models.oauth import service_principal, told_once
from models.oauth.api_key import ApiKey
from models.oauth.client import Client
from models.oauth.scope import SCOPES
from models.oauth.token_format import TokenFormat

SHOWN_MAX = 200
ROOT = "/w/<slug>/settings/api"


@bp.get(ROOT)
@needs("api", "write")
def api(slug: str) -> ResponseReturnValue:
    """Apps and keys, and the forms for new ones."""
    return ask_again(url_for(".api", slug=slug)) or api_page()


@bp.post(f"{ROOT}/clients")
@needs("api", "write")
def create_client(slug: str) -> ResponseReturnValue:
    """Make an app; the next page tells its secret, once."""
    if stale := ask_again(url_for(".api", slug=slug)):
        return stale
    form, place, by, browser = client_form(), workspace(), actor(), sign_in().token_hash

    def create() -> str:
        made = Client.create(
            place,
            by,
            name=str(form.name.data),
            redirect_uris=form.uris,
            scopes=form.scopes.data or (),
            confidential=form.kind.data == "confidential",
            token_format=cast("TokenFormat", form.token_format.data),
            token_minutes=form.token_minutes.data,
        )
        if made.secret is not None:
            told_once.keep(browser, made.client.id, made.secret)
        return made.client.id

    if not form.accepted(create, within=acting):
        return api_page(client=form, status=422)
    return go(url_for(".client", slug=slug, client_id=form.made))


@bp.get(f"{ROOT}/clients/<client_id>")
@needs("api", "write")
def client(slug: str, client_id: str) -> ResponseReturnValue:
    """One app: its id, its secret if it was made just now, how to use it."""
    found = _live(client_id)
    return page_or_fragment(
        "portal/api/client.html",
        "portal/api/_client.html",
        client=found,
        secret=told_once.tell(sign_in().token_hash, found.id),
        sentences=SCOPES,
        disabled=service_principal.is_disabled(found.id, workspace().id),
        may_enable=seat().may("plan", "write"),
    )


@bp.post(f"{ROOT}/clients/<client_id>/secret")
@needs("api", "write")
def rotate_secret(slug: str, client_id: str) -> ResponseReturnValue:
    """A new secret; the former one works for another day."""
    page = url_for(".client", slug=slug, client_id=client_id)
    _live(client_id)
    if stale := ask_again(page):
        return stale
    browser = sign_in().token_hash
    with acting() as by:
        told_once.keep(browser, client_id, Client.find(workspace(), client_id).rotate_secret(by))
    flash(gettext("There is a new secret. The former one works for another 24 hours."))
    return go(page)


@bp.get(f"{ROOT}/clients/<client_id>/revocation")
@needs("api", "write")
def confirm_client_revocation(slug: str, client_id: str) -> ResponseReturnValue:
    """What ends when this app is revoked."""
    return page_or_fragment("portal/api/revocation.html", "portal/api/_revocation.html", record=_live(client_id), kind="client")


@bp.post(f"{ROOT}/clients/<client_id>/revocation")
@needs("api", "write")
def revoke_client(slug: str, client_id: str) -> ResponseReturnValue:
    """End the app for good: every token of it is refused at its next call."""
    name = _live(client_id).name
    if stale := ask_again(url_for(".confirm_client_revocation", slug=slug, client_id=client_id)):
        return stale
    with acting() as by:
        Client.find(workspace(), client_id).revoke(by)
    flash(gettext("Revoked: %(app)s can no longer use this workspace.", app=name))
    return go(url_for(".api", slug=slug))


@bp.post(f"{ROOT}/clients/<client_id>/service")
@needs("plan", "write")
def enable_service(slug: str, client_id: str) -> ResponseReturnValue:
    """Let an app that works without a person do so again, after its row on Connected apps was revoked. Owners only."""
    page = url_for(".client", slug=slug, client_id=client_id)
    _live(client_id)
    if stale := ask_again(page):
        return stale
    with acting() as by:
        service_principal.enable(Client.find(workspace(), client_id), by)
    flash(gettext("The app may work without a person again."))
    return go(page)


def api_page(*, client: ClientForm | None = None, key: KeyForm | None = None, status: int = 200) -> Response:
    """The page with both forms; the one that was sent comes back with its errors and what was typed."""
    place = workspace()
    response = page_or_fragment(
        "portal/api/index.html",
        "portal/api/_forms.html",
        clients=db.session.scalars(Client.within(place).where(Client.revoked_at.is_(None)).limit(SHOWN_MAX)).all(),
        keys=db.session.scalars(ApiKey.newest_first(place).where(ApiKey.revoked_at.is_(None)).limit(SHOWN_MAX)).all(),
        client_form=client or client_form(formdata=None, data={"kind": "confidential", "scopes": ["mcp.read"]}),
        key_form=key or key_form(seat().role, formdata=None, data={"scopes": ["mcp.read"]}),
        sentences=SCOPES,
    )
    response.status_code = status
    return response


def _live(client_id: str) -> Client:
    found = Client.find(workspace(), client_id)
    if found.revoked_at is not None:
        raise Client.not_found()
    return found
