"""The exported encoder computes what PyTorch's does, exactly in fp32 and nearly in int8 and int4."""

import sys
from pathlib import Path

import numpy as np
import pytest

from kg.errors import OutputError, UsageError

torch = pytest.importorskip("torch", reason="training needs PyTorch; pip install torch transformers")
transformers = pytest.importorskip("transformers", reason="training needs transformers; pip install transformers")
onnx = pytest.importorskip("onnx", reason="export needs onnx; pip install onnx onnxscript")
onnxruntime = pytest.importorskip("onnxruntime", reason="export needs ONNX Runtime; pip install onnxruntime")

sys.path.insert(0, str(Path(__file__).parents[2]))
from training.export import export_encoder  # noqa: E402
from training.gemma_graph import OPSET, covers  # noqa: E402
from training.smoothing import smooth_activations  # noqa: E402

# PyTorch's own exporter warns about parts of PyTorch.
traces = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")

VOCABULARY = 200
LENGTHS = [1, 2, 7, 40]


def make_gemma(**settings):
    torch.manual_seed(3)
    config = {
        "vocab_size": VOCABULARY,
        "hidden_size": 96,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "query_pre_attn_scalar": 32,
        "max_position_embeddings": 64,
        "sliding_window": 16,
        "layer_types": ["sliding_attention", "full_attention"],
        "use_bidirectional_attention": True,
    }
    model = transformers.Gemma3TextModel(transformers.Gemma3TextConfig(**(config | settings))).eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim == 1:
                value.normal_(0, 0.3)
            elif "proj" in name:
                value.normal_(0, value.shape[1] ** -0.5)
    return model


@pytest.fixture(scope="module")
def gemma():
    return make_gemma()


def make_ids(length):
    return np.random.default_rng(length).integers(0, VOCABULARY, (1, length))


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run_torch(encoder, ids):
    with torch.no_grad():
        return encoder(input_ids=torch.from_numpy(ids)).last_hidden_state.numpy()


def relative_error(encoder, path):
    session = open_session(path)
    got = [session.run(None, {"input_ids": make_ids(n)})[0] for n in LENGTHS]
    expected = [run_torch(encoder, make_ids(n)) for n in LENGTHS]
    assert [a.shape for a in got] == [a.shape for a in expected]
    got, expected = np.concatenate(got, 1), np.concatenate(expected, 1)
    return np.sqrt(((got - expected) ** 2).mean() / (expected**2).mean())


@pytest.mark.parametrize("length", LENGTHS)
def test_in_fp32_the_graph_equals_pytorch(gemma, tmp_path, length):
    export_encoder(gemma, tmp_path / "encoder.onnx")
    ids = make_ids(length)
    got = open_session(tmp_path / "encoder.onnx").run(None, {"input_ids": ids})[0]
    np.testing.assert_allclose(got, run_torch(gemma, ids), atol=1e-3, rtol=0)
    assert got.dtype == np.float32


def test_the_graph_is_valid_onnx(gemma, tmp_path):
    for quantise in (None, "int8", "int4"):
        export_encoder(gemma, tmp_path / "encoder.onnx", quantise=quantise)
        onnx.checker.check_model(onnx.load(tmp_path / "encoder.onnx"), full_check=quantise is None)


# Random weights spread an error more than trained ones do: 0.02 to 0.05 in int8 with EmbeddingGemma's first 6 to 12 layers.
@pytest.mark.parametrize(("quantise", "bound"), [("int8", 0.08), ("int4", 0.45)])
def test_quantised_the_graph_is_near_pytorch(gemma, tmp_path, quantise, bound):
    export_encoder(gemma, tmp_path / "whole.onnx")
    export_encoder(gemma, tmp_path / "encoder.onnx", quantise=quantise)
    assert 1e-4 < relative_error(gemma, tmp_path / "encoder.onnx") < bound
    assert (tmp_path / "encoder.onnx").stat().st_size < 0.5 * (tmp_path / "whole.onnx").stat().st_size


def round_to(value, steps, dim):
    largest = value.abs().amax(dim, keepdim=True)
    return (value / largest * steps).round() / steps * largest


class RoundedLinear(torch.nn.Linear):
    """What the int8 graph should compute, in fp32: activations rounded by row, weights by output."""

    def forward(self, value):
        return torch.nn.functional.linear(round_to(value, 127, -1), round_to(self.weight, 63, 1))


def test_int8_rounds_each_piece_and_each_output_by_its_own_scale_and_nothing_else(gemma, tmp_path):
    export_encoder(gemma, tmp_path / "encoder.onnx", quantise="int8")
    rounded = make_gemma()
    with torch.no_grad():
        rounded.embed_tokens.weight.copy_(round_to(rounded.embed_tokens.weight, 127, 1))
    for module in rounded.modules():
        if isinstance(module, torch.nn.Linear):
            module.__class__ = RoundedLinear
    error = relative_error(gemma, tmp_path / "encoder.onnx")
    # Sums in another order send a few values to the code next door, so it is not 0.
    assert relative_error(rounded, tmp_path / "encoder.onnx") < 0.1 * error


