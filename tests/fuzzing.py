"""Hostile input: real files of every kind that is read, spoilt by a seeded mutator, and what must hold for each.

    python -m tests.fuzzing --seed 1 --count 100

reads 100 spoilt files, each from a folder of its own between two good articles, in a process that may neither write outside
that folder nor start a program nor open a connection, and prints a line for each: its number, seconds of the processor,
megabytes at the peak, and what was wrong (nothing, it is hoped). `run` starts such a process and watches it, so that a crash
or a hang of a library written in C is told as well. The same seed gives the same files.
"""

import argparse
import csv
import gzip
import io
import json
import os
import queue
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 10.0  # of the processor, for one file
MOST_MEGABYTES = 1024.0  # of the process, which reads many
SILENT_SECONDS = 240.0  # on the clock: more than ten of the processor on a machine that is busy with other things

Mutator = Callable[[random.Random, bytes], bytes]

CANARY = "金丝雀七三九"  # stands in a file outside, and must never be read
GOOD_TEXT = "5月7日，青禾超市与云仓科技签署战略合作协议。"
GOOD_ROW = {"id": "good-row", "text": GOOD_TEXT, "date": "2025-05-08"}

# Code of every language that a name may travel through, and signs that end or begin something in one of them.
HOSTILE = (
    "'}) DETACH DELETE n //", "`]->() MATCH (n) DETACH DELETE n //", "$name", "\\' OR 1=1 --", "<script>alert(1)</script>", "</script><!--",
    "<img src=x onerror=alert(1)>", "]]>&lt;x/>", "&amp;&#0;", "=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1",
    '"', "'", '""', "\\", "\\n", "\n", "\r\n", ";", ",", "|", "a\tb", "\"\"\"", "'''", "]\n[entity]", "# x", "<> a <urn:x>", "> . <", "@prefix : <x> .",
    "${jndi:ldap://x}", "{{7*7}}", "%s%n", "../../../etc/passwd", "CON", "\u202e倒", "\u2028", "\x00", "\x1b[2J", "\x7f", "\ud800", "\ufffe", "\ufdd0",
    "\U000e0001", "👨‍👩‍👧", "é" * 300, "a" * 5000, "𠮷野家", "①", "Ａ", "ﷺ", "\ue000", "null", "NaN", "1e999", "-0", "true",
)  # fmt: skip


# ── real files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_seeds(root: Path = ROOT) -> dict[str, list[bytes]]:
    """Real files by the ending of their kind, and statements under ".triples"."""
    from tests.extract.made_pdf import layout, make_pdf

    seeds: dict[str, list[bytes]] = {}
    for path in sorted((root / "examples").iterdir()):
        if path.name.startswith("20"):
            seeds.setdefault(path.suffix, []).append(path.read_bytes())
    for path in sorted((root / "tests" / "extract" / "data").rglob("*")):
        if path.suffix in (".html", ".htm", ".pdf"):
            seeds.setdefault(path.suffix.replace(".htm", ".html").replace("htmll", "html"), []).append(
                path.read_bytes()
            )
    texts = [data.decode("utf-8") for data in seeds[".txt"]]
    seeds[".md"] = [("# " + text.replace("\n", "\n\n")).encode() for text in texts[:3]]
    seeds[".csv"] = [_make_table(texts[:5], delimiter) for delimiter in ",;\t"]
    seeds[".docx"] = [_make_document(text) for text in texts[:3]]
    seeds[".pdf"] += [make_pdf([layout(text[:400].replace("\n", ""))] * 2, title=text[:10]) for text in texts[:2]]
    seeds[".triples"] = [_make_statements(text) for text in texts[:2]]
    # What a user writes beside articles; the shipped files show every form.
    patterns = (root / "kg" / "extract" / "patterns.toml").read_text(encoding="utf-8")
    head, *forms = patterns.split("[[pattern]]")
    cues = patterns[patterns.index("[[status]]") :]
    seeds["gazetteer.toml"] = [(root / "kg" / "extract" / "gazetteer.toml").read_bytes()]
    seeds["patterns.toml"] = [(head + "[[pattern]]".join(["", *forms[n : n + 8]])).encode() for n in (0, 40, 80)]
    seeds["patterns.toml"] += [cues.encode()]
    seeds["registry.toml"] = [path.read_bytes() for path in sorted((root / "kg" / "resolve").glob("*.toml"))]
    seeds["registry.csv"] = [b"name,alias,type,never\n\xe4\xba\xac\xe4\xb8\x9c,JD,Platform,\nA,B,,x\n"]
    return seeds


