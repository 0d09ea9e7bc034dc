"""Training: the loss falls, a training that was killed goes on where it stopped, a student is made of a teacher."""

import json
import math

import pytest
import torch

from kg.errors import ConfigError, ExtractionError
from training import train as program
from training.train import (
    Progress,
    keep_tokenizer,
    load_student,
    make_reader,
    parameter_groups,
    rate_at,
    steps_kept,
    steps_of,
    train,
)

SETTINGS = {
    "layers": 2, "encoder_rate": 3e-4, "head_rate": 2e-3, "layer_decay": 0.95, "pieces": 200, "warm_up": 5,
    "weight_decay": 0.01, "dropout": 0.0, "renamed": 0.0, "average": 0.9, "auxiliary": 0.0, "epochs": 6,
}  # fmt: skip
RECIPE = """
seed = 7
[teacher]
{settings}
[student]
{settings}
texts = 0.5
"""


@pytest.fixture
def recipe(tmp_path):
    settings = "\n".join(f"{name} = {value}" for name, value in SETTINGS.items())
    student = settings.replace("layers = 2", "layers = 1")
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace("{settings}", settings, 1).replace("{settings}", student), encoding="utf-8")
    return path


@pytest.fixture
def run(prepared, encoder_folder, recipe, tmp_path):
    def start(stage, *more):
        given = {
            "--data": prepared,
            "--out": tmp_path / "out",
            "--encoder": encoder_folder,
            "--config": recipe,
            "--workers": 1,
        }
        program.main([stage, *(str(part) for pair in given.items() for part in pair), *more])
        return tmp_path / "out"

    return start


def losses_of(path):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if "step" in row]


@pytest.mark.filterwarnings("ignore:This process")  # forks beside threads
@pytest.mark.filterwarnings("ignore:.*pin_memory")
def test_thirty_steps_teach_something_and_a_student_is_made_of_it(run, encoder_folder, corpus, capsys):
    out = run("all", "--steps", "30")
    rows = losses_of(out / "all.log")
    taught = [row for row in rows if "hidden" not in row]
    assert taught[-1]["step"] == 30
    for name in ("tags", "relations"):
        assert taught[-1][name] < 0.7 * taught[0][name], name
    student = [row for row in rows if "hidden" in row]
    assert student[-1]["step"] == 30
    assert all(math.isfinite(value) for row in rows for value in row.values())
    assert not list(out.glob("*.checkpoint.pt*"))
    assert (out / "texts.tagged.jsonl").is_file()
    read = load_student(out / "student-1.safetensors", str(encoder_folder), corpus)
    assert read.encoder.config.num_hidden_layers == 1
    assert '"stage": "saved"' in capsys.readouterr().out
    with pytest.raises(ConfigError, match="not a student"):
        (out / "other").mkdir()
        load_student_of_another_encoder(out, corpus)


def load_student_of_another_encoder(out, corpus):
    import transformers

    config = transformers.Gemma3TextConfig(
        vocab_size=30, hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=1,
        num_key_value_heads=1, head_dim=32, layer_types=["full_attention"], use_bidirectional_attention=True,
    )  # fmt: skip
    transformers.Gemma3TextModel(config).save_pretrained(out / "other")
    (out / "tokenizer.json").rename(out / "other" / "tokenizer.json")
    load_student(out / "student-1.safetensors", str(out / "other"), corpus)


class Killed(BaseException):
    """What a signal does, at a step of our choice."""


def test_a_training_that_was_killed_goes_on_where_it_stopped(reader, corpus, tmp_path):
    from training.batches import stream
    from training.losses import gold_losses, read

    checkpoint, logged = tmp_path / "c.pt", []
    batches = stream(corpus, "train", pieces=200, seed=1, workers=0)

    def start(model, *, killed_at=None):
        progress = Progress(minutes=None, steps=30)

        def next_batch(share):
            if progress.done == killed_at:
                raise Killed
            return next(batches)

        train(
            model, SETTINGS, torch.device("cpu"), progress=progress, next_batch=next_batch, log=logged.append, checkpoint=checkpoint,
            step_losses=lambda batch: gold_losses(model, read(model, batch, batch["said"]), batch), keep_every=0,
        )  # fmt: skip
        return progress

    with pytest.raises(Killed):
        start(reader, killed_at=22)
    assert steps_kept(checkpoint) == 22
    stopped = {name: value.clone() for name, value in reader.state_dict().items()}

    fresh = make_reader_like(reader)
    with pytest.raises(Killed):
        start(fresh, killed_at=22)  # not one step: only what was kept is taken up
    assert all(torch.equal(value, stopped[name]) for name, value in fresh.state_dict().items())

    assert start(make_reader_like(reader)).done == 30
    assert [row["step"] for row in logged] == [5, 10, 15, 20, 25, 30]
    assert logged[-1]["tags"] < 0.6 * logged[0]["tags"]


