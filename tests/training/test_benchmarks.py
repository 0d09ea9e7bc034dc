"""Figures that others publish: how they are counted, and that a head learns its task and is measured on texts of its own."""

import json

import pytest

from training import benchmarks as program
from training.benchmarks import find_names, find_relations, main, pair_f1, strict_f1

NAMES = [
    {"text": "青禾网与蓝桥支付合作。", "spans": [[0, 3, "company"], [4, 8, "company"]]},
    {"text": "王岚任职青禾网。", "spans": [[0, 2, "name"], [4, 7, "company"]]},
]
PAIRS = [
    {
        "text": "青禾网与蓝桥支付合作。",
        "pairs": [["青禾网", "蓝桥支付", ["合作"]], ["蓝桥支付", "青禾网", ["unknown"]]],
    },
    {"text": "青禾网收购小鹿。", "pairs": [["青禾网", "小鹿", ["收购"]]]},
]


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(prepared, tmp_path):
    from shutil import copytree

    made = copytree(prepared, tmp_path / "prepared")
    write(made / "cluener-train.jsonl", NAMES * 4)
    write(made / "cluener-dev.jsonl", NAMES)
    write(made / "finre-train.jsonl", PAIRS * 4)
    write(made / "finre-test.jsonl", PAIRS)
    return made


def test_a_name_counts_with_its_span_and_its_type():
    right = [{(0, 3, "company"), (4, 8, "company")}, {(0, 2, "name")}]
    found = [{(0, 3, "company"), (4, 7, "company")}, {(0, 2, "company")}]
    assert strict_f1(found, right) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert strict_f1([set(), set()], right) == (0, 0, 0)


def test_an_answer_counts_if_it_is_among_the_labels_and_unknown_is_none():
    right = [{"合作"}, {"unknown"}, {"收购", "持股"}, {"unknown", "合作"}]
    assert pair_f1(["合作", "unknown", "持股", "合作"], right)[:2] == (1, 1)
    precision, recall, f1 = pair_f1(["合作", "合作", "unknown", "收购"], right)
    assert (precision, recall, f1) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


@pytest.mark.filterwarnings("ignore:.*pin_memory")
@pytest.mark.parametrize("task", ["cluener", "finre"])
def test_a_head_learns_its_task(task, folder, encoder_folder, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        "[teacher]\nlayers = 2\nencoder_rate = 1e-3\nhead_rate = 5e-3\nlayer_decay = 1.0\npieces = 200\nwarm_up = 5\n"
        "weight_decay = 0.0\ndropout = 0.0\naverage = 0.9\n",
        encoding="utf-8",
    )
    given = {
        "--data": folder,
        "--out": tmp_path / "out",
        "--encoder": encoder_folder,
        "--config": recipe,
        "--steps": 80,
    }
    main([task, *(str(part) for pair in given.items() for part in pair)])
    rows = [json.loads(line) for line in (tmp_path / "out" / f"{task}.log").read_text(encoding="utf-8").splitlines()]
    assert rows[-1]["task"] == task
    assert rows[-1]["F1"] > 0.6


def test_answers_come_in_the_order_of_the_pairs_and_a_name_that_is_not_there_is_unknown(
    folder, encoder_folder, tmp_path
):
    import torch

    from training.batches import Corpus
    from training.train import make_reader

    corpus = program.only(Corpus(folder, str(folder / "tokenizer.json")), "finre")
    torch.manual_seed(1)
    reader = make_reader(str(encoder_folder), None, corpus, dropout=0.0).eval()
    with torch.no_grad():
        reader.finre.bias.zero_()
        reader.finre.weight.zero_()
        reader.finre.bias[corpus.finre_labels.index("合作")] = 1.0
    rows = [PAIRS[0], {"text": "什么都没有。", "pairs": [["青禾网", "小鹿", ["合作"]]]}, PAIRS[1]]
    assert find_relations(reader, rows, corpus) == ["合作", "合作", "unknown", "合作"]
    names = program.only(Corpus(folder, str(folder / "tokenizer.json")), program.NAMES)
    tagged = find_names(make_reader(str(encoder_folder), None, names, dropout=0.0).eval(), NAMES, names, program.NAMES)
    assert len(tagged) == 2
    assert all(text["text"][start:end] for text, spans in zip(NAMES, tagged, strict=True) for start, end, _ in spans)
