"""Names as they are compared, and the stable ids that come of them."""

import hashlib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

Key = tuple[str, str]  # folded name, coarse type

PERSON = "Person"  # the coarse type of which things of one name are told apart
AT = "@"  # 王伟@京东

_IGNORED = frozenset("\"'`´‘’‚‛“”„‟«»‹›「」『』〝〞〟《》〈〉()[]{}【】〔〕〖〗〘〙〚〛⟨⟩")  # after NFKC
_UNSEEN = frozenset({"Cc", "Cf"})
_DOT = "·"
_DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅", _DOT))  # of names: 谢尔盖・布林


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """The form under which names are compared: NFKC, case folded, one dot, without quotes, brackets, blanks and invisible signs."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    if plain.isalnum():  # as most names are, and nothing that is ignored
        return plain
    plain = plain.translate(_DOTS)
    return "".join(c for c in plain if c not in _IGNORED and not c.isspace() and unicodedata.category(c) not in _UNSEEN)


def split_label(name: str) -> tuple[str, str]:
    """The name and the firm of 王伟@京东, which is how people of one name are told apart; the firm is "" where there is none."""
    bare, at, firm = name.replace("＠", AT).rpartition(AT)
    return (bare, firm) if at and fold(bare) and fold(firm) else (name, "")


def show(name: str, type_: str, aliases: Iterable[str]) -> str:
    """The name by which an entity is told from others in a list: 王伟@京东 of a person who shares the name, else its own."""
    if type_ != PERSON:
        return name
    return next((a for a in aliases if AT in a and split_label(a) != (a, "") and split_label(a)[0] == name), name)


def identify(*parts: str) -> str:
    """A stable id, 16 hexadecimal digits: entities by folded canonical name and coarse type, facts by their triple."""
    content = b""
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        content += len(data).to_bytes(8, "big") + data
    return hashlib.sha256(content).hexdigest()[:16]