def _make_table(texts: list[str], delimiter: str) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(["id", "title", "date", "text"])
    writer.writerows([number, text.partition("\n")[0], "2025-05-07", text] for number, text in enumerate(texts))
    return file.getvalue().encode()


def _make_document(text: str) -> bytes:
    from docx import Document

    document = Document()
    document.core_properties.created = document.core_properties.modified = datetime(2025, 5, 7, tzinfo=UTC)
    for paragraph in text.split("\n"):
        document.add_paragraph(paragraph)
    table = document.add_table(2, 2)
    table.cell(0, 0).text, table.cell(1, 1).text = "平台", "小红书"
    file = io.BytesIO()
    document.save(file)
    return _without_times(file.getvalue())


def _without_times(data: bytes) -> bytes:
    """The same archive, whose bytes do not tell when it was made."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _make_statements(text: str) -> bytes:
    ends = (
        {"name": "小红书", "type": "Platform", "aliases": ["RED"]},
        {"name": "京东", "type": "Platform", "aliases": []},
    )
    rows: list[dict[str, object]] = [
        {"doc": "a", "article": {"title": "题", "date": "2025-05-07", "source": None, "url": None}}
    ]
    rows += [{"doc": "a", "entity": {**end, "count": 2}} for end in ends]
    rows += [
        {
            "doc": "a", "head": ends[0], "relation": relation, "tail": ends[1], "status": "actual", "time": when, "confidence": 0.5,
            "evidence": {"start": 0, "end": 9, "text": text[:9]},
        }
        for relation, when in (("PARTNERS_WITH", "2025"), ("CONNECTS_TO", "2025-01/2025-05"), ("COMPETES_WITH", None))
    ]  # fmt: skip
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


# ── mutations ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _place(rng: random.Random, data: bytes) -> int:
    return rng.randrange(len(data) + 1)


def _flip(rng: random.Random, data: bytes) -> bytes:
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 30))):
        if spoilt:
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
    return bytes(spoilt)


def _truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: _place(rng, data)]


def _behead(rng: random.Random, data: bytes) -> bytes:
    return data[_place(rng, data) :]


def _cut(rng: random.Random, data: bytes) -> bytes:
    start = _place(rng, data)
    return data[:start] + data[start + rng.choice((1, 2, 10, 1000)) :]


def _repeat(rng: random.Random, data: bytes) -> bytes:
    start = _place(rng, data)
    piece = data[start : start + rng.choice((1, 5, 50, 500))]
    return data[:start] + piece * rng.choice((2, 10, 1000)) + data[start:]


def _recode(rng: random.Random, data: bytes) -> bytes:
    """The text in another encoding, declared or not, or one half of it."""
    text = data.decode("utf-8", "replace")
    at = rng.choice((0, 0, rng.randrange(len(text) + 1)))
    codec = rng.choice(
        (
            "gb18030",
            "gbk",
            "big5",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "utf-32",
            "utf-8-sig",
            "shift_jis",
            "latin-1",
            "utf-7",
        )
    )
    return text[:at].encode() + text[at:].encode(codec, "replace")


def _misread(rng: random.Random, data: bytes) -> bytes:
    """What comes of a text that was read in the wrong encoding and saved."""
    return data.decode(rng.choice(("latin-1", "gb18030", "cp1252")), "replace").encode("utf-8")


def _insert(rng: random.Random, data: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 5, 40))):
        at = _place(rng, data)
        data = data[:at] + rng.choice(HOSTILE).encode("utf-8", "surrogatepass") + data[at:]
    return data


_NESTING = (
    ("<div>", "</div>"), ("<b>", ""), ("<table><tr><td>", ""), ("<ul><li>", "</li></ul>"), ("<a href=x>", ""), ("<font>", "</font>"),
    ("[", "]"), ('{"a":', "}"), ('[{"text":', "}]"), ("<<", ">>"), ("（", "）"), ("“", "”"), ("《", "》"), ("<span><br><br>", ""),
)  # fmt: skip


def _nest(rng: random.Random, data: bytes) -> bytes:
    opening, closing = rng.choice(_NESTING)
    count = rng.choice((3, 100, 1000, 10_000))
    at = _place(rng, data)
    return data[:at] + (opening * count).encode() + data[at:] + (closing * rng.choice((0, count))).encode()


def _swap_numbers(rng: random.Random, data: bytes) -> bytes:
    """Numbers of a PDF's objects, of offsets, of lengths: what refers to something refers to something else."""
    places = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 4, 20))):
        if places:
            spoilt[rng.choice(places)] = rng.randrange(48, 58)
    return bytes(spoilt)


