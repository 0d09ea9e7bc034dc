"""What many articles state, merged into entities and facts.

Within an article the extractor has decided which names are one thing. Across articles two things are one where they share
a coarse type and a canonical name or alias, as folded by `fold`; where a registry says so; and where their names tell it
(`kg.resolve.matching`). What a single article keeps apart stays apart, unless the user's registry joins it. People of one
name are two where articles give them posts at firms that nothing ties (`kg.resolve.namesakes`).

The result depends on what the articles say, never on the order in which they come, and costs nearly linear time.
"""

from kg.resolve.folding import Key, fold, identify
from kg.resolve.merging import MAX_CONFIDENCE, find_fault, make_fact, resolve
from kg.resolve.registry import Registry, find_registry, load_registry, read_registry

# Grows when the same extractions would resolve to something else: a store that an older version derived is derived anew.
DERIVATION = 7

__all__ = [
    "DERIVATION",
    "MAX_CONFIDENCE",
    "Key",
    "Registry",
    "find_fault",
    "find_registry",
    "fold",
    "identify",
    "load_registry",
    "make_fact",
    "read_registry",
    "resolve",
]
