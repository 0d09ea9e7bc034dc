"""A trained model's folder beside its graphs: settings for the program, a card for people."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.extract.linking import RELATIONS
from kg.extract.tagging import TYPES

GEMMA_NOTICE = "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
GRAPHS = ("reader.onnx", "relations.onnx", "aliases.onnx", "statements.onnx")
FILES = (*GRAPHS, "tokenizer.json", "config.json")


def write_settings(folder: Path, values: Mapping[str, Any]) -> None:
    """Write `model.toml`, whole or not at all, with the hashes of what lies beside it."""
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    part = folder / "model.toml.part"
    part.write_text(format_toml({**values, "sha256": files}), encoding="utf-8")
    part.replace(folder / "model.toml")


def format_toml(values: Mapping[str, Any]) -> str:
    """Texts, numbers and tables of them as TOML."""
    lines: list[str] = []
    _format_table(values, (), lines)
    return "\n".join(lines).strip() + "\n"


def _format_table(values: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    if path and plain:
        lines += ["", f"[{'.'.join(map(_quote, path))}]"]
    lines += [f"{_quote(name)} = {_format_value(value)}" for name, value in plain.items()]
    for name, value in values.items():
        if isinstance(value, Mapping):
            _format_table(value, (*path, name), lines)


def _quote(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else _format_value(name)


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    escaped = "".join(char if char >= " " and char != "\x7f" else f"\\u{ord(char):04X}" for char in escaped)
    return f'"{escaped}"'


def write_card(folder: Path, settings: Mapping[str, Any], *, recipe: str, table: str | None, curve: str) -> None:
    """Write `CARD.md`: what the model is, what it learnt from and how, how good it is, where it ends, whose terms it bears.

    `recipe` is the TOML that it was trained by, `table` its figures (None where none were measured), `curve` rows of losses.
    """
    thresholds = settings["thresholds"]
    found = settings.get("calibration")
    sure = (
        f"Statements below {thresholds['relation']:.2f} are left out. What is said of the sureness of the rest was fitted on the "
        f"development split ({found['statements']} statements): expected calibration error {found['error_before']:.3f} before, "
        f"{found['error_after']:.3f} after, on the same statements."
        if found
        else f"Statements below {thresholds['relation']:.2f} are left out. Sureness was not calibrated, as no texts were kept apart."
    )
    figures = table or "Not measured: no annotated texts were kept apart."
    text = f"""# {settings["name"]}

Reads Chinese business news: names of {len(TYPES)} kinds, which of them are one entity's, and {len(RELATIONS)} relations
between entities, as the ontology of `kg` has them, each with its status, evidence and time. {settings["layers"]} layers of {settings["encoder"]} with joint heads,
in {settings["quantisation"]}, for ONNX Runtime. Made on {settings["date"]} by `training/` of this repository.

## Data

{settings["data"]}

## Recipe

```toml
{recipe.strip()}
```

Losses while it was trained (each line the mean of the steps since the last):

{curve}

## Figures

{figures}

F1 is in the scorer's sense: a triple is right where relation and both ends are the annotation's, an end by any of its names.
Thresholds were chosen on the same texts, so figures on other texts are a little lower.

{sure}

## Limits

- It learnt from news in simplified Chinese about platforms and companies; other languages, and texts that are no news, are
  beyond it. Windows hold about 900 characters: what is said of two names that stand farther apart is not seen.
- Evidence is whole sentences. A time is said only where an expression in the text gives it.
- What it says is what a text says, as read by a program: it may be wrong, and it knows nothing of whether the text is right.
  Do not decide about people on it alone.

## Licence

{licence_of(settings)}
"""
    (folder / "CARD.md").write_text(text, encoding="utf-8")


def licence_of(settings: Mapping[str, Any]) -> str:
    """The terms that the weights bear, by the encoder they come from."""
    if "gemma" not in str(settings["encoder"]).lower():
        return "The weights bear the terms of the encoder that they come from; the code is Apache-2.0."
    return f"""The weights are a derivative of EmbeddingGemma and were modified by this project. {GEMMA_NOTICE}. Whoever passes
them on passes on these terms, their restrictions of use and this notice. The code is Apache-2.0."""