def _point_back(rng: random.Random, data: bytes) -> bytes:
    """References of a PDF that go to one object: pages among their own children, contents in a circle."""
    import re

    target = rng.choice((b"1 0 R", b"2 0 R", b"3 0 R", b"10 0 R"))
    share = rng.choice((0.1, 0.5, 1.0))
    return re.sub(rb"\d+ 0 R", lambda found: target if rng.random() < share else found.group(), data)


def _spoil_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 2, 5))):
        i = rng.randrange(len(lines))
        lines[i] = rng.choice(
            (
                b"",
                b"{",
                b"null",
                b"[1]",
                b'{"text": 5}',
                lines[i][: len(lines[i]) // 2],
                lines[i] * 2,
                rng.randbytes(40),
                b'"',
                b"\0",
            )
        )
    rng.random() < 0.2 and rng.shuffle(lines)
    return rng.choice((b"\n", b"\n", b"\r\n", b"\r", b"\xe2\x80\xa8")).join(lines)


def _spoil_json(rng: random.Random, data: bytes) -> bytes:
    """A value of one line becomes another one."""
    lines = data.split(b"\n")
    i = rng.randrange(len(lines))
    try:
        row = json.loads(lines[i])
    except ValueError:
        return data
    holder = row
    while True:
        if not isinstance(holder, dict | list) or not holder:
            return data
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
        if isinstance(holder[key], dict | list) and holder[key] and rng.random() < 0.7:
            holder = holder[key]
            continue
        values: tuple[object, ...] = (
            None,
            True,
            -1,
            10**30,
            1e308,
            float("nan"),
            [],
            {},
            [[[]]],
            "",
            " ",
            rng.choice(HOSTILE),
        )
        holder[key] = rng.choice(values)
        break
    lines[i] = json.dumps(row, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def _bloat(rng: random.Random, data: bytes) -> bytes:
    """A few megabytes of it."""
    return data * max(1, rng.choice((300_000, 2_000_000)) // max(1, len(data)))


_ANY: tuple[Mutator, ...] = (_flip, _truncate, _behead, _cut, _repeat, _insert)
_TEXT: tuple[Mutator, ...] = (*_ANY, _recode, _recode, _misread, _nest, _insert)
_ROWS: tuple[Mutator, ...] = (*_TEXT, _spoil_lines, _spoil_lines, _spoil_json, _spoil_json)


def _open_up(rng: random.Random, data: bytes) -> bytes:
    """A form or a cue that leaves more open: repeated repetitions, alternatives of alternatives, gaps one after the other."""
    pieces = (
        "(a+)+",
        "(.*)*",
        "(?:.|.)*",
        "…",
        "……",
        "……" * 9,
        "…" * 9,
        "{a}",
        "{a}…{b}……{a}",
        "~",
        "(与|和)?" * 20,
        "(",
        ")",
        "|",
        "^",
        "<with>",
        "<nobody>",
    )
    pieces += (
        ".{0,99}" * 6,
        "(?P<x>",
        "\\\\1",
        "[",
        "(?=.*)+",
        "(?<!a)",
        "{p:Role=创}",
        "{",
        "}",
        "\\\\",
        "(" * 500,
        "?" * 5,
        ".{0,99999999999}",
    )
    for _ in range(rng.choice((1, 1, 3))):
        places = [i for i in range(len(data)) if data[i : i + 1] == b'"']
        at = rng.choice(places) + 1 if places else 0
        data = data[:at] + rng.choice(pieces).encode() + data[at:]
    return data


_SETTINGS: tuple[Mutator, ...] = (*_TEXT, _spoil_lines, _open_up, _open_up, _open_up)
_PDF: tuple[Mutator, ...] = (*_ANY, _swap_numbers, _swap_numbers, _point_back)


def _spoil(rng: random.Random, data: bytes, ways: tuple[Mutator, ...]) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 4))):
        data = rng.choice(ways)(rng, data)
    return _bloat(rng, data) if rng.random() < 0.005 else data


