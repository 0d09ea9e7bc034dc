"""The README and the guide promise nothing that is not there: code runs as it stands, commands and links exist."""

import re
import shutil
import subprocess
import sys
from functools import cache

import pytest

PAGES = ("README.md", "docs/guide.md")
COMMAND = re.compile(r"(?:^|[`(]|bin/)kg ([a-z]+)((?:[^`\n]|\n(?=\s+(?:--|\[--)))*)", re.MULTILINE)


def read(root, page):
    return (root / page).read_text(encoding="utf-8")


@cache
def help_of(*command):
    done = subprocess.run([sys.executable, "-m", "kg", *command, "--help"], capture_output=True, encoding="utf-8")
    return done.stdout if done.returncode == 0 else ""


def code_blocks(text):
    """Fenced and indented code, joined: where commands stand."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)
    return [*fenced, *(re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in indented)]


def test_the_python_example_runs_as_it_stands(root, examples, tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```", read(root, "README.md"), re.MULTILINE | re.DOTALL)
    lines = [line for line in code.splitlines() if line]
    assert lines[0] == "import kg"
    assert len(lines) == 4
    shutil.copytree(examples, tmp_path / "news", ignore=lambda _, names: [n for n in names if not n.startswith("20")])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "g.html").stat().st_size > 10_000


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(root, page):
    found = [match for block in code_blocks(read(root, page)) for match in COMMAND.findall(block)]
    assert len(found) >= 5
    for command, rest in found:
        listed = help_of(command)
        assert listed, f"kg {command}"
        for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rest.split("#")[0]):
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", listed), f"kg {command} {option}"


def test_every_command_is_in_the_readme(root):
    listed = re.findall(r"^  ([a-z]+)  ", help_of().split("Commands:")[1], re.MULTILINE)
    assert len(listed) >= 7
    for command in listed:
        assert f"kg {command} " in read(root, "README.md") or f"kg {command}\n" in read(root, "README.md")


def test_make_targets_exist(root):
    targets = set(re.findall(r"^([a-z-]+):", read(root, "Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", read(root, "README.md"), re.MULTILINE))
    assert named
    assert named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(root, page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", read(root, page))
    for link in links:
        assert (root / page).parent.joinpath(link).exists(), link
    if page == "README.md":
        assert links
