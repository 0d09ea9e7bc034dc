"""Data in, the shipped model out: prepare, train, export, calibrate, measure, install.

python -m training.build [--device cpu|cuda] [--encoder PATH_OR_HUB_NAME] [--config FILE] [--work FOLDER] [--model FOLDER]

What each stage makes is kept in the work folder, and a build that was stopped goes on from there. On a GPU a teacher of all
layers is trained and a smaller student distilled from it (training/config.toml); without one the first layers are trained
straight on the annotated texts (training/laptop.toml).
"""

import argparse
import datetime
import json
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kg.errors import ConfigError, KGError, UsageError
from kg.extract.reader import MODEL_FOLDER

from .package import write_card, write_settings
from .prepare import data_folder

HERE = Path(__file__).parent
CALIBRATION_TEXTS, CALIBRATION_CHARACTERS = 24, 500
"""What int8's scales are seen on. More texts changed the error by less than a tenth of it."""
PROVISIONAL = {"alias": 0.5, "relation": 0.5, "time": 0.5, "second_sentence": 0.35}


def build(options: argparse.Namespace) -> Path:
    """The folder of the model. Raises `ConfigError` where data, encoder or device are missing."""
    config = tomllib.loads(options.config.read_text(encoding="utf-8"))
    encoder = find_encoder(options.encoder or config["encoder"])
    device = find_device(options.device)
    work: Path = options.work or Path("build/training") / options.config.stem
    work.mkdir(parents=True, exist_ok=True)
    check_recipe(work, options.config, encoder)

    prepared = work / "prepared"
    if not prepared.is_dir():
        _say("preparing the data")
        prepare(options.data or data_folder(), prepared)
    weights = train(options, config, encoder, device, work, prepared)
    exported = work / "exported"
    if not (exported / "model.toml").is_file():
        _say("exporting")
        export(config, encoder, work, prepared, weights, exported)
    if "calibration" not in _settings(exported):
        _say("fitting thresholds on the development split")
        fit(exported, prepared)
    install(exported, options.model)
    _say("measuring on the development split")
    measure(options.model, options.config, work)
    return Path(options.model)


def find_encoder(named: str) -> str:
    """A path where there is one, also below the data folder's parent; else the name, for the hub."""
    for path in (Path(named), data_folder().parent / named):
        if path.is_dir():
            return str(path)
    if named.count("/") == 1 and not Path(named).is_absolute() and not named.startswith("encoder/"):
        return named
    raise ConfigError(
        f"{named}: no encoder there; set KG_SHARED to the folder that has it, or give --encoder a folder or a hub's name"
    )


def find_device(named: str | None) -> str:
    """The device asked for, or the best there is. ConfigError for one that PyTorch does not have."""
    import torch

    if named is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    if named.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(f"{named}: PyTorch finds no such device here; take --device cpu")
    try:
        torch.empty(0, device=named)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"{named}: no device of PyTorch's ({str(error).splitlines()[0]}); take cpu or cuda") from None
    return named


def check_recipe(work: Path, config: Path, encoder: str) -> None:
    """A work folder belongs to one recipe and encoder. UsageError for a second."""
    recipe = f"# encoder: {encoder}\n" + config.read_text(encoding="utf-8")
    kept = work / "recipe.toml"
    if not kept.is_file():
        kept.write_text(recipe, encoding="utf-8")
    elif kept.read_text(encoding="utf-8") != recipe:
        raise UsageError(
            f"{work}: was begun by another recipe or encoder; give --work another folder, or remove this one"
        )


def prepare(data: Path, out: Path) -> None:
    from . import prepare as program

    if not (data / "articles").is_dir():
        raise ConfigError(f"{data}: no annotated articles in articles/; set KG_SHARED to the folder that has data/")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    program.main([str(part), "--data", str(data)])
    part.replace(out)


def train(
    options: argparse.Namespace, config: dict[str, Any], encoder: str, device: str, work: Path, prepared: Path
) -> Path:
    """The weights to be exported: a student's where the recipe has one, else those trained straight on the data."""
    from . import train as program

    stage = "all" if "student" in config else "teacher"
    weights = work / (f"student-{config['student']['layers']}.safetensors" if stage == "all" else "teacher.pt")
    if not weights.is_file():
        _say(f"training on {device}")
        given = {
            "--data": prepared,
            "--out": work,
            "--encoder": encoder,
            "--config": options.config,
            "--device": device,
        }
        given |= {
            f"--{name.replace('_', '-')}": getattr(options, name)
            for name in ("workers", "teacher_minutes", "student_minutes", "steps", "start")
        }
        program.main([stage, *(str(part) for pair in given.items() if pair[1] is not None for part in pair)])
    return weights


