"""Who gets the booking when several are free: candidates in order, best first; on conflict the next one is tried
(DOMAIN §3).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, islice, product

MAX_TRIES = 20


class Rule(StrEnum):
    LEAST_BUSY = "least_busy"
    ROUND_ROBIN = "round_robin"
    PRIORITY = "priority"
    CUSTOMER_CHOICE = "customer_choice"


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody or something has on the booking's local day.

    ``busy`` is its occupied time that day in milliseconds, ``last_chosen`` the instant it was last given a booking of
    the service, ``priority`` the workspace's own ranking, highest first."""

    busy: int = 0
    last_chosen: int | None = None
    priority: int = 0


_NEW = Load()


@dataclass(frozen=True, slots=True)
class Team:
    """People, the first of whom leads, and units of resources."""

    staff: tuple[int, ...] = ()
    units: tuple[int, ...] = ()

    @property
    def assets(self) -> tuple[int, ...]:
        """All of them, sorted: the order in which their rows are locked."""
        return tuple(sorted((*self.staff, *self.units)))


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be filled: so many people, and units by type, from those who are free."""

    rule: Rule
    staff_needed: int
    resources: Mapping[str, int] = field(default_factory=dict)
    loads: Mapping[int, Load] = field(default_factory=dict)
    chosen: int | None = None

    def teams(self, staff: Sequence[int], units: Mapping[str, Sequence[int]]) -> Iterator[Team]:
        """Yield at most 20 teams, best first. Somebody the customer chose is in all of them and leads.

        ``staff`` and ``units`` (ids by resource type) are free; fewer than needed yields nothing.
        """
        return islice(self._all_teams(staff, units), MAX_TRIES)

    def _all_teams(self, staff: Sequence[int], units: Mapping[str, Sequence[int]]) -> Iterator[Team]:
        if self.chosen is not None and self.staff_needed and self.chosen not in staff:
            return
        rest = sorted((asset for asset in staff if asset != self.chosen), key=self._rank)
        lead = () if self.chosen is None or not self.staff_needed else (self.chosen,)
        things = [
            list(combinations(sorted(units.get(resource_type, ()), key=self._least_busy), quantity))
            for resource_type, quantity in self.resources.items()
        ]
        for people in combinations(rest, self.staff_needed - len(lead)):
            for kinds in product(*things):
                yield Team((*lead, *people), tuple(unit for kind in kinds for unit in kind))

    @property
    def _rank(self) -> Callable[[int], tuple[int, ...]]:
        if self.rule is Rule.ROUND_ROBIN:
            return self._longest_ago
        if self.rule is Rule.PRIORITY:
            return self._highest_priority
        return self._least_busy

    def _least_busy(self, asset: int) -> tuple[int, ...]:
        load = self.loads.get(asset, _NEW)
        return load.busy, -load.priority, asset

    def _longest_ago(self, asset: int) -> tuple[int, ...]:
        last = self.loads.get(asset, _NEW).last_chosen
        return (0, 0, asset) if last is None else (1, last, asset)

    def _highest_priority(self, asset: int) -> tuple[int, ...]:
        load = self.loads.get(asset, _NEW)
        return -load.priority, load.busy, asset
