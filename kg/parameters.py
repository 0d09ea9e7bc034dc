"""Parameters of a question as they are given to a function or typed, `key=value`, and as they are shown."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, overload

from kg.errors import UsageError

# Text in quotes, quoted names and comments, in which $ begins no parameter.
_NO_CODE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_USED = re.compile(r"\$(\w+)")


@overload
def list_asked(asked: None) -> None: ...
@overload
def list_asked(asked: str | Iterable[str]) -> tuple[str, ...]: ...
def list_asked(asked: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """What is asked for, be it several texts or one; None, which asks for all, stays."""
    return None if asked is None else (asked,) if isinstance(asked, str) else tuple(asked)


def parse_parameters(texts: Iterable[str], *, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """`key=value` each. A value is JSON where it reads as such (5, true, ["a"], "618"), else plain text.

    The defaults of a shipped question tell more: text stays text (`-p name=618` needs no quotes), one value is a list of one.
    UsageError for what is no `key=value`.
    """
    parameters: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.isidentifier():
            raise UsageError(f"-p {text!r}: expected key=value, as in -p name=小红书")
        default = defaults.get(key)
        if isinstance(default, str):
            parameters[key] = value
            continue
        try:
            parsed = json.loads(value, parse_constant=_refuse_constant)
        except ValueError:
            parsed = value
        except RecursionError as exc:
            raise UsageError(f"-p {key}: its lists stand in each other too deeply") from exc
        parameters[key] = [parsed] if isinstance(default, list) and not isinstance(parsed, list) else parsed
    return parameters


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")  # though Python's own reader takes NaN and Infinity


def check_parameters(cypher: str, parameters: Mapping[str, Any]) -> None:
    """Raise UsageError where the question uses a $parameter that was not given."""
    missing = [name for name in _USED.findall(_NO_CODE.sub(" ", cypher)) if name not in parameters]
    if missing:
        raise UsageError(f"the question needs ${missing[0]}; give it with -p {missing[0]}=…")


def show_parameters(parameters: Mapping[str, Any]) -> str:
    """As they would be typed, the values as JSON."""
    return " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in parameters.items())
