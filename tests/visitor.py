"""A person at a browser without scripts: opens pages, fills fields by their labels, presses buttons by their words.

Speaks HTTP to a real server and follows redirects that stay on it; one that leaves is where the visitor ends up.
"""

from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import httpx

HTML = "{http://www.w3.org/1999/xhtml}"


@dataclass
class Visitor:
    """One browser with its cookies, on one server."""

    base_url: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, follow_redirects=False))
    page: Element | None = None
    url: str = ""
    status: int = 0
    text: str = ""
    chosen: dict[int, dict[str, list[str]]] = field(default_factory=dict)

    def open(self, url: str) -> "Visitor":
        """Go to an address of the server."""
        return self._arrive(self.http.get(urljoin(self.base_url, url)))

    def sign_in(self, email: str, password: str) -> "Visitor":
        """Fill in the sign-in page that stands open, or the one at /login."""
        if "Password" not in self.text:
            self.open("/login")
        return self.fill("Email", email).fill("Password", password).press("Sign in")

    def fill(self, label: str, value: str) -> "Visitor":
        """Type into the field with this label."""
        control = self._labelled(label)
        control.set("value", value)
        return self

    def choose(self, label: str, *, on: bool = True) -> "Visitor":
        """Pick the radio button, or tick (or untick) the box, with this label."""
        control = self._labelled(label)
        if control.get("type") == "radio":
            for other in self._page().iter(f"{HTML}input"):
                if other.get("name") == control.get("name") and other.get("type") == "radio":
                    other.attrib.pop("checked", None)
        if on:
            control.set("checked", "")
        else:
            control.attrib.pop("checked", None)
        return self

    def press(self, words: str) -> "Visitor":
        """Press the button with these words; its form is sent as a browser would."""
        for form in self._page().iter(f"{HTML}form"):
            for button in form.iter(f"{HTML}button"):
                if words_of(button).split("\n")[0].startswith(words):
                    return self._send(form, button)
        raise AssertionError(f"no button {words!r} at {self.url}:\n{self.text[:2000]}")

    def _send(self, form: Element, button: Element) -> "Visitor":
        data = [*fields_of(form)]
        if button.get("name"):
            data.append((button.get("name") or "", button.get("value") or ""))
        target = urljoin(self.url, button.get("formaction") or form.get("action") or self.url)
        if (form.get("method") or "get").lower() == "post":
            headers = {"Origin": self.base_url, "Content-Type": "application/x-www-form-urlencoded"}
            return self._arrive(self.http.post(target, content=httpx.QueryParams(data).__str__(), headers=headers))
        return self._arrive(self.http.get(target, params=data))

    def _arrive(self, response: httpx.Response) -> "Visitor":
        hops = 0
        while response.is_redirect and hops < 10:
            target = urljoin(str(response.url), response.headers["location"])
            if urlsplit(target)[:2] != urlsplit(self.base_url)[:2]:
                self.url, self.page, self.text, self.status = target, None, "", response.status_code
                return self
            response, hops = self.http.get(target), hops + 1
        self.url, self.status, self.text = str(response.url), response.status_code, response.text
        self.page = html5lib.parse(response.text) if "html" in response.headers.get("content-type", "") else None
        return self

    def _page(self) -> Element:
        assert self.page is not None, f"no page stands open ({self.status} {self.url})"
        return self.page

    def _labelled(self, label: str) -> Element:
        by_id = {each.get("id"): each for each in self._page().iter() if each.get("id")}
        controls = [each for each in self._page().iter() if each.tag in {f"{HTML}input", f"{HTML}textarea", f"{HTML}select"}]
        for control in controls:
            names = [words_of(by_id[part]) for part in (control.get("aria-labelledby") or "").split() if part in by_id]
            names += [words_of(each) for each in self._page().iter(f"{HTML}label") if each.get("for") == control.get("id")]
            if any(name == label or name.startswith(label) for name in names):
                return control
        raise AssertionError(f"no field {label!r} at {self.url}:\n{self.text[:2000]}")


def words_of(element: Element) -> str:
    """The text inside an element, spaces folded."""
    return " ".join("".join(element.itertext()).split())


def fields_of(form: Element) -> list[tuple[str, str]]:
    """What a browser would send of a form, without its buttons."""
    data: list[tuple[str, str]] = []
    for control in form.iter():
        name = control.get("name")
        if not name or control.get("disabled") is not None:
            continue
        if control.tag == f"{HTML}input":
            if control.get("type") in ("checkbox", "radio") and control.get("checked") is None:
                continue
            if control.get("type") not in ("submit", "button", "image"):
                data.append((name, control.get("value") or ("on" if control.get("type") == "checkbox" else "")))
        elif control.tag == f"{HTML}textarea":
            data.append((name, control.get("value") or "".join(control.itertext())))
        elif control.tag == f"{HTML}select":
            options = list(control.iter(f"{HTML}option"))
            chosen = [each for each in options if each.get("selected") is not None] or options[:1]
            data += [(name, each.get("value") or words_of(each)) for each in chosen]
    return data


