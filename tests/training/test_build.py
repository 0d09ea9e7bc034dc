"""From a data folder to an installed model, and what a build says where something is missing."""

import gzip
import json
import shutil

import pytest

from kg.errors import ConfigError, UsageError
from training import build as program
from training.build import check_recipe, draw_curve, find_device, find_encoder, make_parser

pytestmark = pytest.mark.filterwarnings("ignore:.*pin_memory")
NAMES = ("train", "valid", "test", "cluener-train", "cluener-dev", "boson", "resume-train")
OTHER = {name: "".join(chr(0x4E00 + 40 * n + i) for i in range(20)) for n, name in enumerate(NAMES)}
"""A text for each file: what repeats one kept apart is left out."""
RECIPE = """
encoder = "encoder/tiny"
seed = 7
[teacher]
layers = 2
encoder_rate = 3e-4
head_rate = 2e-3
layer_decay = 0.95
pieces = 200
warm_up = 5
weight_decay = 0.01
dropout = 0.0
renamed = 0.0
average = 0.9
auxiliary = 0.3
epochs = 1
"""


OURS = {
    "id": "w-1", "date": "2025-03-04", "title": "", "text": "今年二月，云岭咖啡把首家门店开进了海潮广场。",
    "entities": [{"name": n, "type": t, "names": [n]} for n, t in (("云岭咖啡", "Brand"), ("海潮广场", "Place"))],
    "relations": [
        {"head": "云岭咖啡", "relation": "LOCATED_IN", "tail": "海潮广场", "status": "actual", "time": "2025-02", "evidence": [0, 22]}
    ],
}  # fmt: skip


