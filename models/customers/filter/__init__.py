"""The filter language over customers: one tree, one text form, compiled to SQL (DOMAIN §4).

`parse` and `write` turn text into a tree and back, `conditions_of` compiles one. A noun above customers adds fields with
`declare` when its module is imported; its file imports this package, never the other way round.
"""

from models.customers.filter import own
from models.customers.filter.compiling import Asking, conditions_of
from models.customers.filter.fields import declare, declare_family, field_names
from models.customers.filter.kinds import instant_field, number_field, word_field
from models.customers.filter.text import parse, write
from models.customers.filter.tree import All, AnyOf, Leaf, Node, Not, tree_of

__all__ = [
    "All",
    "AnyOf",
    "Asking",
    "Leaf",
    "Node",
    "Not",
    "conditions_of",
    "declare",
    "declare_family",
    "field_names",
    "instant_field",
    "number_field",
    "own",
    "parse",
    "tree_of",
    "word_field",
    "write",
]