def make_reader_like(reader):
    import copy

    fresh = copy.deepcopy(reader)
    with torch.no_grad():
        for parameter in fresh.parameters():
            parameter.add_(0.5)
    return program.make_trainable(fresh, dropout=0.0)


def test_a_teacher_that_is_there_is_not_trained_again(run, capsys):
    out = run("teacher", "--steps", "5")
    before = (out / "teacher.pt").read_bytes()
    run("teacher", "--steps", "5")
    assert (out / "teacher.pt").read_bytes() == before
    assert len(losses_of(out / "teacher.log")) == 1


def test_data_that_teaches_nothing_ends_in_a_sentence(reader, corpus):
    from training.batches import stream

    batches = stream(corpus, "train", pieces=200, seed=1, workers=0)
    with pytest.raises(ExtractionError, match="nothing to learn"):
        train(
            reader, SETTINGS, torch.device("cpu"), progress=Progress(minutes=None, steps=3), log=print,
            next_batch=lambda share: next(batches), step_losses=lambda batch: {},
        )  # fmt: skip


def test_a_step_that_is_no_number_is_lost_alone(reader, corpus):
    from training.batches import stream
    from training.losses import gold_losses, read

    batches, count = stream(corpus, "train", pieces=200, seed=1, workers=0), iter(range(100))

    def losses(batch):
        found = gold_losses(reader, read(reader, batch, batch["said"]), batch)
        return {name: loss * float("nan") if next(count) == 0 else loss for name, loss in found.items()}

    train(
        reader, SETTINGS, torch.device("cpu"), progress=Progress(minutes=None, steps=4), log=lambda row: None,
        next_batch=lambda share: next(batches), step_losses=losses,
    )  # fmt: skip
    assert all(value.isfinite().all() for value in reader.state_dict().values())


def test_rates_rise_by_steps_and_fall_to_a_fiftieth():
    assert [rate_at(0.0, step, 4) for step in range(4)] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert rate_at(1.0, 100, 4) == pytest.approx(0.02)
    assert rate_at(0.2, 50, 4) > rate_at(0.5, 50, 4) > rate_at(0.9, 50, 4)


def test_lower_layers_and_frozen_ones_learn_less(encoder_folder, corpus):
    reader = make_reader(str(encoder_folder), None, corpus, dropout=0.0, frozen=1)
    rates = {}
    for group in parameter_groups(reader, SETTINGS):
        for parameter in group["params"]:
            rates[id(parameter)] = (group["lr"], group["weight_decay"])
    named = dict(reader.named_parameters())
    assert id(named["encoder.embed_tokens.weight"]) not in rates
    assert id(named["encoder.layers.0.mlp.up_proj.weight"]) not in rates
    assert rates[id(named["encoder.layers.1.mlp.up_proj.weight"])] == pytest.approx((3e-4, 0.01))
    assert rates[id(named["encoder.layers.1.input_layernorm.weight"])][1] == 0
    assert rates[id(named["relator.pair.weight"])] == pytest.approx((2e-3, 0.01))


def test_steps_are_those_of_the_epochs(corpus):
    characters = sum(len(document.text) for document in corpus.train)
    assert steps_of({"epochs": 10, "pieces": 100}, corpus) == math.ceil(10 * characters / 1.3 / 100)
    assert steps_of({"epochs": 1, "pieces": 10**6}, corpus) == 1


def test_a_clock_that_was_stopped_goes_on(monkeypatch):
    now = iter([0.0, 0.0, 30.0, 30.0])
    monkeypatch.setattr("training.train.time.monotonic", lambda: next(now))
    progress = Progress(minutes=1, steps=0)
    progress.before = 15.0
    assert progress.share == 0.25
    assert progress.share == 0.75


def test_a_tokenizer_of_another_kind_is_refused(tmp_path):
    from tokenizers import Tokenizer, models

    (tmp_path / "encoder").mkdir()
    Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]")).save(str(tmp_path / "encoder" / "tokenizer.json"))
    with pytest.raises(ConfigError, match="Gemma"):
        keep_tokenizer(str(tmp_path / "encoder"), tmp_path)
    assert not (tmp_path / "tokenizer.json").exists()


def test_weights_of_another_model_are_no_start(run, tmp_path):
    torch.save({"other": torch.zeros(1)}, tmp_path / "start.pt")
    with pytest.raises(ConfigError, match="not weights of this model"):
        run("teacher", "--steps", "1", "--start", str(tmp_path / "start.pt"))
