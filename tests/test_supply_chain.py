"""What is read of strangers is data: no code of theirs runs, whatever a file or a model holds."""

import ast
import json
import re
import subprocess
import sys

import pytest

from kg.extract.reader import MODEL_FOLDER, has_model

# Modules whose data is code, or as good as code.
FORBIDDEN_MODULES = {
    "pickle",
    "_pickle",
    "cPickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "imp",
    "runpy",
    "code",
}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "system",
    "popen",
    "unsafe_load",
    "full_load",
    "register_custom_ops_library",
}


def sources(root):
    return [*sorted((root / "kg").rglob("*.py")), *sorted((root / "training").rglob("*.py"))]


def faults_of(tree):
    """Lines of a module that could run what a file holds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (f"{node.lineno}: import {n}" for n in names if n.split(".")[0] in FORBIDDEN_MODULES)
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
        owner = called.value.id if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) else ""
        given = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
        if (isinstance(called, ast.Name) or owner in ("os", "builtins")) and name in FORBIDDEN_CALLS:
            yield f"{node.lineno}: {name}()"
        if given.get("shell") or given.get("trust_remote_code") or given.get("allow_pickle"):
            yield f"{node.lineno}: {name}() is told to trust"
        if owner == "torch" and name == "load" and given.get("weights_only") is not True:
            yield f"{node.lineno}: torch.load without weights_only"
        if name == "from_pretrained" and given.get("trust_remote_code") is not False:
            yield f"{node.lineno}: from_pretrained without trust_remote_code=False"


def test_nothing_of_a_file_is_run(root):
    found = {
        str(path.relative_to(root)): faults
        for path in sources(root)
        if (faults := list(faults_of(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}
    assert len(sources(root)) > 100


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from marshal import loads", "eval(x)", "os.system(x)", "subprocess.run(x, shell=True)", "torch.load(x)",
     "np.load(x, allow_pickle=True)", "AutoModel.from_pretrained(x)", "builtins.exec(x)"],
)  # fmt: skip
def test_what_would_run_it_is_seen(code):
    assert list(faults_of(ast.parse(code)))


def test_plain_code_is_no_fault():
    plain = "import json\nre.compile(x)\ntorch.load(x, weights_only=True)\nmodel.eval()\nsubprocess.run([x])"
    assert list(faults_of(ast.parse(plain))) == []


WATCHED = """
import json, sys
sys.path.insert(0, {root!r})
import onnxruntime, tokenizers, numpy
from kg.extract.reader import load_reader  # all of it code that is ours or installed
seen = []
def note(event, arguments):
    if event in ("exec", "compile", "pickle.find_class", "marshal.loads", "ctypes.dlopen", "subprocess.Popen", "os.system", "socket.connect"):
        seen.append([event, repr(arguments)[:200]])
sys.addaudithook(note)
from pathlib import Path
reader = load_reader(Path({model!r}), threads=1)
sys.stdout.write(json.dumps(seen))
"""


@pytest.mark.skipif(not has_model(), reason="no model came with this checkout")
def test_a_model_is_loaded_without_running_or_fetching_anything(root):
    code = WATCHED.format(root=str(root), model=str(MODEL_FOLDER))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    # What is imported late is installed code, from a file of the environment or of Python itself, never from the model's folder.
    for event, arguments in json.loads(done.stdout):
        assert event in ("exec", "compile", "marshal.loads"), (event, arguments)
        assert str(MODEL_FOLDER) not in arguments


@pytest.mark.skipif(not has_model(), reason="no model came with this checkout")
def test_a_model_holds_numbers_and_text_alone():
    """ONNX, JSON and TOML: none of them the kinds that pickle or TorchScript write."""
    kinds = {path.suffix for path in MODEL_FOLDER.iterdir()}
    assert kinds <= {".onnx", ".json", ".toml", ".md"}
    for path in MODEL_FOLDER.glob("*.onnx"):
        head = path.read_bytes()[:4]
        assert not head.startswith((b"PK", b"\x80"))


def test_every_locked_package_has_hashes(root):
    for lock in (
        root / "requirements.lock",
        root / "training" / "requirements.lock",
        root / "tools" / "audit" / "requirements.lock",
    ):
        entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
        assert len(entries) > 30
        assert [entry.split("\n")[0] for entry in entries if "--hash=sha256:" not in entry] == []