def _spoil_document(rng: random.Random, data: bytes) -> bytes:
    """The archive itself, or a part of it: its XML spoilt, with entities, taken away, taken twice."""
    if rng.random() < 0.3:
        return _spoil(rng, data, _ANY)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(["word/document.xml", "word/document.xml", *parts])
    way = rng.randrange(6)
    if way == 0:
        del parts[name]
    elif way == 1:
        parts[name] = parts[rng.choice(list(parts))]
    elif way == 2:
        outside = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///proc/self/environ"><!ENTITY y "京东">]>'
        parts[name] = parts[name].replace(b"?>", b"?>" + outside.encode(), 1).replace("小红书".encode(), b"&x;&y;")
    else:
        parts[name] = _spoil(rng, parts[name], (*_ANY, _nest, _recode))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for part, content in parts.items():
            name = rng.choice((part, part, part, "../" + part)) if way == 5 else part
            archive.writestr(
                zipfile.ZipInfo(name), content, archive.compression
            )  # without the time, so always the same
    return file.getvalue()


def _pack(rng: random.Random, data: bytes) -> bytes:
    packed = gzip.compress(data, 1, mtime=0)
    way = rng.randrange(6)
    if way == 0:
        return _spoil(rng, packed, _ANY)
    if way == 1:
        return gzip.compress(packed, mtime=0)
    if way == 2:
        return packed + gzip.compress(rng.choice((b"", data, b"\0" * 1_000_000)), mtime=0)
    if way == 3:
        return packed + rng.randbytes(20)
    if way == 4:
        return gzip.compress(data + b" " * 20_000_000, 9, mtime=0)
    return packed


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A file to be read: its name, and what is in it."""

    name: str
    data: bytes


def make_file(seed: int, seeds: dict[str, list[bytes]]) -> Spoilt:
    """The spoilt file of a number: always the same one."""
    rng = random.Random(seed)
    kind = rng.choice(
        (".txt", ".html", ".html", ".jsonl", ".jsonl", ".csv", ".csv", ".pdf", ".docx", ".md", ".triples")
    )
    data = rng.choice(seeds[kind])
    if rng.random() < 0.1:  # spliced with a file of any kind
        other = rng.choice(seeds[rng.choice(list(seeds))])
        data = data[: _place(rng, data)] + other[_place(rng, other) :]
    if kind == ".docx":
        try:
            data = _spoil_document(rng, data)
        except (zipfile.BadZipFile, KeyError, NotImplementedError, zlib.error, OSError, EOFError, ValueError):
            data = _spoil(rng, data, _ANY)
    else:
        ways = {".pdf": _PDF, ".jsonl": _ROWS, ".csv": _ROWS, ".triples": _ROWS}.get(kind, _TEXT)
        data = _spoil(rng, data, ways)
    if rng.random() < 0.05:  # under the name of another kind
        kind = rng.choice((".txt", ".html", ".jsonl", ".csv", ".pdf", ".docx"))
    ending = {".triples": ".triples.jsonl"}.get(kind, kind)
    if rng.random() < 0.12:
        return Spoilt(f"m-spoilt{ending}.gz", _pack(rng, data))
    return Spoilt(f"m-spoilt{ending}", data)


# ── what must hold ────────────────────────────────────────────────────────────────────────────────────────────────────


class Watch:
    """Notes what the process does to the machine: files it opens to write, programs, connections."""

    def __init__(self) -> None:
        self.folder = ""
        self.seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.folder:
            return
        if event in (
            "subprocess.Popen",
            "os.system",
            "os.exec",
            "os.posix_spawn",
            "socket.connect",
            "os.remove",
            "os.rename",
        ):
            self.seen.append(f"{event} {arguments!r:.200}")
        elif event == "open":
            path, mode, flags = arguments
            writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & 3)
            # A file without a name is opened as the folder of temporary files itself, and gone with the process.
            own = isinstance(path, str | bytes) and os.fsdecode(path) in (self.folder, tempfile.gettempdir())
            if writes and not own and isinstance(path, str | bytes) and not os.fsdecode(path).startswith(self.folder):
                self.seen.append(f"writes {path!r}")


def check_file(
    spoilt: Spoilt, folder: Path, watch: Watch, *, extract: Callable[..., Iterator[object]] | None = None
) -> str:
    """Read the file between two good ones; what was wrong, "" if nothing was. KGError alone may be raised, and is."""
    from kg.errors import InputError, KGError
    from kg.extract.articles import read_articles
    from kg.load.triples import read_triples

    for old in folder.iterdir():
        old.unlink()
    (folder / "a-good.txt").write_text(GOOD_TEXT, encoding="utf-8")
    (folder / spoilt.name).write_bytes(spoilt.data)
    (folder / "z-rows.jsonl").write_text(json.dumps(GOOD_ROW, ensure_ascii=False) + "\n", encoding="utf-8")
    errors: list[KGError] = []
    watch.seen.clear()
    watch.folder = str(folder)
    try:
        articles = list(read_articles(folder, on_error=errors.append))
        texts = {article.id: article.text for article in articles}
        if texts.get("a-good") != GOOD_TEXT or texts.get("good-row") != GOOD_TEXT:
            return f"lost a good neighbour: {sorted(texts)[:5]} {[str(e)[:80] for e in errors[:3]]}"
        if any(CANARY in text or "KG_CANARY" in text for text in texts.values()):
            return "read a file outside"
        for error in errors:
            said = str(error)
            if not isinstance(error, InputError) or "\n" in said or not said.isprintable():
                return f"an error that is no sentence: {said[:200]!r}"
        for article in articles:
            article.text.encode("utf-8")
            article.title.encode("utf-8")
            article.id.encode("utf-8")
        if extract is not None:
            short = [article for article in articles if len(article.text) <= 20_000]
            for extraction in extract(short, on_error=errors.append):
                for statement in extraction.statements:  # type: ignore[attr-defined]
                    place = statement.evidence
                    raw = texts[statement.doc]
                    if place.start >= 0 and raw[place.start : place.end] != place.text:
                        return f"evidence that is not there: {place}"
            if failed := [e for e in errors if not isinstance(e, InputError)]:
                return f"an article was not extracted: {failed[0]}"
        if spoilt.name.endswith((".triples.jsonl", ".triples.jsonl.gz")):
            try:
                for _ in read_triples(folder / spoilt.name, on_error=errors.append):
                    pass
            except InputError as exc:
                errors.append(exc)
        return "; ".join(watch.seen[:3])
    finally:
        watch.folder = ""


def check_settings(spoilt: Spoilt, folder: Path) -> str:
    """Read a user's settings; what was wrong. A ConfigError in one sentence is right, and so are settings that can be used."""
    from kg.errors import ConfigError, ExtractionError
    from kg.extract.nlp import Extractor
    from kg.extract.options import RULES_ONLY, ExtractorOptions
    from kg.model import Article
    from kg.resolve import read_registry

    path = folder / spoilt.name
    path.write_bytes(spoilt.data)
    try:
        if spoilt.name.startswith("registry"):
            read_registry(path)
            return ""
        given = {spoilt.name.removesuffix(".toml"): path}
        extractor = Extractor(ExtractorOptions(model=RULES_ONLY, **given))
        for text in (GOOD_TEXT, GOOD_TEXT[:-1] * 30, "小红书与京东，" * 200 + "合作。"):
            list(extractor.extract([Article("a", text)]))
    except ConfigError as exc:
        return "" if "\n" not in str(exc) else f"an error that is no sentence: {str(exc)[:200]!r}"
    except ExtractionError as exc:
        return f"settings that were taken, but fail on an article: {exc}"
    finally:
        path.unlink()
    return ""


