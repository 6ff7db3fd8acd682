"""Which lines of tests/threats.txt a run has proven: every test that carries a line's key passed, and there is one.

conftest.py takes these hooks in. The report is printed where the whole suite was run.
"""

from pathlib import Path

import pytest

LISTED = tuple((Path(__file__).parent / "threats.txt").read_text().split())
_KEYS = pytest.StashKey[dict[str, set[str]]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Remember which test carries which keys; a key that is not listed is a slip of the pen."""
    carried = {item.nodeid: {key for mark in item.iter_markers("threat") for key in mark.args} for item in items}
    unknown = sorted(set().union(*carried.values()) - set(LISTED)) if carried else []
    if unknown:
        raise pytest.UsageError(f"not in tests/threats.txt: {', '.join(unknown)}")
    config.stash[_KEYS] = carried


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what is covered and what is not."""
    chosen = config.args == config.getini("testpaths") and not config.option.keyword and not config.option.markexpr
    if chosen and not config.option.collectonly:
        terminalreporter.section("threats")
        terminalreporter.write_line(report(config.stash.get(_KEYS, {}), _outcomes(terminalreporter)))


def report(carried: dict[str, set[str]], outcomes: dict[str, str]) -> str:
    """The covered and uncovered keys, counted, from the keys of each test and how it ended."""
    proven: set[str] = set()
    open_again: set[str] = set()
    for test, keys in carried.items():
        if outcomes.get(test) == "passed":
            proven |= keys
        elif outcomes.get(test) != "skipped":
            open_again |= keys
    covered = [key for key in LISTED if key in proven - open_again]
    uncovered = [key for key in LISTED if key not in covered]
    lines = [f"covered {len(covered)} of {len(LISTED)}: {' '.join(covered)}"]
    if uncovered:
        lines.append(f"uncovered {len(uncovered)}: {' '.join(uncovered)}")
    return "\n".join(lines)


def _outcomes(terminalreporter: pytest.TerminalReporter) -> dict[str, str]:
    """How each test ended; a failure anywhere in it outweighs the rest."""
    found: dict[str, str] = {}
    for outcome in ("skipped", "passed", "xfailed", "error", "failed"):
        for told in terminalreporter.stats.get(outcome, []):
            found[told.nodeid] = outcome
    return found
