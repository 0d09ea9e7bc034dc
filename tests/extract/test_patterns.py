from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.extract.nlp import Extractor
from kg.extract.options import ExtractorOptions
from kg.extract.patterns import PATTERNS_FILE, block_of, read_patterns
from kg.model import Article
from kg.ontology import load_ontology

FOREVER = '[[pattern]]\nform = "{a}~把灯塔交给{b}"\ngives = "{a} SUPPLIES {b}"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def triples(text: str, options: ExtractorOptions) -> set[tuple[str, str, str]]:
    extraction = next(Extractor(options).extract([Article("a", text, date="2024-06-15")]))
    return {(s.head.name, s.relation, s.tail.name) for s in extraction.statements}


def test_our_patterns_read_and_each_says_where_it_stands() -> None:
    patterns = read_patterns(PATTERNS_FILE, load_ontology()).patterns
    assert len(patterns) > 80
    assert {p.where.split(":")[0] for p in patterns} == {"patterns.toml"}
    assert {g.relation for p in patterns for g in p.gives} == set(load_ontology().relations)


def test_a_users_pattern_states_what_ours_do_not(tmp_path: Path) -> None:
    text = "京东把灯塔交给顺丰。"
    assert triples(text, ExtractorOptions()) == set()
    assert triples(text, ExtractorOptions(patterns=write(tmp_path, FOREVER))) == {("京东", "SUPPLIES", "顺丰")}


def test_a_users_status_overrules_cue_words(tmp_path: Path) -> None:
    path = write(tmp_path, FOREVER + 'status = "ended"\nconfidence = 0.9\n')
    (statement,) = next(
        Extractor(ExtractorOptions(patterns=path)).extract([Article("a", "京东拟把灯塔交给顺丰。")])
    ).statements
    assert statement.status == "ended"
    assert 0.8 < statement.confidence <= 0.9


def test_a_users_pattern_may_use_our_word_classes_and_lists_of_triples(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[[pattern]]\nform = "{a}<with>{b}…唱双簧"\ngives = ["{a} PARTNERS_WITH {b}", "{a} COMPETES_WITH {b}"]\n',
    )
    assert triples("京东与顺丰又在唱双簧。", ExtractorOptions(patterns=path)) >= {
        ("京东", "PARTNERS_WITH", "顺丰"),
        ("京东", "COMPETES_WITH", "顺丰"),
    }


def test_a_slot_may_ask_for_a_type_and_for_a_text(tmp_path: Path) -> None:
    path = write(tmp_path, '[[pattern]]\nform = "{r:Role=董事}{p}看好{o:Company}"\ngives = "{p} INVESTS_IN {o}"\n')
    options = ExtractorOptions(patterns=path)
    assert ("林知远", "INVESTS_IN", "顺丰") in triples("京东董事林知远看好顺丰。", options)
    assert ("林知远", "INVESTS_IN", "顺丰") not in triples("京东总监林知远看好顺丰。", options)
    assert ("林知远", "INVESTS_IN", "淘宝") not in triples("京东董事林知远看好淘宝。", options)


BOTH = 'form = "{a}爱{b}"\ngives = "{a} SUPPLIES {b}"\n'