def peak_memory() -> float:
    """The most that this process has held, in MB. What the system tells of usage begins with what its parent held."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def work(first: int, count: int, *, extract: bool) -> None:
    """Check `count` files from number `first` on, a line each on standard output."""
    os.environ["KG_CANARY"] = CANARY
    extractor = None
    if extract:
        from kg.extract.nlp import Extractor
        from kg.extract.options import RULES_ONLY, ExtractorOptions

        extractor = Extractor(ExtractorOptions(model=RULES_ONLY)).extract
    seeds, watch = read_seeds(), Watch()
    with tempfile.TemporaryDirectory() as name:
        for number in range(first, first + count):
            spoilt = make_file(number, seeds)
            print(f"{number} begins", flush=True)
            begin = time.process_time()
            try:
                if spoilt.name.startswith("m-"):
                    wrong = check_file(spoilt, Path(name), watch, extract=extractor)
                else:
                    wrong = check_settings(spoilt, Path(name))
            except BaseException as exc:  # whatever it is, it must be told with its number
                wrong = f"raised {exc!r:.300}"
            seconds = time.process_time() - begin
            memory = peak_memory()
            if not wrong and seconds > MOST_SECONDS:
                wrong = f"took {seconds:.1f} s"
            if not wrong and memory > MOST_MEGABYTES:
                wrong = f"took {memory:.0f} MB"
            print(f"{number} {seconds:.3f} {memory:.0f} {' '.join(wrong.split())}", flush=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the files: how many were read, the longest time and the most memory, and the faults by their number."""

    files: int
    seconds: float
    megabytes: float
    faults: dict[int, str]


