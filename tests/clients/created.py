"""A client made by hand in Settings → API, as a merchant makes one for a script or for n8n."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from tests.clients.consent import Owner
from tests.visitor import HTML, words_of

PAGE = "/w/lotus-spa/settings/api"


def create_client(
    owner: Owner,
    name: str,
    redirect_uris: Iterable[str] = (),
    *,
    kind: str = "confidential",
    scopes: Iterable[str] = ("mcp.read",),
) -> dict[str, str]:
    """The id of the new client and, where it is `confidential`, its secret; `kind` may be `public`."""
    browser = owner.browser
    owner.go(PAGE)
    browser.fill("Name", name).fill("Redirect URIs", "\n".join(redirect_uris)).choose(kind.title())
    _tick(_form(owner, "Create client"), set(scopes))
    browser.press("Create client")
    assert browser.page is not None
    shown = {each.get("id"): words_of(each) for each in browser.page.iter() if each.get("id")}
    assert "client-id" in shown, browser.text[:3000]
    made = {"client_id": shown["client-id"]}
    return made | {"client_secret": shown["client-secret"]} if kind == "confidential" else made


def _form(owner: Owner, words: str) -> Element:
    """The form with this button."""
    assert owner.browser.page is not None
    for form in owner.browser.page.iter(f"{HTML}form"):
        if any(words_of(button).startswith(words) for button in form.iter(f"{HTML}button")):
            return form
    raise AssertionError(f"no button {words!r} at {owner.browser.url}:\n{owner.browser.text[:2000]}")


def _tick(form: Element, scopes: set[str]) -> None:
    """Tick the boxes of these scopes and no others."""
    boxes = [box for box in form.iter(f"{HTML}input") if box.get("type") == "checkbox" and "." in (box.get("value") or "")]
    assert scopes <= {box.get("value") for box in boxes}
    for box in boxes:
        box.attrib.pop("checked", None)
        if box.get("value") in scopes:
            box.set("checked", "")
