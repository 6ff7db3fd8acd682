"""A browser in words, from what it says of itself: enough to recognise one's own."""

BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Vivaldi/", "Vivaldi"), ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def in_words(user_agent: str | None) -> tuple[str | None, str | None]:
    """The browser's name and the system it runs on; None for what it does not say."""
    said = user_agent or ""
    browser = next((name for mark, name in BROWSERS if mark in said), None)
    return browser, next((name for mark, name in SYSTEMS if mark in said), None)
