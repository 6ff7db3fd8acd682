"""Look-ups of documents that clients name: cached, one fetch for many, limited.

Cache and coalescing live in the memory of one worker, and so do limits that keep its threads free. How often the whole
server fetches, for one address and from one host, is for `may` to say (MD10).
"""

import logging
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Final

import httpcore2

from blueprints.outbound.addresses import Resolver, system_resolver
from blueprints.outbound.fetch import Document, LookUpFailed, fetch
from blueprints.outbound.limits import Buckets
from models.base.addresses import network
from models.oauth.uri import BadUri, Uri, parse

KEPT_AT_LEAST: Final = 60.0
KEPT_USUALLY: Final = 300.0
KEPT_AT_MOST: Final = 86_400.0
FAILURE_KEPT: Final = 30.0
MAX_KEPT: Final = 512
AT_ONCE: Final = 4  # fetches of one worker: each holds one of its threads for up to 5 seconds
AT_ONCE_PER_PARTY: Final = 2
LIMIT: Final = "limit"

log = logging.getLogger(__name__)


Outcome = Document | str  # or the reason for which there is none


@dataclass(frozen=True)
class _Kept:
    outcome: Outcome
    fetched_at: float
    until: float


@dataclass(frozen=True)
class _Flight:
    asked_by: str
    party: str
    landed: Future[Outcome]


class Outbound:
    """The fetcher of a worker. Resolver, trust store and network are parameters; the check of addresses is not."""

    def __init__(
        self,
        *,
        resolver: Resolver = system_resolver,
        trust: ssl.SSLContext | None = None,
        network: httpcore2.NetworkBackend | None = None,
        clock: Callable[[], float] = time.monotonic,
        may: Callable[[str, str], bool] = lambda asked_by, host: True,
    ) -> None:
        self._resolver = resolver
        self._trust = trust or httpcore2.default_ssl_context()
        if self._trust.verify_mode != ssl.CERT_REQUIRED or not self._trust.check_hostname:
            raise ValueError("The trust store must check certificates and names.")
        self._network = network or httpcore2.SyncBackend()
        self._clock = clock
        self._may = may
        self._lock = Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._flights: dict[str, _Flight] = {}
        self._by_party = Buckets(burst=10, seconds=6, clock=clock)
        self._by_host = Buckets(burst=30, seconds=2, clock=clock)

    def get(self, url: str, *, asked_by: str, no_older_than: float | None = None) -> bytes:
        """The body of the JSON document at `url`; raises LookUpFailed, always with the same text.

        `asked_by`: the address of the request that needs it. `no_older_than` (seconds) fetches a kept document
        anew when it is older, for a key that was not in it.
        """
        target = target_of(url)
        with self._lock:
            if kept := self._fresh(url, no_older_than):
                return _body(kept.outcome)
            flight = self._flights.get(url)
            leads = flight is None
            if flight is None:
                flight = self._flights[url] = self._take_off(target, asked_by)
        if leads:
            self._fly(target, flight)
        return _body(flight.landed.result())

    def _fresh(self, url: str, no_older_than: float | None) -> _Kept | None:
        now = self._clock()
        kept = self._kept.get(url)
        if kept is None or now >= kept.until:
            return None
        if no_older_than is not None and isinstance(kept.outcome, Document) and now - kept.fetched_at > no_older_than:
            return None
        self._kept.move_to_end(url)
        return kept

    def _take_off(self, target: Uri, asked_by: str) -> _Flight:
        who = network(asked_by)
        mine = sum(flight.party == who for flight in self._flights.values())
        if len(self._flights) >= AT_ONCE or mine >= AT_ONCE_PER_PARTY:
            raise LookUpFailed("busy")
        if not self._by_party.take(who) or not self._by_host.take(target.host):
            raise LookUpFailed(LIMIT)
        return _Flight(asked_by, who, Future())

    def _fly(self, target: Uri, flight: _Flight) -> None:
        """Fetch, keep what came of it, and let those who wait know, whatever happens."""
        outcome: Outcome = "fault"
        try:
            if not self._may(flight.asked_by, target.host):
                raise LookUpFailed(LIMIT)
            outcome = fetch(target, resolver=self._resolver, trust=self._trust, network=self._network)
        except LookUpFailed as failed:
            outcome = failed.reason
            log.info("Look-up at %s failed: %s", target.host, failed.reason)
        finally:
            with self._lock:
                if outcome != LIMIT:  # whoever asks next may be somebody else
                    self._keep(target.text, outcome)
                del self._flights[target.text]
            flight.landed.set_result(outcome)

    def _keep(self, url: str, outcome: Outcome) -> None:
        now = self._clock()
        self._kept[url] = _Kept(outcome, now, now + _kept_for(outcome))
        self._kept.move_to_end(url)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)


def target_of(url: object) -> Uri:
    """The https URL of a named public host, in its one spelling; raises LookUpFailed without a look-up."""
    try:
        target = parse(url)
    except BadUri as error:
        raise LookUpFailed("url") from error
    written_once = target.text.startswith("https://" + target.host) and target.port != 443
    if target.scheme != "https" or not written_once or not _is_public_name(target.host):
        raise LookUpFailed("url")
    return target


def _is_public_name(host: str) -> bool:
    """A name with a dot in it; addresses, written in whatever way, are looked up for nobody."""
    return "." in host and not host.startswith("[") and not host.rpartition(".")[2].isdigit()


def _kept_for(outcome: Outcome) -> float:
    if isinstance(outcome, str):
        return FAILURE_KEPT
    asked = KEPT_USUALLY if outcome.max_age is None else float(outcome.max_age)
    return min(max(asked, KEPT_AT_LEAST), KEPT_AT_MOST)


def _body(outcome: Outcome) -> bytes:
    if isinstance(outcome, str):
        raise LookUpFailed(outcome)
    return outcome.body