@pytest.fixture
def world(shared, articles, encoder_folder, tmp_path, monkeypatch):
    """A folder of data, scorer and encoder as the real one is laid out, with eight articles in it."""
    folder = tmp_path / "world"
    data = folder / "data"
    (data / "articles").mkdir(parents=True)
    lines = [json.dumps(article, ensure_ascii=False) + "\n" for article in articles]
    (data / "articles" / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    (data / "finre").mkdir()
    for name in ("train", "valid", "test"):
        (data / "finre" / f"{name}.txt").write_text(
            f"林北\t远山资本\t持有\t{OTHER[name]}林北持有远山资本{OTHER[name]}\n", encoding="utf-8"
        )
    (data / "ner").mkdir()
    row = {
        "text": "周岚在东湖证券任职",
        "entity_list": [{"entity_index": {"begin": 0, "end": 2}, "entity_type": "name"}],
    }
    for name in ("cluener-train", "cluener-dev", "boson", "resume-train"):
        (data / "ner" / f"{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (data / "text").mkdir()
    with gzip.open(data / "text" / "zh-business.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(article["text"]) + "\n" for article in articles))
    (data / "companies.jsonl").write_text(json.dumps({"name": "天工精密"}) + "\n", encoding="utf-8")
    (folder / "gold").mkdir()
    shutil.copy(shared / "gold" / "score.py", folder / "gold")
    shutil.copy(shared / "ontology.toml", folder)
    shutil.copytree(encoder_folder, folder / "encoder" / "tiny")
    (tmp_path / "development.txt").write_text("s-1\ns-4\ns-5\n", encoding="utf-8")
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.setenv("KG_SHARED", str(folder))
    monkeypatch.setattr("training.prepare.DEVELOPMENT_FILE", tmp_path / "development.txt")
    (tmp_path / "annotated" / "written").mkdir(parents=True)
    ours = [OURS, {**articles[0], "id": "again", "relations": []}]  # the second repeats the development split's s-1
    (tmp_path / "annotated" / "written" / "a.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in ours), encoding="utf-8"
    )
    monkeypatch.setattr("training.prepare.FOLDER", tmp_path / "annotated")
    return tmp_path


def arguments(world, *more):
    return make_parser().parse_args([
        "--config", str(world / "recipe.toml"), "--work", str(world / "work"), "--model", str(world / "model"),
        "--device", "cpu", "--workers", "1", "--steps", "5", *more,
    ])  # fmt: skip


@pytest.mark.slow
def test_a_model_is_built_from_data_and_a_second_build_does_nothing_twice(world, monkeypatch, capsys):
    model = program.build(arguments(world))
    assert {path.name for path in model.iterdir()} == {
        "reader.onnx", "relations.onnx", "aliases.onnx", "statements.onnx", "tokenizer.json", "config.json", "model.toml", "CARD.md",
        "curves.jsonl",
    }  # fmt: skip
    card = (model / "CARD.md").read_text(encoding="utf-8")
    for part in ("6 annotated texts", "head_rate = 2e-3", "| written | 3 |", "| step |"):
        assert part in card
    learnt = (world / "work" / "prepared" / "train.jsonl").read_text(encoding="utf-8")
    assert '"id":"w-1"' in learnt, "what is annotated in the repository is learnt from"
    assert '"id":"again"' not in learnt, "but for what repeats the development split"
    apart = {
        json.loads(line)["id"]
        for line in (world / "work" / "prepared" / "development.gold.jsonl").read_text(encoding="utf-8").splitlines()
    }
    assert apart == {"s-1", "s-4", "s-5"}
    learnt = (world / "work" / "prepared" / "texts.jsonl").read_text(encoding="utf-8")
    assert "蓝桥支付" not in learnt, "texts of the development split are left out"
    assert "鲜锋超市" in learnt
    assert "== training on cpu" in capsys.readouterr().out

    before = (model / "reader.onnx").read_bytes()
    for name in ("prepare", "export", "fit"):
        monkeypatch.setattr(program, name, None)  # called, they would fail
    program.build(arguments(world))
    assert (model / "reader.onnx").read_bytes() == before
    assert "== training" not in capsys.readouterr().out

    (world / "recipe.toml").write_text(RECIPE.replace("seed = 7", "seed = 8"), encoding="utf-8")
    with pytest.raises(UsageError, match="another recipe"):
        program.build(arguments(world))


def test_where_no_data_is_a_sentence_says_how_to_name_it(world, monkeypatch):
    shutil.rmtree(world / "world" / "data" / "articles")
    with pytest.raises(ConfigError, match="KG_SHARED"):
        program.build(arguments(world))
    assert not (world / "work" / "prepared").exists()


def test_an_encoder_is_a_folder_one_below_the_data_or_a_name(world, tmp_path):
    assert find_encoder("encoder/tiny") == str(world / "world" / "encoder" / "tiny")
    assert find_encoder(str(world / "world" / "encoder" / "tiny")).endswith("tiny")
    assert find_encoder("google/embeddinggemma-300m") == "google/embeddinggemma-300m"
    with pytest.raises(ConfigError, match="no encoder there"):
        find_encoder("encoder/none")
    with pytest.raises(ConfigError, match="no encoder there"):
        find_encoder(str(tmp_path / "none"))


def test_a_device_that_is_not_there_is_said():
    import torch

    assert find_device("cpu") == "cpu"
    assert find_device(None) == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(ConfigError, match="take cpu or cuda"):
        find_device("abacus")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="no such device"):
            find_device("cuda")


def test_a_work_folder_belongs_to_one_recipe_and_encoder(tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text("seed = 1", encoding="utf-8")
    check_recipe(tmp_path, recipe, "e")
    check_recipe(tmp_path, recipe, "e")
    with pytest.raises(UsageError, match="another recipe or encoder"):
        check_recipe(tmp_path, recipe, "f")


def test_a_curve_is_a_dozen_rows_from_first_to_last():
    rows = [{"step": n, "tags": 1 / n, "norm": 3} for n in range(1, 101)]
    lines = draw_curve(rows).splitlines()
    assert len(lines) == 14
    assert lines[2].startswith("| 1 | 1.000")
    assert lines[-1].startswith("| 100 | 0.010")
    assert draw_curve(rows[:1]).count("\n") == 2
    assert draw_curve([]) == "none were kept."
