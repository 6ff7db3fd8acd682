"""When a search finds nobody: what was typed, with the word that nobody has replaced by one that looks like it (DOMAIN §4)."""

from rapidfuzz import fuzz, process
from sqlalchemy import select

from models.base import InWorkspace, db
from models.base.words import fold
from models.customers.customer import Customer, live_customer
from models.customers.search_index import found_by_all, tokens_beginning
from models.customers.tokens import RUN_MAX, terms_of

ALIKE_FROM = 72
LOOKED_AT = 20_000
OFFERED = 3
_CANDIDATES = 5


def did_you_mean(workspace: InWorkspace, query: str) -> list[str]:
    """Up to three searches that find somebody, the most alike first: every word that finds someone stays as it was typed."""
    words = fold(query).split()
    failing = {place: term for place, word in enumerate(words) for term in terms_of(word) if _finds_nobody(workspace, term)}
    alike = {place: _alike(workspace, term) for place, term in failing.items()}
    if not alike or not all(alike.values()):
        return []
    offered: dict[str, None] = {}
    for rank in range(_CANDIDATES):
        said = list(words)
        for place, candidates in alike.items():
            said[place] = words[place].replace(failing[place], candidates[min(rank, len(candidates) - 1)])
        offered[" ".join(said)] = None
    return [each for each in offered if _finds_somebody(workspace, each)][:OFFERED]


def _finds_nobody(workspace: InWorkspace, term: str) -> bool:
    return not term.isdigit() and not tokens_beginning(workspace, term, 1)


def _finds_somebody(workspace: InWorkspace, query: str) -> bool:
    found = select(Customer.id).where(Customer.workspace_id == workspace.id, live_customer())
    return db.session.scalar(found.where(found_by_all(workspace, terms_of(query))).limit(1)) is not None


def _alike(workspace: InWorkspace, term: str) -> list[str]:
    """Words of this workspace that look like a term, the most alike first."""
    cutoff = ALIKE_FROM if len(term) > RUN_MAX // 2 else 50
    near = process.extract(term, _near(workspace, term), scorer=fuzz.ratio, score_cutoff=cutoff, limit=_CANDIDATES)
    return [word for word, *_ in sorted(near, key=lambda found: (-found[1], found[0]))]


def _near(workspace: InWorkspace, term: str) -> list[str]:
    """Words that share one of the first letters: a slip of the pen rarely changes all of them."""
    found: dict[str, None] = {}
    for letter in dict.fromkeys(term[:3]):
        found |= dict.fromkeys(tokens_beginning(workspace, letter, LOOKED_AT))
    return [word for word in found if not word.isdigit()]
