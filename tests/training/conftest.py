"""Eight annotated articles, a tokenizer that knows their characters, and a tiny encoder of Gemma's kind."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# Models here are so small that threads only wait for each other; set before PyTorch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

WITH_TORCH = (
    "batches",
    "benchmarks",
    "build",
    "encoder",
    "examples",
    "export",
    "heads",
    "losses",
    "model",
    "own",
    "train",
)
if importlib.util.find_spec("torch") is None:  # `make train-setup` makes an environment that has it
    collect_ignore = [f"test_{name}.py" for name in WITH_TORCH]

WORDS = ("青禾网", "蓝桥支付", "合作", "宣布", "收购", "据悉，", "科技", "小鹿", "银行任命")
"""One piece each; that of 银行任命 lies across the end of a name."""


@pytest.fixture(scope="session")
def articles():
    lines = (Path(__file__).parent / "data" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "kind": "written"} for line in lines]


@pytest.fixture(scope="session")
def documents(articles):
    from training.annotated import document

    return [document(article, "written") for article in articles]


@pytest.fixture(scope="session")
def tokenizer(documents):
    from tests.extract.small_tokenizer import make_tokenizer

    return make_tokenizer("".join(document.text for document in documents), WORDS)


@pytest.fixture(scope="session")
def prepared(documents, tokenizer, tmp_path_factory):
    """A folder as training.prepare writes it, without auxiliary tasks; the development split is the training data."""
    from training.annotated import write_documents

    folder = tmp_path_factory.mktemp("prepared")
    write_documents(documents, folder / "train.jsonl")
    write_documents(documents, folder / "development.jsonl")
    texts = [json.dumps({"text": document.text}, ensure_ascii=False) + "\n" for document in documents]
    (folder / "texts.jsonl").write_text("".join(texts), encoding="utf-8")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def encoder_folder(tokenizer, tmp_path_factory):
    """A random encoder of two layers, as transformers writes one."""
    import torch
    import transformers

    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(3)
    config = transformers.Gemma3TextConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=96,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=3,
        num_key_value_heads=1,
        head_dim=32,
        query_pre_attn_scalar=32,
        max_position_embeddings=1024,
        sliding_window=64,
        layer_types=["sliding_attention", "full_attention"],
        use_bidirectional_attention=True,
    )
    transformers.Gemma3TextModel(config).save_pretrained(folder)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", unk_token="<unk>", pad_token="<pad>"
    )
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def corpus(prepared):
    from training.batches import Corpus

    return Corpus(prepared, str(prepared / "tokenizer.json"))


@pytest.fixture
def reader(encoder_folder, corpus):
    """An untrained Reader, in evaluation mode."""
    import torch

    from training.train import make_reader

    torch.manual_seed(5)
    return make_reader(str(encoder_folder), None, corpus, dropout=0.0).eval()
