"""Names as they are compared, and the stable ids that come of them."""

import hashlib
import unicodedata
from functools import lru_cache

Key = tuple[str, str]  # folded name, coarse type

_IGNORED = frozenset("\"'`´‘’‚‛“”„‟«»‹›「」『』〝〞〟《》〈〉()[]{}【】〔〕〖〗〘〙〚〛⟨⟩")  # after NFKC
_UNSEEN = frozenset({"Cc", "Cf"})


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """The form under which names are compared: NFKC, case folded, without quotes, brackets, blanks and invisible signs."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in plain if c not in _IGNORED and not c.isspace() and unicodedata.category(c) not in _UNSEEN)


def identify(*parts: str) -> str:
    """A stable id, 16 hexadecimal digits: entities by folded canonical name and coarse type, facts by their triple."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:16]
