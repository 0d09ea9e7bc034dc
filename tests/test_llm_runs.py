"""`kg build` and `kg extract` with a language model, as a user runs them."""

import dataclasses
import json

import pytest

import kg
from tests.extract.llm_server import ScriptedServer, answer, statement

TEXT = "小红书与淘宝天猫签署战略合作协议。京东否认收购顺丰。"
SAID = statement("小红书/Platform", "PARTNERS_WITH", "淘宝天猫/Platform", "小红书与淘宝天猫签署战略合作协议")
NEW = statement("京东/Platform", "ACQUIRES", "顺丰/Company", "京东否认收购顺丰", status="denied")
LIE = statement("小红书/Platform", "ACQUIRES", "拼多多/Platform", "小红书与淘宝天猫签署战略合作协议")


@pytest.fixture
def news(tmp_path):
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture
def server():
    server = ScriptedServer(lambda *_: answer(SAID, NEW, LIE))
    yield server
    server.close()


@pytest.fixture
def llm(server, tmp_path):
    return ("--base-url", server.url, "--llm-model", "m", "--llm-cache", tmp_path / "cache")


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_an_article_becomes_checked_statements_and_the_summary_tells_tokens_cost_and_lies(run_kg, news, llm, server):
    done = run_kg("extract", news, "--extractor", "llm", *llm, "--llm-price", "10/20")
    assert done.returncode == 0, done.stderr
    assert [(row["head"]["name"], row["tail"]["name"]) for row in lines(done.stdout)] == [
        ("小红书", "淘宝天猫"),
        ("京东", "顺丰"),
    ]
    assert "1 request; 100 tokens sent, 10 answered, cost 0.0012" in done.stderr
    assert "1  a name is not in the text" in done.stderr


def test_both_readings_are_merged_and_agreement_is_surer(run_kg, news, llm):
    alone = lines(run_kg("extract", news).stdout)
    done = run_kg("extract", news, "--extractor", "both", *llm)
    assert done.returncode == 0, done.stderr
    both = {(row["head"]["name"], row["relation"], row["tail"]["name"]): row for row in lines(done.stdout)}
    (partners,) = [row for row in alone if row["relation"] == "PARTNERS_WITH"]
    assert both["小红书", "PARTNERS_WITH", "淘宝天猫"]["confidence"] > partners["confidence"]
    assert ("京东", "ACQUIRES", "顺丰") in both
    assert not any("拼多多" in triple for triple in both)


def test_both_work_in_several_processes(run_kg, news, llm):
    for name in "bc":
        (news / f"{name}.txt").write_text(f"{TEXT}第{name}条。", encoding="utf-8")
    one, two = (run_kg("extract", news, "--extractor", "both", *llm, "--jobs", jobs) for jobs in (1, 2))
    assert two.returncode == 0, two.stderr
    assert two.stdout == one.stdout


def test_an_answer_may_take_as_long_as_is_said_and_no_longer(run_kg, news, llm, server):
    server.script = lambda number, _: {"body": b"{}", "sleep": 30} if number == 1 else answer(SAID)
    done = run_kg("extract", news, "--extractor", "llm", *llm, "--llm-timeout", "2")
    assert done.returncode == 0, done.stderr
    assert "2 requests, 1 of them again" in done.stderr


def test_a_build_of_nothing_but_bad_answers_names_them_and_makes_no_graph(run_kg, news, llm, server, tmp_path):
    server.script = lambda number, _: {"body": b"<html>gateway</html>"}
    done = run_kg("build", news, "--store", tmp_path / "g.kgl", "--extractor", "llm", *llm)
    assert done.returncode == 3, done.stderr
    assert "0 entities, 0 facts" in done.stderr
    assert "1 input failed" in done.stderr


def test_a_build_is_repeated_without_a_question_and_another_model_reads_anew(run_kg, news, llm, server, tmp_path):
    store = tmp_path / "g.kgl"
    first = run_kg("build", news, "--store", store, "--extractor", "llm", *llm)
    assert first.returncode == 0, first.stderr
    again = run_kg("build", news, "--store", store, "--extractor", "llm", *llm)
    assert "Nothing changed" in again.stderr
    assert len(server.requests) == 1
    other = run_kg("build", news, "--store", store, "--extractor", "llm", *llm, "--llm-model", "other")
    assert "1 changed" in other.stderr
    assert len(server.requests) == 2


def test_a_server_that_is_not_there_is_one_sentence(run_kg, news, llm, server, tmp_path):
    server.close()
    store = tmp_path / "g.kgl"
    done = run_kg("build", news, "--store", store, "--extractor", "llm", *llm)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no connection" in done.stderr
    assert not store.exists()


def test_the_key_is_never_printed(run_kg, news, llm, server, monkeypatch):
    monkeypatch.setenv("KG_LLM_KEY", "sk-secret-77")
    server.script = lambda *_: {"status": 401, "body": b"bad key: sk-secret-77"}
    done = run_kg("extract", news, "--extractor", "llm", *llm, "-v")
    assert done.returncode == 1
    assert "KG_LLM_KEY" in done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_options_that_do_not_go_together_are_wrong_use(run_kg, news, llm, tmp_path):
    assert run_kg("extract", news, "--extractor", "llm").returncode == 2
    assert run_kg("extract", news, *llm).returncode == 2
    assert run_kg("build", news, "--triples", tmp_path / "t", "--extractor", "llm", *llm).returncode == 2


@pytest.fixture
def asked(server, tmp_path):
    return kg.LLMOptions(server.url, "m", cache=tmp_path / "cache", price=(10.0, 20.0), pause=0.01)


def test_a_script_builds_with_a_language_model_and_is_told_what_it_cost(news, asked):
    with kg.build(news, llm=asked) as graph:
        assert sorted(fact.relation for fact in graph.facts) == ["ACQUIRES", "PARTNERS_WITH"]
        used = graph.report.llm
        assert (used.requests, used.prompt_tokens, used.completion_tokens, used.cost) == (1, 100, 10, 0.0012)


def test_a_script_extracts_with_a_language_model_alone_or_beside_the_patterns(news, asked):
    def read(**options):
        (extraction,) = kg.extract(kg.read_articles(news), **options)
        return {(s.head.name, s.relation, s.tail.name): s.confidence for s in extraction.statements}

    alone, patterns = read(llm=asked), read()
    both = read(llm=dataclasses.replace(asked, beside_model=True))
    assert set(alone) == {("小红书", "PARTNERS_WITH", "淘宝天猫"), ("京东", "ACQUIRES", "顺丰")}
    assert set(both) == set(alone) | set(patterns)
    agreed = ("小红书", "PARTNERS_WITH", "淘宝天猫")
    assert both[agreed] > max(alone[agreed], patterns[agreed])


def test_a_script_is_told_of_what_fails_article_by_article(news, asked, server):
    (news / "b.txt").write_text("美团投资快手。", encoding="utf-8")
    server.script = lambda number, body: "no JSON" if "快手" in str(body) else answer(SAID)
    errors = []
    found = list(kg.extract(kg.read_articles(news), llm=asked, on_error=errors.append))
    assert [extraction.article.id for extraction in found] == ["a"]
    assert ["b: " in str(error) for error in errors] == [True]
    with pytest.raises(kg.ExtractionError, match="b: "):
        list(kg.extract(kg.read_articles(news), llm=asked))