@pytest.mark.parametrize(
    ("pattern", "line", "said"),
    [
        ('form = "{a}爱{b}"\ngives = "{a} LOVES {b}"', 7, "unknown relation 'LOVES'"),
        ('form = "{a}爱"\ngives = "{a} SUPPLIES {b}"', 6, "`gives` names b, which is no slot"),
        ('form = "{a}爱{b}{c}"\ngives = "{a} SUPPLIES {b}"', 6, "slot {c} is in no triple"),
        ('form = "{a}<爱>{b}"\ngives = "{a} SUPPLIES {b}"', 6, "no word class <爱>"),
        ('gives = "{a} SUPPLIES {b}"\nform = "{a}(爱{b}"', 7, "brackets do not match"),
        (f'form = "{{a}}{"(" * 3000}爱{")" * 3000}{{b}}"\ngives = "{{a}} SUPPLIES {{b}}"', 6, "too deeply"),
        ('form = "{a:Shop}爱{b}"\ngives = "{a} SUPPLIES {b}"', 6, "unknown entity type 'Shop'"),
        ('form = "{a:Person}爱{b}"\ngives = "{a} SUPPLIES {b}"', 6, "there is none"),
        ('form = "{a}爱{b}"\ngives = "a supplies b"', 7, "does not have the form"),
        ('form = "{a}爱{b}"', 5, "a pattern needs form"),
        ("form = 5", 6, "a pattern needs form"),
        (BOTH + "confidence = 3", 8, "confidence must be above 0"),
        (BOTH + "confidence = true", 8, "confidence must be above 0 and at most 1, not True"),
        (BOTH + 'status = "maybe"', 8, "unknown status 'maybe'"),
        (BOTH + 'timed = "no"', 8, "timed must be true or false, not 'no'"),
        (BOTH + "explicit = 1", 8, "explicit must be true or false, not 1"),
        (BOTH + "weight = 1", 8, "unknown key 'weight'"),
    ],
)
def test_a_wrong_pattern_is_named_with_its_line(tmp_path: Path, pattern: str, line: int, said: str) -> None:
    path = write(tmp_path, f"{FOREVER}\n[[pattern]]\n{pattern}\n")
    with pytest.raises(ConfigError) as caught:
        read_patterns(path, load_ontology())
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("form", "allowed"),
    [
        ("{a}…爱…{b}", True),
        ("{a}……爱……{b}……", True),
        ("{a}" + "……" * 8 + "爱{b}", False),
        ("{a}" + "…很" * 6 + "爱{b}", False),
        ("{a}" + "很?" * 40 + "爱{b}", False),
        ("{a}" + "(很|很很)?" * 20 + "爱{b}", False),
        ("{a}(很|很很|爱|喜爱|深爱){b}", True),
    ],
)
def test_a_form_that_leaves_too_much_open_is_refused_before_it_hangs(tmp_path: Path, form: str, allowed: bool) -> None:
    path = write(tmp_path, f'[[pattern]]\nform = "{form}"\ngives = "{{a}} SUPPLIES {{b}}"\n')
    if allowed:
        assert len(read_patterns(path, load_ontology()).patterns) == 1
        return
    with pytest.raises(ConfigError, match=r"mine\.toml:2: form .* leaves too much open"):
        read_patterns(path, load_ontology())


@pytest.mark.parametrize("cue", ["(a+)+$", "(啊|啊啊)*吗", ".*将.*不", "(?:.{0,50}是){0,50}", "a?" * 40])
def test_a_cue_that_would_hang_is_refused(tmp_path: Path, cue: str) -> None:
    with pytest.raises(ConfigError, match=r"mine\.toml:3: .* in sentence leaves too much open"):
        read_patterns(write(tmp_path, f'[[status]]\nvalue = "denied"\nsentence = ["不", "{cue}"]\n'), load_ontology())


def test_cues_may_be_regular_expressions_within_bounds(tmp_path: Path) -> None:
    path = write(tmp_path, '[[status]]\nvalue = "denied"\nsentence = ["(?:从|并)未.{0,20}过?", "绝不.*了", "非+"]\n')
    (cues,) = read_patterns(path, load_ontology()).cues
    assert cues.sentence is not None
    assert cues.sentence.search("京东从未与顺丰合作过")


def test_a_wrong_cue_and_an_unknown_table_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine\.toml:3: clause holds a wrong regular expression"):
        read_patterns(write(tmp_path, '[[status]]\nvalue = "denied"\nclause = ["("]\n'), load_ontology())
    with pytest.raises(ConfigError, match=r"mine\.toml:3: clause holds a wrong regular expression"):
        read_patterns(write(tmp_path, '[[status]]\nvalue = "denied"\nclause = ["(", ")"]\n'), load_ontology())
    with pytest.raises(ConfigError, match=r"mine\.toml:3: unknown key 'claus' in a status"):
        read_patterns(write(tmp_path, '[[status]]\nvalue = "denied"\nclaus = ["不"]\n'), load_ontology())
    with pytest.raises(ConfigError, match=r"mine\.toml:2: unknown key 'patterns'"):
        read_patterns(write(tmp_path, '\n[[patterns]]\nform = "x"\n'), load_ontology())


def test_each_type_has_a_block_of_its_own() -> None:
    ontology = load_ontology()
    blocks = [block_of(kind, ontology) for kind in ontology.entities]
    points = [point for block in blocks for point in block]
    assert len(points) == len(set(points))
    assert all(0xE000 <= point <= 0xF8FF for point in points)
