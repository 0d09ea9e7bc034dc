"""`kg train` where PyTorch is not: a sentence that says what to install, and nothing written."""

import importlib.util

import pytest

from kg.errors import UsageError
from kg.train import train


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed here")
def test_without_pytorch_the_command_says_what_to_install(run_kg, tmp_path):
    done = run_kg("train", tmp_path / "data.jsonl", "-o", tmp_path / "model")
    assert done.returncode == 2
    assert "pip install 'kg-partners[train]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "model").exists()


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("kg.train.NEEDED", ("json", "no_such_module"))
    with pytest.raises(UsageError, match="needs no_such_module"):
        train([], tmp_path / "model")