def export(config: dict[str, Any], encoder: str, work: Path, prepared: Path, weights: Path, out: Path) -> None:
    from tokenizers import Tokenizer

    from .batches import Corpus, read_rows
    from .export import export_reader
    from .train import load_student, load_weights

    tokenizer_file = str(work / "tokenizer.json")
    corpus = Corpus(prepared, tokenizer_file)
    part = "student" if "student" in config else "teacher"
    layers = config[part]["layers"]
    reader = (
        load_student(weights, encoder, corpus) if part == "student" else load_weights(weights, encoder, layers, corpus)
    )
    tokenizer = Tokenizer.from_file(tokenizer_file)
    texts = [row["text"][:CALIBRATION_CHARACTERS] for row in read_rows(prepared / "train.jsonl")[:CALIBRATION_TEXTS]]
    export_reader(
        reader, out, tokenizer_file=tokenizer_file, calibration=[tokenizer.encode(text).ids for text in texts]
    )
    settings = {
        "name": f"kg-reader-{layers}",
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "encoder": "EmbeddingGemma-300M" if encoder.rstrip("/").endswith("encoder/gemma") else encoder,
        "layers": layers,
        "quantisation": "int8",
        "data": describe_data(prepared),
        "thresholds": PROVISIONAL,
    }
    write_settings(out, settings)


def describe_data(prepared: Path) -> str:
    """What was learnt from, counted."""
    from .annotated import read_documents

    documents = read_documents(prepared / "train.jsonl")
    count: dict[str, int] = {}
    for document in documents:
        count[document.kind] = count.get(document.kind, 0) + 1
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(count.items()))
    said = sum(len(document.relations) for document in documents)
    characters = sum(len(document.text) for document in documents)
    return f"{len(documents)} annotated texts ({kinds}) of {characters:,} characters with {said:,} statements."


def fit(folder: Path, prepared: Path) -> None:
    """Write thresholds and sureness, fitted on the development split, into the model's settings."""
    from tokenizers import Tokenizer

    from kg.extract.onnx import OnnxScorer

    from .annotated import read_documents
    from .batches import read_rows
    from .calibrate import calibrate

    documents = read_documents(prepared / "development.jsonl")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    found = calibrate(OnnxScorer(folder), tokenizer, documents, read_rows(prepared / "development.gold.jsonl"))
    settings = _settings(folder)
    settings.pop("sha256", None)
    write_settings(folder, settings | found)


def install(exported: Path, target: Path) -> None:
    """Put the model in its place; what was there goes only when the new one is whole."""
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(exported, part)
    shutil.rmtree(target, ignore_errors=True)
    part.replace(target)


def measure(model: Path, config: Path, work: Path) -> None:
    """Write the card, with what `kg extract` reaches with the model, and the curves beside it."""
    from . import figures as program

    articles = program.development_articles()
    figures = program.measure(articles, program.run_extract(articles, str(model)))
    (work / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    table = program.make_table(figures)
    print(table)
    rows = read_log(work)
    (model / "curves.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    write_card(model, _settings(model), recipe=config.read_text(encoding="utf-8"), table=table, curve=draw_curve(rows))


def read_log(work: Path) -> list[dict[str, Any]]:
    """The lines that training logged of its steps, in order."""
    found = []
    for path in sorted(work.glob("*.log")):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        found += [row for row in lines if "step" in row]
    return found


def draw_curve(rows: Sequence[dict[str, Any]], *, most: int = 12) -> str:
    """At most so many rows of the log, evenly spaced, as a table of Markdown."""
    names = [
        name
        for name in ("tags", "relations", "status", "evidence", "time", "taught_tags", "taught_relations", "hidden")
        if any(name in r for r in rows)
    ]
    if not rows:
        return "none were kept."
    chosen = [
        rows[round(at * (len(rows) - 1) / max(1, min(most, len(rows)) - 1))] for at in range(min(most, len(rows)))
    ]
    lines = ["| step | " + " | ".join(names) + " |", "| ---: |" + " ---: |" * len(names)]
    cells = [[f"{row[name]:.3f}" if name in row else "" for name in names] for row in chosen]
    lines += [f"| {row['step']} | {' | '.join(of_row)} |" for row, of_row in zip(chosen, cells, strict=True)]
    return "\n".join(lines)


def _settings(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))


def _say(what: str) -> None:
    print(f"== {what}", flush=True)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", help="cpu or cuda; without it the best there is")
    parser.add_argument("--encoder", help="a folder, or a name on the hub; without it the recipe's")
    parser.add_argument("--config", type=Path, help="the recipe; without it config.toml on a GPU, else laptop.toml")
    parser.add_argument("--data", type=Path, help="the data folder; without it KG_SHARED/data")
    parser.add_argument("--work", type=Path, help="where the stages keep what they made; build/training/RECIPE")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="where the model goes")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--workers", type=int, default=2, help="processes that make batches")
    parser.add_argument("--teacher-minutes", type=float, help="instead of the recipe's epochs")
    parser.add_argument("--student-minutes", type=float)
    parser.add_argument("--steps", type=int, help="instead of the recipe's epochs")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    options = make_parser().parse_args(arguments)
    if options.config is None:
        options.config = HERE / ("laptop.toml" if find_device(options.device) == "cpu" else "config.toml")
    print(f"The model is in {build(options)}")


if __name__ == "__main__":
    try:
        main()
    except KGError as error:
        raise SystemExit(f"error: {error}") from None
