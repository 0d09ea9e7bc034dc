"""A user's annotated articles in, a model of the user's own out: what `kg train` runs."""

import datetime
import hashlib
import json
import re
import shutil
import tomllib
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kg.errors import InputError, OutputError, UsageError
from kg.extract.reader import MODEL_FOLDER, has_model
from kg.model import STATUSES
from kg.ontology import load_ontology

RECIPE = Path(__file__).with_name("own.toml")
FEWEST = 4
"""Articles below which there is nothing to learn."""
KEPT_APART_FROM = 100
"""From so many articles on, one in ten is kept apart, to fit thresholds and sureness on; with fewer, each is needed."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHAPES: dict[str, type] = {"id": str, "date": str, "text": str, "entities": list, "relations": list}


def train_own(
    data: Sequence[Path],
    out: Path,
    *,
    encoder: str | None = None,
    model: Path | None = None,
    device: str = "cpu",
    epochs: int | None = None,
    steps: int | None = None,
    log: Callable[[dict[str, Any]], None] = lambda row: None,
) -> dict[str, Any]:
    """Train on the articles of `data` and write a model to `out`; returns what its `model.toml` says.

    It starts from `model` (without one, that which ships), or from an `encoder` (a folder or a hub's name), whose heads know
    nothing. What was half done when it was stopped lies beside `out` and is taken up. Raises `InputError` for a line that is
    no annotated article, `UsageError` for too few, `OutputError` where `out` is there already or cannot be written.
    """
    if out.exists():
        raise OutputError(f"{out}: is there already; name a folder that is not")
    articles = read_articles(data)
    recipe = RECIPE.read_text(encoding="utf-8")
    config = tomllib.loads(recipe)
    if epochs is not None:
        config["teacher"]["epochs"] = epochs
    start = None if encoder else model or (MODEL_FOLDER if has_model() else None)
    if not encoder and not start:
        raise UsageError("no model came with this installation; name what to start from with --encoder")
    work = out.with_name(out.name + ".training")
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{work}: cannot be made ({error.strerror}); choose another folder") from None
    _check_work(work, articles, [str(encoder or start), str(epochs), str(steps)])
    apart = set_apart(articles)
    prepared = prepare_own(articles, apart, work / "prepared")
    made = _train(config, encoder, start, prepared, work, device, steps, log)
    _describe(made, config, encoder, start, prepared)
    if apart:
        from .build import fit

        fit(made, prepared)
    settings = tomllib.loads((made / "model.toml").read_text(encoding="utf-8"))
    from .build import draw_curve, read_log
    from .package import write_card

    write_card(made, settings, recipe=recipe, table=None, curve=draw_curve(read_log(work)))
    made.replace(out)
    shutil.rmtree(work, ignore_errors=True)
    return settings


def read_articles(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The annotated articles of JSON lines, each checked against the ontology. InputError names file, line and fault."""
    articles, ids = [], set[str]()
    for path in paths:
        try:
            lines = path.read_bytes().decode("utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(str(path), f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                article = json.loads(line)
            except (json.JSONDecodeError, RecursionError) as error:
                raise InputError(
                    f"{path}:{number}", f"is no JSON ({error}); one annotated article a line is wanted"
                ) from None
            fault = next(find_faults(article), None)
            if fault is None and article["id"] in ids:
                fault = f"the id {article['id']!r} stood before"
            if fault:
                raise InputError(f"{path}:{number}", f"{fault}; mend the annotation")
            ids.add(article["id"])
            articles.append(article)
    if len(articles) < FEWEST:
        raise UsageError(
            f"{len(articles)} annotated articles are too few to learn from; give at least {FEWEST}, better hundreds"
        )
    return articles


def find_faults(article: Any) -> Iterator[str]:
    """What is wrong with an annotated article, the first first."""
    if not isinstance(article, dict):
        yield "is no object with id, date, text, entities and relations"
        return
    for name, shape in _SHAPES.items():
        if not isinstance(article.get(name), shape):
            yield f"{name!r} is missing, or no {'text' if shape is str else 'list'}"
            return
    if not _DAY.fullmatch(article["date"]):
        yield f"the date {article['date']!r} is no day like 2025-05-07"
    entities: dict[str, str] = {}
    for entity in article["entities"]:
        fault = _find_entity_fault(entity, article)
        if fault is None and entity["name"] in entities:
            fault = f"two entities are called {entity['name']!r}"
        if fault:
            yield fault
            return
        entities[entity["name"]] = entity["type"]
    for said in article["relations"]:
        if fault := _find_relation_fault(said, entities, article):
            yield fault


def _find_entity_fault(entity: Any, article: Mapping[str, Any]) -> str | None:
    known = load_ontology().entities
    if (
        not isinstance(entity, dict)
        or not isinstance(entity.get("name"), str)
        or not isinstance(entity.get("names"), list)
    ):
        return "an entity is no object with name, type and names"
    if entity.get("type") not in known:
        return f"{entity['name']!r} is of the type {entity.get('type')!r}, which the ontology does not have ({', '.join(known)})"
    where = article["text"] + "\n" + str(article.get("title", ""))
    for form in entity["names"]:
        if not isinstance(form, str) or not form or form not in where:
            return f"{entity['name']!r} has the form {form!r}, which is not in the text"
    return None


def _find_relation_fault(said: Any, entities: Mapping[str, str], article: Mapping[str, Any]) -> str | None:
    if not isinstance(said, dict):
        return "a relation is no object with head, relation, tail, status and evidence"
    what = f"{said.get('head')} -{said.get('relation')}-> {said.get('tail')}"
    spec = load_ontology().relations.get(str(said.get("relation")))
    if spec is None:
        return f"{what}: the ontology does not have the relation"
    for side, allowed in (("head", spec.head), ("tail", spec.tail)):
        if said.get(side) not in entities:
            return f"{what}: the {side} is no entity of the article"
        if entities[said[side]] not in allowed:
            return f"{what}: its {side} may not be a {entities[said[side]]}"
    if said.get("status") not in STATUSES:
        return f"{what}: the status {said.get('status')!r} is none of {', '.join(STATUSES)}"
    evidence = said.get("evidence")
    if not isinstance(evidence, str) or not (evidence in article["text"] or evidence in str(article.get("title", ""))):
        return f"{what}: the evidence is no passage of text or title"
    if not isinstance(said.get("time"), str | None):
        return f"{what}: the time is no text"
    return None


def set_apart(articles: Sequence[Mapping[str, Any]]) -> set[str]:
    """Ids of one in ten, chosen by their hash; none of few."""
    if len(articles) < KEPT_APART_FROM:
        return set()
    ordered = sorted((hashlib.blake2b(a["id"].encode()).digest(), a["id"]) for a in articles)
    return {name for _, name in ordered[: len(articles) // 10]}


def prepare_own(articles: Sequence[dict[str, Any]], apart: set[str], folder: Path) -> Path:
    """What training reads, as `training.prepare` writes it; made anew each time, as it takes a moment."""
    from .annotated import document, write_documents

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, chosen in (
        ("train", [a for a in articles if a["id"] not in apart]),
        ("development", [a for a in articles if a["id"] in apart]),
    ):
        write_documents((document(article, "written") for article in chosen), folder / f"{name}.jsonl")
        if name == "development":
            lines = [json.dumps({**article, "kind": "written"}, ensure_ascii=False) + "\n" for article in chosen]
            (folder / "development.gold.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def _check_work(work: Path, articles: Sequence[Mapping[str, Any]], of: Sequence[str]) -> None:
    """What was begun is taken up only where it was of the same articles and options."""
    mark = hashlib.blake2b(json.dumps([*of, articles], sort_keys=True).encode(), digest_size=16).hexdigest()
    kept = work / "begun"
    if not kept.is_file() or kept.read_text(encoding="utf-8") != mark:
        shutil.rmtree(work)
        work.mkdir()
        kept.write_text(mark, encoding="utf-8")


def _train(
    config: dict[str, Any],
    encoder: str | None,
    start: Path | None,
    prepared: Path,
    work: Path,
    device: str,
    steps: int | None,
    log: Callable[[dict[str, Any]], None],
) -> Path:
    import torch
    from tokenizers import Tokenizer

    from . import train as program
    from .batches import Corpus, read_rows
    from .build import CALIBRATION_CHARACTERS, CALIBRATION_TEXTS, find_device
    from .encoder import keep_layers, load_encoder
    from .export import export_reader
    from .model import Reader
    from .shipped import load_shipped

    torch.manual_seed(config["seed"])
    tokenizer_file = program.keep_tokenizer(encoder or str(start), work)
    corpus = Corpus(prepared, tokenizer_file)
    settings = config["teacher"]
    if start:
        reader = program.make_trainable(load_shipped(start), dropout=settings["dropout"])
    else:
        module, _ = load_encoder(str(encoder))
        if module.config.num_hidden_layers > settings["layers"]:
            keep_layers(module, settings["layers"])
        reader = program.make_trainable(Reader(module), dropout=settings["dropout"])
    settings["layers"] = reader.encoder.config.num_hidden_layers
    options = Namespace(out=work, workers=0, teacher_minutes=None, steps=steps)
    write = program.open_log(work / "teacher.log", show=log)
    program.train_reader(reader, options, config, corpus, torch.device(find_device(device)), write)
    made = work / "made"
    texts = [row["text"][:CALIBRATION_CHARACTERS] for row in read_rows(prepared / "train.jsonl")[:CALIBRATION_TEXTS]]
    tokenizer = Tokenizer.from_file(tokenizer_file)
    calibration = [tokenizer.encode(text).ids for text in texts]
    export_reader(reader, made, tokenizer_file=tokenizer_file, calibration=calibration)
    return made


def _describe(made: Path, config: dict[str, Any], encoder: str | None, start: Path | None, prepared: Path) -> None:
    from .build import PROVISIONAL, describe_data
    from .package import write_settings

    before = tomllib.loads((start / "model.toml").read_text(encoding="utf-8")) if start else {}
    layers = config["teacher"]["layers"]
    settings = {
        "name": f"own-{layers}",
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "encoder": before.get("encoder", encoder),
        "layers": layers,
        "quantisation": "int8",
        "data": describe_data(prepared) + (f" It was trained on from {before.get('name', start)}." if start else ""),
        "temperature": before.get("temperature", 1.0),
        "shift": before.get("shift", 0.0),
        "thresholds": before.get("thresholds", PROVISIONAL),
    }
    write_settings(made, settings)
