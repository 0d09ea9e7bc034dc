"""The notebook of docs/ runs from top to bottom, and its answers are there."""

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("pandas")


@pytest.mark.filterwarnings("default")  # of Jupyter's own
def test_the_notebook_runs_and_answers(root, tmp_path, monkeypatch):
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    notebook = nbformat.read(root / "docs" / "analysis.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.pop("outputs", None)
        if cell.cell_type == "code":
            cell.outputs = []
    nbclient.NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(root / "docs")}}
    ).execute()
    told = {
        cell.source: "".join(
            output.get("text", "") + "".join(map(str, output.get("data", {}).values())) for output in cell.outputs
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    silent = [source for source, output in told.items() if not output and source != "graph.close()"]
    assert silent == []
    digest = next(output for source, output in told.items() if "graph.diff" in source)
    assert "处变化" in digest
    assert "京东" in digest
    assert "小红书" in next(output for source, output in told.items() if "graph.rank" in source)


def test_its_outputs_are_those_of_a_run(root):
    notebook = nbformat.read(root / "docs" / "analysis.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in code[:-1])
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
