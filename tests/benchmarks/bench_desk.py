"""The desk at the size of a chain (200,000 customers, 2,000,000 bookings) beside a salon, on SQLite and PostgreSQL.

    python -m tests.benchmarks.bench_desk FOLDER [--postgresql postgresql+psycopg://role@host/{size}] [--only sqlite]

Fills what is missing in FOLDER (or in the PostgreSQL databases named by `{size}`), with the rate of loading, then asks
the tools themselves, validated arguments to result, and prints p50 and p95 in milliseconds beside their bounds, and how
much the answers told (rows, starts with people, what the figures counted).
"""

import argparse
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

from tests.forks import ROOT, environment

SIZES: Final = ("salon", "chain")
BOUNDS: Final = {
    "search_members: a tag and 60 days without a booking": 25.0,
    "search_members: two Chinese characters": 10.0,
    "get_available_slots: 20 people, 31 days": 80.0,
    "list_bookings: a page deep in the list": 10.0,
    "get_dashboard_stats: 30 days": 100.0,
}
LOADED_A_SECOND: Final = 8_000
LARGER: Final = 3.0
"""How much slower than the salon the chain may be, for answers of the same size."""
AS_OF: Final = date.today()


def main() -> None:
    """Load, ask, print."""
    chosen = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen.add_argument("folder", type=Path)
    chosen.add_argument("--postgresql", metavar="URL", help="with {size} where the name of the database varies")
    chosen.add_argument("--only", choices=("sqlite", "postgresql"))
    chosen.add_argument("--rounds", type=int, default=100)
    given = chosen.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    places = {"sqlite": f"sqlite:///{given.folder.resolve()}/{{size}}.sqlite3", "postgresql": given.postgresql}
    kept = True
    for database, pattern in places.items():
        if pattern is None or (given.only and database != given.only):
            continue
        told = {size: _ask(pattern.format(size=size), size, given.folder, given.rounds) for size in SIZES}
        kept = _print(database, told) and kept
    sys.exit(0 if kept else 1)


def _ask(url: str, size: str, folder: Path, rounds: int) -> dict[str, Any]:
    """One size in a process of its own, as a server would be."""
    ours = environment(
        database_url=url, data_dir=str(folder / "data"), base_url="http://127.0.0.1:8000",
        secret_key="a secret of the benchmarks, long enough",
    )  # fmt: skip
    command = [sys.executable, "-m", "tests.benchmarks.desk_questions", size, AS_OF.isoformat(), str(rounds)]
    done = subprocess.run(command, env=ours, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _print(database: str, told: dict[str, dict[str, Any]]) -> bool:
    """The table of one database; whether every bound is kept."""
    kept = True
    for size, answer in told.items():
        if answer["rate"] is not None:
            print(f"{database}, {size}: {answer['bookings']:,} bookings loaded, {answer['rate']:,.0f} a second")
            kept = kept and (database != "sqlite" or size != "chain" or answer["rate"] >= LOADED_A_SECOND)
    print(f"\n{database:<56}{'salon p50':>10}{'p95':>9}{'told':>9}{'chain p50':>11}{'p95':>9}{'told':>9}{'bound':>8}{'times':>8}")
    for question, bound in BOUNDS.items():
        salon, chain = (told[size]["times"][question] for size in SIZES)
        times = chain["p50"] / salon["p50"]
        larger = max(1.0, chain["told"] / max(1, salon["told"]))
        fine = chain["p95"] <= bound and times <= LARGER * larger
        kept = kept and fine
        figures = "".join(
            f"{one['p50']:>{width}.2f}{one['p95']:>9.2f}{one['told']:>9,.0f}" for one, width in ((salon, 10), (chain, 11))
        )
        print(f"{question:<56}{figures}{bound:>8.0f}{times:>8.1f}{'' if fine else '  OVER'}")
    print(flush=True)
    return kept


if __name__ == "__main__":
    main()
