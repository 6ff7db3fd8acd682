"""The README's screenshot, from a demo that runs: `python -m tests.e2e.screenshot http://127.0.0.1:8000 PASSWORD`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.browser import executable, fence, launch_arguments

TARGET = Path(__file__).resolve().parents[2] / "static" / "images" / "screenshot.png"


def main() -> None:
    """Sign in as the owner and photograph the dashboard."""
    base, password = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(playwright.chromium), args=launch_arguments())
        context = browser.new_context(viewport={"width": 1280, "height": 1240}, color_scheme="light")
        fence(context)
        page = context.new_page()
        page.goto(f"{base}/login")
        page.get_by_label("Email").fill("alice@demo.test")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{base}/w/lotus-spa/")
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