def run(first: int, count: int, *, extract: bool = True) -> Outcome:
    """Check `count` files in a process of its own; one that crashes or hangs in it is a fault, and the rest goes on."""
    faults: dict[int, str] = {}
    seconds = megabytes = 0.0
    done, following, last = 0, first, first + count
    while following < last:
        command = [sys.executable, "-m", "tests.fuzzing", "--seed", str(following), "--count", str(last - following)]
        process = subprocess.Popen(
            [*command, *([] if extract else ["--read-only"])],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        lines: queue.Queue[str | None] = queue.Queue()
        forward = threading.Thread(target=_forward, args=(process, lines), daemon=True)
        forward.start()
        errors: list[str] = []
        reader = threading.Thread(target=lambda p=process, e=errors: e.append(p.stderr.read()), daemon=True)
        reader.start()
        current = following
        try:
            while (line := lines.get(timeout=SILENT_SECONDS)) is not None:
                number, rest = line.split(" ", 1)
                current = int(number)
                if rest.strip() == "begins":
                    continue
                took, memory, wrong = [*rest.rstrip("\n").split(" ", 2), ""][:3]
                done, following = done + 1, current + 1
                seconds, megabytes = max(seconds, float(took)), max(megabytes, float(memory))
                if wrong.strip():
                    faults[current] = wrong.strip()
                    if "MB" in wrong:  # its memory would be counted against all that follow
                        break
        except queue.Empty:
            faults[current] = f"hung for {SILENT_SECONDS:.0f} s"
        process.kill()
        status = process.wait()
        reader.join()
        forward.join()
        process.stdout.close()
        process.stderr.close()
        if following <= current and current not in faults:
            faults[current] = f"ended the process ({status}): {errors[0][-300:] if errors else ''}"
        if following < last and following <= current:
            done, following = done + 1, current + 1
    return Outcome(done, seconds, megabytes, faults)


def _forward(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="number of the first file")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--read-only", action="store_true", help="without extraction")
    options = parser.parse_args()
    work(options.seed, options.count, extract=not options.read_only)


if __name__ == "__main__":
    main()
