"""The only way out: every URL that a client gave us is fetched here (published identities, keys of an assertion).

`addresses` says which addresses are public · `fetch` makes one pinned request ·
`limits` counts · `look_up` caches, coalesces and limits, and is what the rest of the program calls.
"""

from blueprints.outbound.fetch import LookUpFailed
from blueprints.outbound.limits import may_fetch
from blueprints.outbound.look_up import Outbound

__all__ = ["LookUpFailed", "Outbound", "may_fetch"]
