"""The encoder that training starts from: read whole or cut, from int8 rows or as transformers writes it."""

import json
import sys
from pathlib import Path

import pytest

from kg.errors import ConfigError

torch = pytest.importorskip("torch", reason="training needs PyTorch; pip install torch transformers")
transformers = pytest.importorskip("transformers", reason="training needs transformers; pip install transformers")
from safetensors.torch import save_file  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402

sys.path.insert(0, str(Path(__file__).parents[2]))
from training.encoder import keep_layers, load_encoder  # noqa: E402

SETTINGS = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "query_pre_attn_scalar": 16,
    "max_position_embeddings": 64,
    "sliding_window": 8,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
    "use_bidirectional_attention": True,
}
IDS = torch.arange(2, 22).view(1, -1)


@pytest.fixture
def gemma():
    torch.manual_seed(1)
    return transformers.Gemma3TextModel(transformers.Gemma3TextConfig(**SETTINGS)).eval()


@pytest.fixture
def tokenizer():
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "小": 1, "红": 2, "书": 3}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return tokenizer


@pytest.fixture
def rows(tmp_path, gemma, tokenizer):
    """A folder of int8 rows in two files, as EmbeddingGemma travels."""
    files = {"embeddings": {}, "layers-00-02": {}}
    for name, value in gemma.state_dict().items():
        part = files["layers-00-02" if name.startswith("layers.") else "embeddings"]
        if value.ndim == 2:
            scale = (value.abs().amax(1, keepdim=True) / 127).half()
            part[name] = (value / scale.float()).round().clamp(-127, 127).to(torch.int8)
            part[f"{name}.scale"] = scale
        else:
            part[name] = value.half()
    for name, tensors in files.items():
        save_file(tensors, tmp_path / f"{name}.int8.safetensors")
    config = SETTINGS | {"architectures": ["Gemma3TextModel"], "model_type": "gemma3_text", "transformers_version": "1"}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def states(model):
    with torch.no_grad():
        return model(IDS, output_hidden_states=True).hidden_states


def test_int8_rows_are_read_to_within_their_rounding(rows, gemma):
    encoder, tokenizer = load_encoder(rows)
    expected, got = states(gemma)[-1], states(encoder)[-1]
    assert ((got - expected).norm() / expected.norm()).item() < 0.03
    assert not encoder.training
    assert {value.dtype for value in encoder.state_dict().values()} == {torch.float32}
    assert tokenizer.encode("小红书").ids == [1, 2, 3]


def test_a_cut_encoder_computes_what_the_first_layers_of_the_whole_do(rows):
    whole, _ = load_encoder(rows)
    cut, _ = load_encoder(rows, layers=2)
    assert len(cut.layers) == 2
    assert cut.config.layer_types == ["sliding_attention", "sliding_attention"]
    with torch.no_grad():
        assert torch.equal(states(cut)[-1], whole.norm(states(whole)[2]))


def test_attention_looks_to_both_sides_as_far_as_half_the_window(rows):
    encoder, _ = load_encoder(rows, layers=1)
    before, changed = states(encoder)[-1], IDS.clone()
    changed[0, 10] = 40
    with torch.no_grad():
        after = encoder(changed).last_hidden_state
    moved = (after != before).any(-1)[0].nonzero().flatten().tolist()
    assert moved == list(range(10 - 4, 10 + 4 + 1))


@pytest.mark.parametrize("layers", [0, -1, 4])
def test_a_count_of_layers_that_the_encoder_has_not_is_refused(rows, layers):
    with pytest.raises(ConfigError, match="choose 1 to 3"):
        load_encoder(rows, layers=layers)


def test_a_missing_weight_is_named(rows):
    (rows / "layers-00-02.int8.safetensors").unlink()
    with pytest.raises(ConfigError, match=r"missing: \['layers\.0"):
        load_encoder(rows)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_a_missing_file_is_named(rows, name):
    (rows / name).unlink()
    with pytest.raises(ConfigError, match=name):
        load_encoder(rows)


def test_a_folder_without_an_encoder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no encoder there"):
        load_encoder(tmp_path / "nothing")


@pytest.mark.parametrize("layers", [None, 2])
def test_what_transformers_wrote_is_read(tmp_path, gemma, tokenizer, layers):
    gemma.save_pretrained(tmp_path)
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(tmp_path)
    encoder, read = load_encoder(tmp_path, layers=layers)
    assert encoder.config.sliding_window == gemma.config.sliding_window
    assert read.encode("红书").ids == [2, 3]
    with torch.no_grad():
        expected = states(gemma)[-1] if layers is None else gemma.norm(states(gemma)[layers])
    assert torch.allclose(states(encoder)[-1], expected, atol=1e-6)


def test_layers_of_bert_are_cut_too():
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=48
    )
    bert = transformers.BertModel(config, add_pooling_layer=False).eval()
    expected = states(bert)[2]
    keep_layers(bert, 2)
    assert torch.allclose(states(bert)[-1], expected, atol=1e-6)


@pytest.mark.slow
def test_embedding_gemma_itself_is_read(shared):
    encoder, tokenizer = load_encoder(shared / "encoder" / "gemma", layers=2)
    ids = tokenizer.encode("5月7日，小红书与淘宝天猫签署战略合作协议").ids
    with torch.no_grad():
        hidden = encoder(torch.tensor([ids])).last_hidden_state
    assert hidden.shape == (1, len(ids), 768)
    assert hidden.isfinite().all()