def test_an_outlying_piece_does_not_coarsen_the_others(tmp_path):
    """One piece whose activations dwarf all others' must cost only itself its digits, as each has its own scale."""
    encoder = make_gemma(sliding_window=2, layer_types=["sliding_attention"] * 2)
    with torch.no_grad():
        for layer in encoder.layers:
            layer.mlp.gate_proj.weight[:, 0] = 3
        encoder.embed_tokens.weight[0] = 0
        encoder.embed_tokens.weight[0, 0] = 5
    export_encoder(encoder, tmp_path / "encoder.onnx", quantise="int8")
    session = open_session(tmp_path / "encoder.onnx")
    ordinary = make_ids(30) % (VOCABULARY - 1) + 1
    outlying = ordinary.copy()
    outlying[0, -1] = 0
    far = slice(0, 25)  # two layers reach two pieces: nothing of the last one gets here
    (plain,), (beside,) = (session.run(None, {"input_ids": ids}) for ids in (ordinary, outlying))
    assert not np.array_equal(plain[:, -1], beside[:, -1])
    np.testing.assert_array_equal(plain[:, far], beside[:, far])


def test_smoothing_changes_nothing_but_the_size_of_activations(gemma, tmp_path):
    encoder = make_gemma()
    with torch.no_grad():
        for layer in encoder.layers:
            layer.pre_feedforward_layernorm.weight[5] = 200
            layer.input_layernorm.weight[7] = 200
    texts = [make_ids(n)[0] for n in LENGTHS]
    smooth = smooth_activations(encoder, texts)
    np.testing.assert_allclose(run_torch(smooth, make_ids(30)), run_torch(encoder, make_ids(30)), atol=1e-3, rtol=0)
    export_encoder(encoder, tmp_path / "rough.onnx", quantise="int8")
    export_encoder(encoder, tmp_path / "smooth.onnx", quantise="int8", calibration=texts)
    assert relative_error(encoder, tmp_path / "smooth.onnx") < 0.7 * relative_error(encoder, tmp_path / "rough.onnx")


def test_smoothing_leaves_the_encoder_itself_alone(gemma):
    before = {name: value.clone() for name, value in gemma.state_dict().items()}
    smooth_activations(gemma, [make_ids(9)[0]])
    assert all(torch.equal(value, before[name]) for name, value in gemma.state_dict().items())


def test_smoothing_without_a_text_is_refused(gemma):
    with pytest.raises(ValueError, match="no text"):
        smooth_activations(gemma, [])


@pytest.mark.parametrize("quantise", [None, "int8", "int4"])
def test_letters_are_rows_of_the_embedding_table_as_the_encoder_reads_them(gemma, tmp_path, quantise):
    export_encoder(gemma, tmp_path / "encoder.onnx", quantise=quantise, letters=True)
    letters = make_ids(13)
    feed = {"input_ids": make_ids(7), "letters": letters}
    hidden, rows = open_session(tmp_path / "encoder.onnx").run(["last_hidden_state", "letter_embeddings"], feed)
    expected = gemma.get_input_embeddings()(torch.from_numpy(letters)).detach().numpy()
    assert hidden.shape == (1, 7, 96)
    np.testing.assert_allclose(rows, expected, atol=0.5 * np.abs(expected).max() / 127 + 1e-6, rtol=0)


@traces
def test_heads_can_be_joined_to_the_graph(gemma, tmp_path):
    export_encoder(gemma, tmp_path / "encoder.onnx")
    head = torch.nn.Linear(96, 4).eval()
    program = torch.onnx.export(
        head, (torch.zeros(1, 5, 96),), dynamo=True, opset_version=OPSET, verbose=False,
        input_names=["hidden"], output_names=["tags"], dynamic_shapes={"input": {1: torch.export.Dim.DYNAMIC}},
    )  # fmt: skip
    parts = onnx.load(tmp_path / "encoder.onnx"), program.model_proto
    joined = onnx.compose.merge_models(*parts, io_map=[("last_hidden_state", "hidden")])
    onnx.save(joined, tmp_path / "joined.onnx")
    got = open_session(tmp_path / "joined.onnx").run(None, {"input_ids": make_ids(7)})[0]
    expected = head(torch.from_numpy(run_torch(gemma, make_ids(7)))).detach().numpy()
    np.testing.assert_allclose(got, expected, atol=1e-3, rtol=0)


@traces
@pytest.mark.parametrize(("quantise", "bound"), [(None, 1e-4), ("int8", 0.05), ("int4", 0.3)])
def test_another_encoder_is_traced(tmp_path, quantise, bound):
    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=VOCABULARY, hidden_size=96, num_hidden_layers=2, num_attention_heads=3, intermediate_size=128
    )
    bert = transformers.BertModel(config, add_pooling_layer=False).eval()
    assert not covers(bert)
    export_encoder(bert, tmp_path / "encoder.onnx", quantise=quantise)
    assert relative_error(bert, tmp_path / "encoder.onnx") < bound


def test_a_gemma_that_looks_to_one_side_is_not_taken_for_embedding_gemma(gemma):
    assert covers(gemma)
    assert not covers(make_gemma(use_bidirectional_attention=False))
    assert not covers(make_gemma(num_attention_heads=4, num_key_value_heads=2))


def test_an_unknown_quantisation_is_refused(gemma, tmp_path):
    with pytest.raises(UsageError, match="choose 'int8', 'int4' or None"):
        export_encoder(gemma, tmp_path / "encoder.onnx", quantise="int2")


def test_what_cannot_be_written_is_said_and_leaves_nothing(gemma, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        export_encoder(gemma, tmp_path / "no folder" / "encoder.onnx")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        export_encoder(gemma, tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
