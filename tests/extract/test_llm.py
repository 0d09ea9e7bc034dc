"""A language model behind the contract of an extractor: what servers do on a bad day, and what of their answers is believed."""

import json
import pickle
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from kg.errors import ConfigError, ExtractionError, OutputError, UsageError
from kg.extract.llm import LLMExtractor
from kg.extract.llm_client import MAX_BYTES, ServerDown
from kg.extract.llm_options import LLMOptions, make_llm_options
from kg.extract.options import ExtractorOptions, fingerprint
from kg.model import Article
from tests.extract.llm_server import ScriptedServer, answer, reply, statement

TEXT = "5月7日，小红书与淘宝天猫签署战略合作协议。\n京东否认收购顺丰。\n该公司去年进入东南亚。"
ARTICLE = Article("a", TEXT, title="小红书牵手淘宝天猫", date="2025-05-08")
GOOD = statement(
    "小红书/Platform", "PARTNERS_WITH", "淘宝天猫/Platform", "5月7日，小红书与淘宝天猫签署战略合作协议", time="5月7日"
)
SECOND = statement("京东/Platform", "ACQUIRES", "顺丰/Company", "京东否认收购顺丰", status="denied")


@pytest.fixture
def serve():
    """Starts a server that follows a script."""
    servers = []

    def start(script):
        servers.append(ScriptedServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def options(tmp_path):
    """Makes the options of an extractor that asks a server and hardly waits."""

    def make(server, *, gazetteer=None, min_confidence=0.0, **more):
        more = {"pause": 0.01, "timeout": 10.0, "cache": tmp_path / "cache", **more}
        url = server if isinstance(server, str) else server.url
        return ExtractorOptions(gazetteer=gazetteer, min_confidence=min_confidence, llm=LLMOptions(url, "m", **more))

    return make


def extract(options, *articles, errors=None):
    with LLMExtractor(options) as extractor:
        found = list(extractor.extract(articles or [ARTICLE], on_error=None if errors is None else errors.append))
        return found, extractor.usage


def triples(extraction):
    return [(s.head.name, s.relation, s.tail.name, s.status, s.time) for s in extraction.statements]


def reasons(extraction):
    return [rejection.reason for rejection in extraction.rejected]


# --- what is believed --------------------------------------------------------------------------------------------------


def test_what_the_text_bears_out_is_taken_with_offsets_into_the_raw_text(serve, options):
    server = serve(lambda *_: answer(GOOD, SECOND))
    (found,), usage = extract(options(server))
    assert triples(found) == [
        ("小红书", "PARTNERS_WITH", "淘宝天猫", "actual", "2025-05-07"),
        ("京东", "ACQUIRES", "顺丰", "denied", None),
    ]
    for said in found.statements:
        assert TEXT[said.evidence.start : said.evidence.end] == said.evidence.text
    assert {entity.name for entity in found.entities} == {"小红书", "淘宝天猫", "京东", "顺丰"}
    assert (usage.requests, usage.prompt_tokens, usage.completion_tokens) == (1, 100, 10)
    assert not found.rejected


LIES = {
    "unknown relation": {"relation": "LOVES"},
    "unknown status": {"status": "maybe"},
    "unknown entity type": {"head": {"name": "小红书", "type": "Wizard"}},
    "an end has no name": {"tail": "淘宝天猫"},
    "a name is not in the text": {"tail": {"name": "拼多多", "type": "Platform"}},
    "evidence is not in the text": {"evidence": "小红书收购了淘宝天猫"},
    "the evidence does not name the ends": {"evidence": "签署战略合作协议"},
    "no evidence": {"evidence": "  "},
    "evidence is too long": {"evidence": "小红书" * 1000},
    "both ends are the same": {"tail": {"name": "小红书", "type": "Platform"}},
    "an end is no name": {"tail": {"name": "，", "type": "Platform"}},
    "an end stands for another name": {"tail": {"name": "该公司", "type": "Company"}},
    "time cannot be read": {"time": 20250507},
    "time is not in the text": {"time": "2019-01-01"},
    "PARTNERS_WITH may not end at Place": {"tail": {"name": "东南亚", "type": "Place"}},
}


@pytest.mark.parametrize(("reason", "change"), LIES.items(), ids=LIES)
def test_a_lie_is_rejected_with_its_reason_and_what_stands_beside_it_is_kept(serve, options, reason, change):
    server = serve(lambda *_: answer({**GOOD, **change}, SECOND))
    (found,), _ = extract(options(server))
    assert triples(found) == [("京东", "ACQUIRES", "顺丰", "denied", None)]
    assert reasons(found) == [reason]


ODDITIES = [
    None, True, 7, -1.5, "text", [], {}, [[[]]], {"head": None}, {"head": {"name": {}, "type": []}, "tail": []},
    {**GOOD, "relation": ["PARTNERS_WITH"]}, {**GOOD, "relation": {}}, {**GOOD, "status": 1}, {**GOOD, "evidence": 5},
    {**GOOD, "evidence": ["x"]}, {**GOOD, "time": {}}, {**GOOD, "time": []}, {**GOOD, "time": "\ud800"},
    {**GOOD, "head": {"name": "\ud800", "type": "Platform"}}, {**GOOD, "head": {"name": "\x00", "type": "Platform"}},
    {**GOOD, "evidence": "\udfff小红书买下"}, {**GOOD, "head": {"name": "", "type": "Platform"}},
    {**GOOD, "head": {"name": "书", "type": "Platform"}}, {**GOOD, "time": "2025-13-45"}, {**GOOD, "time": "2025-02-30"},
    {**GOOD, "head": {"name": "小红书与淘宝天猫签署战略合作协议。京东", "type": "Platform"}},
]  # fmt: skip


@pytest.mark.parametrize("oddity", ODDITIES, ids=range(len(ODDITIES)))
def test_no_value_of_the_wrong_kind_breaks_anything_or_gets_through(serve, options, oddity):
    server = serve(lambda *_: json.dumps({"statements": [oddity, SECOND]}))
    (found,), _ = extract(options(server))
    assert triples(found) == [("京东", "ACQUIRES", "顺丰", "denied", None)]
    assert len(found.rejected) == 1
    json.dumps([r.triple for r in found.rejected], ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("5月7日", "2025-05-07"),
        ("2025-05-07", "2025-05-07"),
        ("2025-05", "2025-05"),
        ("2025", "2025"),
        (None, None),
        ("", None),
    ],
)
def test_a_time_is_in_the_words_of_the_text_or_the_day_that_they_mean(serve, options, said, day):
    server = serve(lambda *_: answer({**GOOD, "time": said}))
    (found,), _ = extract(options(server))
    assert triples(found)[0][4] == day


def test_words_of_the_text_that_place_no_time_leave_the_statement_without_one(serve, options):
    server = serve(lambda *_: answer({**GOOD, "time": "签署"}))
    (found,), _ = extract(options(server))
    assert triples(found)[0][4] is None


def test_a_passage_of_a_title_kept_apart_has_no_offsets(serve, options):
    article = Article("a", "正文没有说什么。", title="小红书牵手京东")
    said = statement("小红书/Platform", "PARTNERS_WITH", "京东/Platform", "小红书牵手京东")
    server = serve(lambda *_: answer(said))
    (found,), _ = extract(options(server), article)
    assert [(s.evidence.start, s.evidence.end, s.evidence.text) for s in found.statements] == [
        (-1, -1, "小红书牵手京东")
    ]


def test_a_name_that_is_but_a_part_of_another_is_no_end(serve, options):
    article = Article("a", "京东物流与顺丰合作。")
    passage = "京东物流与顺丰合作"
    server = serve(
        lambda *_: answer(
            statement("京东/Platform", "PARTNERS_WITH", "顺丰/Company", passage),
            statement("京东物流/Company", "PARTNERS_WITH", "顺丰/Company", passage),
        )
    )
    (found,), _ = extract(options(server), article)
    assert [t[:3] for t in triples(found)] == [("京东物流", "PARTNERS_WITH", "顺丰")]
    assert reasons(found) == ["a name is but a part of another"]


def test_a_symmetric_fact_said_both_ways_round_is_one(serve, options):
    turned = {**GOOD, "head": GOOD["tail"], "tail": GOOD["head"]}
    server = serve(lambda *_: answer(GOOD, turned, GOOD))
    (found,), _ = extract(options(server))
    assert len(found.statements) == 1


def test_noise_in_the_raw_text_is_part_of_the_passage_and_not_of_the_question(serve, options):
    article = Article("a", "小红书 与\u200b淘宝天猫　签署协议。\n责任编辑：张三")
    server = serve(
        lambda _, body: answer(
            statement("小红书/Platform", "PARTNERS_WITH", "淘宝天猫/Platform", "小红书与淘宝天猫签署协议。")
        )
    )
    (found,), _ = extract(options(server), article)
    (said,) = found.statements
    assert article.text[said.evidence.start : said.evidence.end] == said.evidence.text
    assert "\u200b" in said.evidence.text
    assert "\u200b" not in server.requests[0]["messages"][1]["content"]


def test_a_user_s_gazetteer_gives_its_names(serve, options, tmp_path):
    names = tmp_path / "g.toml"
    names.write_text('[entities]\nPlatform = [["红书网", "小红书"]]\n', encoding="utf-8")
    server = serve(lambda *_: answer(GOOD))
    (found,), _ = extract(options(server, gazetteer=names))
    assert found.statements[0].head.name == "小红书"
    assert "红书网" in found.statements[0].head.aliases


def test_more_statements_than_a_text_has_are_cut_off(serve, options):
    server = serve(lambda *_: answer(*[{**GOOD, "evidence": f"小红书{n}"} for n in range(5000)]))
    (found,), _ = extract(options(server))
    assert reasons(found)[-1] == "more statements than a text has"
    assert len(found.rejected) < 302


def test_statements_below_the_minimum_are_rejected(serve, options):
    server = serve(lambda *_: answer(GOOD))
    (found,), _ = extract(options(server, min_confidence=0.9))
    assert reasons(found) == ["confidence below the minimum"]


# --- what answers look like --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrap",
    [
        "{}",
        "```json\n{}\n```",
        "好的，结果如下：\n{}\n希望有帮助！",
        "<think>{{也许 statements: [ }}</think>{}",
        "\ufeff{}",
    ],
)
def test_fences_thoughts_and_chatter_around_the_json_are_passed_over(serve, options, wrap):
    server = serve(lambda *_: wrap.format(answer(GOOD)))
    (found,), _ = extract(options(server))
    assert len(found.statements) == 1


def test_a_bare_list_is_taken(serve, options):
    server = serve(lambda *_: json.dumps([GOOD]))
    assert len(extract(options(server))[0][0].statements) == 1


@pytest.mark.parametrize("cut", [10, 60, 100])
def test_of_half_an_answer_the_whole_statements_count_and_the_break_is_told(serve, options, cut):
    whole = answer(GOOD, SECOND)
    server = serve(lambda *_: whole[:-cut])
    (found,), _ = extract(options(server))
    assert [t[:3] for t in triples(found)] == [("小红书", "PARTNERS_WITH", "淘宝天猫")]
    assert reasons(found) == ["the answer breaks off"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "对不起，我不能。",
        "{",
        "[" * 100_000,
        '{"statements": 5}',
        '{"a": [1]}',
        '{"statements": null}',
        '{"x": NaN}',
        "9" * 5000,
    ],
    ids=range(9),
)
def test_an_answer_without_a_list_is_asked_for_once_more_and_then_fails_the_article_alone(serve, options, said):
    server = serve(lambda _, body: said if "京东" in body["messages"][1]["content"] else answer())
    errors = []
    found, _ = extract(options(server), ARTICLE, Article("b", "今天没有新闻。"), errors=errors)
    assert [extraction.article.id for extraction in found] == ["b"]
    assert len(server.requests) == 3
    (error,) = errors
    assert "a: " in str(error)
    assert "JSON" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": [{"message": {}}]}',
        b'{"choices": [{"message": {"content": null}}]}',
        b'{"choices": [{"message": {"content": [1]}}]}',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b"1" * 10_000,
    ],
    ids=range(11),
)
def test_a_body_that_is_not_of_the_protocol_fails_the_article(serve, options, body):
    server = serve(lambda *_: {"body": body})
    errors = []
    assert extract(options(server), errors=errors)[0] == []
    assert len(errors) == 1


def test_token_counts_that_are_none_count_nothing(serve, options):
    odd = {"prompt_tokens": "many", "completion_tokens": -5}
    server = serve(lambda *_: {"body": reply(answer(GOOD), usage=odd)})
    _, usage = extract(options(server))
    assert (usage.prompt_tokens, usage.completion_tokens) == (0, 0)


# --- what servers do ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 429, "headers": {"Retry-After": "soon"}},
        {
            "status": 429,
            "headers": {"Retry-After": format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)},
        },
        {"status": 500, "body": b"oops"},
        {"status": 503},
        {"body": reply(answer(GOOD)), "drop": 20},
        {"body": b"{"},
    ],
    ids=range(7),
)
def test_passing_trouble_is_tried_again(serve, options, trouble):
    server = serve(lambda number, _: trouble if number == 1 else answer(GOOD))
    (found,), usage = extract(options(server))
    assert len(found.statements) == 1
    assert (usage.requests, usage.retried) == (2, 1)


def test_an_answer_that_does_not_come_in_time_is_tried_again(serve, options):
    server = serve(lambda number, _: {"sleep": 2} if number == 1 else answer(GOOD))
    (found,), usage = extract(options(server, timeout=0.5))
    assert len(found.statements) == 1
    assert usage.retried == 1


def test_an_answer_that_drips_for_ever_is_out_of_time_as_a_whole(serve, options):
    server = serve(lambda number, _: {"body": b" " * 1000, "drip": 0.05} if number == 1 else answer(GOOD))
    (found,), usage = extract(options(server, timeout=0.5))
    assert len(found.statements) == 1
    assert usage.retried == 1


def test_an_answer_without_end_is_not_read_to_its_end(serve, options):
    server = serve(lambda *_: {"body": b"x" * (MAX_BYTES + 100_000)})
    errors = []
    extract(options(server), errors=errors)
    assert "more than 4 MB" in str(errors[0])


def test_retries_come_to_an_end_and_the_article_fails(serve, options):
    server = serve(lambda *_: {"status": 500, "body": b"x" * 5000})
    errors = []
    extract(options(server, retries=2), errors=errors)
    assert len(server.requests) == 3
    assert "500" in str(errors[0])
    assert len(str(errors[0])) < 400


def test_after_failures_in_a_row_nothing_more_is_asked_and_what_was_read_is_kept(serve, options):
    server = serve(lambda number, _: answer() if number == 1 else {"status": 500})
    articles = [Article(f"n{n}", f"第{n}条新闻。") for n in range(40)]
    errors = []
    found, _ = extract(options(server, retries=0, concurrency=1), *articles, errors=errors)
    assert [extraction.article.id for extraction in found] == ["n0"]
    assert len(errors) == 39
    assert len(server.requests) == 6
    assert isinstance(errors[-1], ServerDown)


def test_a_server_that_is_not_there_ends_the_run_at_once(serve, options):
    server = serve(lambda *_: answer())
    server.close()
    with pytest.raises(ServerDown, match="no connection"):
        extract(options(server, pause=30), errors=[])


@pytest.mark.parametrize("status", [401, 402, 403, 404, 301])
def test_a_server_that_refuses_ends_the_run_with_the_way_out(serve, options, status):
    server = serve(lambda *_: {"status": status, "headers": {"Location": "http://127.0.0.1:1/"}})
    with pytest.raises(ServerDown, match=str(status)):
        extract(options(server), errors=[])
    assert len(server.requests) == 1


def test_a_part_of_the_protocol_that_the_server_does_not_know_is_left_out_from_then_on(serve, options):
    def script(_, body):
        if body.get("response_format", {}).get("type") == "json_schema":
            return {"status": 422, "body": b'{"detail": [{"loc": ["body", "response_format", "type"]}]}'}
        if "temperature" in body:
            return {"status": 400, "body": b'{"error": "temperature does not support 0"}'}
        if "max_tokens" in body:
            return {"status": 400, "body": b'{"error": "use max_completion_tokens instead of max_tokens"}'}
        return answer()

    server = serve(script)
    articles = [Article(f"n{n}", f"第{n}条新闻。") for n in range(5)]
    found, _ = extract(options(server, concurrency=1), *articles)
    assert len(found) == 5
    assert len(server.requests) == 3 + 5
    assert "max_completion_tokens" in server.requests[-1]


LLAMA_CPP = b"""{"error": {"message": "1 validation error: {'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': "
  "\\"Input should be 'text' or 'json_object'\\", 'input': 'json_schema'}", "type": "internal_server_error"}}"""


def test_a_server_that_says_500_of_a_part_of_the_protocol_is_understood_too(serve, options):
    def script(_, body):
        if body.get("response_format", {}).get("type") == "json_schema":
            return {"status": 500, "body": LLAMA_CPP}
        return answer(GOOD)

    server = serve(script)
    (found,), usage = extract(options(server))
    assert triples(found)
    assert [request["response_format"]["type"] for request in server.requests] == ["json_schema", "json_object"]
    assert usage.retried == 0


def test_a_failure_that_speaks_of_json_leaves_nothing_of_the_protocol_out(serve, options):
    broken = {"status": 500, "body": b'{"error": "the JSON schema service is restarting"}'}
    server = serve(lambda number, _: broken if number == 1 else answer(GOOD))
    extract(options(server))
    assert [request["response_format"]["type"] for request in server.requests] == ["json_schema"] * 2


def test_a_request_that_is_refused_for_its_length_fails_its_article_alone(serve, options):
    server = serve(
        lambda _, body: {"status": 413, "body": b"too long"} if "京东" in body["messages"][1]["content"] else answer()
    )
    errors = []
    found, _ = extract(options(server), ARTICLE, Article("b", "今天没有新闻。"), errors=errors)
    assert [extraction.article.id for extraction in found] == ["b"]
    assert "413" in str(errors[0])


def test_extractions_come_in_the_order_of_the_articles_and_requests_are_limited(serve, options):
    server = serve(lambda number, _: {"sleep": 0.02 * (5 - number % 5), "body": reply(answer())})
    articles = [Article(f"n{n}", f"第{n}条新闻。") for n in range(20)]
    found, _ = extract(options(server, concurrency=3), *articles)
    assert [extraction.article.id for extraction in found] == [f"n{n}" for n in range(20)]
    assert 1 < server.most <= 3


def test_articles_are_read_no_further_ahead_than_needed(serve, options):
    server = serve(lambda *_: answer())
    taken = []

    def articles():
        for number in range(100):
            taken.append(number)
            yield Article(f"n{number}", f"第{number}条新闻。")

    with LLMExtractor(options(server, concurrency=2)) as extractor:
        next(extractor.extract(articles()))
        assert len(taken) <= 5


def test_closing_in_the_middle_gives_up_what_is_under_way(serve, options):
    server = serve(lambda *_: {"sleep": 20, "body": reply(answer())})
    extractor = LLMExtractor(options(server, timeout=60))
    future = extractor.submit(ARTICLE)
    extractor.close()
    assert future.cancelled() or future.exception() is not None
    assert not any(thread.name == "kg-llm" for thread in threading.enumerate())
    extractor.close()


def test_a_long_article_is_asked_about_in_pieces_that_are_put_together(serve, options):
    filler = "".join(f"这是第{n}句没有内容的话，说的是天气。" for n in range(300))
    text = f"小红书与京东合作。{filler}美团入股顺丰。"
    one = statement("小红书/Platform", "PARTNERS_WITH", "京东/Platform", "小红书与京东合作")
    two = statement("美团/Platform", "INVESTS_IN", "顺丰/Company", "美团入股顺丰")
    server = serve(lambda *_: answer(one, two))
    (found,), _ = extract(options(server), Article("a", text))
    assert len(server.requests) > 2
    assert [t[:3] for t in triples(found)] == [("小红书", "PARTNERS_WITH", "京东"), ("美团", "INVESTS_IN", "顺丰")]
    assert {s.evidence.start for s in found.statements} == {0, text.index("美团")}


def test_an_article_of_nothing_is_not_asked_about(serve, options):
    server = serve(lambda *_: answer())
    (found,), _ = extract(options(server), Article("a", " \n\u200b"))
    assert not found.statements
    assert server.requests == []


# --- the cache ---------------------------------------------------------------------------------------------------------


def test_what_was_asked_once_is_not_asked_again(serve, options):
    server = serve(lambda *_: answer(GOOD))
    first, _ = extract(options(server))
    again, usage = extract(options(server))
    assert again == first
    assert len(server.requests) == 1
    assert (usage.requests, usage.cached, usage.prompt_tokens) == (0, 1, 0)


def test_an_answer_kept_serves_without_the_server(serve, options):
    server = serve(lambda *_: answer(GOOD))
    extract(options(server))
    server.close()
    assert len(extract(options(server))[0][0].statements) == 1


def test_an_answer_that_could_not_be_read_is_not_kept(serve, options):
    server = serve(lambda number, _: "no" if number <= 2 else answer(GOOD))
    extract(options(server), errors=[])
    (found,), _ = extract(options(server))
    assert len(found.statements) == 1


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"content": 1}', b"\xff\xff", b"[" * 100_000])
def test_a_damaged_file_of_the_cache_is_asked_for_anew(serve, options, tmp_path, damage):
    server = serve(lambda *_: answer(GOOD))
    extract(options(server))
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_bytes(damage)
    (found,), usage = extract(options(server))
    assert len(found.statements) == 1
    assert usage.requests == 1


def test_a_lie_in_the_cache_is_checked_as_one_of_the_server_is(serve, options, tmp_path):
    server = serve(lambda *_: answer(GOOD))
    extract(options(server))
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_text(json.dumps({"content": answer({**GOOD, "relation": "ACQUIRES", "evidence": "小红书买下淘宝天猫"}),
                                "prompt_tokens": 0, "completion_tokens": 0}), encoding="utf-8")  # fmt: skip
    (found,), _ = extract(options(server))
    assert not found.statements


def test_a_cache_that_cannot_be_written_is_said(serve, options, tmp_path):
    (tmp_path / "file").write_text("")
    server = serve(lambda *_: answer(GOOD))
    with pytest.raises(OutputError, match="--llm-cache"):
        extract(options(server, cache=tmp_path / "file" / "cache"), errors=[])


# --- options, keys, fingerprints ----------------------------------------------------------------------------------------


def test_the_key_comes_from_the_environment_and_is_nowhere_else(serve, options, tmp_path, monkeypatch):
    monkeypatch.setenv("KG_LLM_KEY", "sk-secret-1234")
    server = serve(
        lambda number, _: answer(GOOD) if number == 1 else {"status": 500, "body": b"bad key sk-secret-1234"}
    )
    made = options(server, retries=0)
    extract(made)
    assert server.keys == ["Bearer sk-secret-1234"]
    errors = []
    extract(made, Article("b", "今天没有新闻。"), errors=errors)
    assert "…" in str(errors[0])
    kept = b"".join(path.read_bytes() for path in (tmp_path / "cache").rglob("*.json"))
    assert kept
    assert b"secret" not in kept + repr(made).encode() + pickle.dumps(made) + str(errors).encode()


@pytest.mark.parametrize("key", ["sk-secret-1234", "sk\\u002dsecret-1234", "sk-secret-1234/x".replace("/", "\\/")])
def test_an_answer_that_repeats_the_key_is_neither_kept_nor_told(serve, options, tmp_path, monkeypatch, key):
    monkeypatch.setenv("KG_LLM_KEY", "sk-secret-1234" + ("/x" if "x" in key else ""))
    lie = json.dumps({"statements": [statement("NAME/Platform", "ACQUIRES", "京东/Platform", "京东")]}).replace(
        "NAME", key
    )
    errors = []
    found, _ = extract(options(serve(lambda *_: lie)), errors=errors)
    assert found == []
    assert "repeats the key" in str(errors[0])
    assert "secret" not in str(errors)
    assert not list((tmp_path / "cache").rglob("*.json"))


@pytest.mark.parametrize("said", ["bad key sk-secret\\/1234", "bad key \\u0073k-secret/1234"])
def test_a_refusal_that_repeats_the_key_in_escapes_is_not_shown(serve, options, monkeypatch, said):
    monkeypatch.setenv("KG_LLM_KEY", "sk-secret/1234")
    errors = []
    extract(options(serve(lambda *_: {"status": 500, "body": said.encode()}), retries=0), errors=errors)
    assert "repeats the key" in str(errors[0])
    assert "secret" not in str(errors)


@pytest.mark.parametrize(
    "url", ["http://sk-secret@h/v1", "htp://u:sk-secret@h/v1", "u:sk-secret@h:99999/v1", "http://u:sk-secret@/"]
)
def test_a_key_in_an_address_is_refused_without_being_shown(url):
    with pytest.raises(UsageError, match="KG_LLM_KEY") as caught:
        LLMOptions(url, "m")
    assert "secret" not in str(caught.value)


def test_openai_s_key_goes_to_no_other_server(serve, options, monkeypatch):
    monkeypatch.delenv("KG_LLM_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    server = serve(lambda *_: answer(GOOD))
    extract(options(server))
    assert server.keys == [None]


def test_a_key_that_can_be_none_is_refused_without_being_shown(options, monkeypatch):
    monkeypatch.setenv("KG_LLM_KEY", "sk-秘密 key")
    with pytest.raises(ConfigError, match="KG_LLM_KEY") as caught:
        LLMExtractor(options("http://localhost:1/v1"))
    assert "秘密" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://x/v1",
        "http://",
        "http://u:p@h/v1",
        "http://h:99999/v1",
        "http://h/v1?key=1",
        "http://h\n/",
    ],
)
def test_an_address_that_is_none_is_a_wrong_use(url):
    with pytest.raises(UsageError) as caught:
        LLMOptions(url, "m")
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    "more", [{"timeout": 0}, {"timeout": float("nan")}, {"retries": -1}, {"pause": -1.0}, {"concurrency": 0}]
)
def test_limits_that_cannot_be_meant_are_a_wrong_use(more):
    with pytest.raises(UsageError):
        LLMOptions("http://localhost:1/v1", "m", **more)


@pytest.mark.parametrize(
    ("extractor", "more"),
    [
        ("gpt", {}),
        ("llm", {}),
        ("llm", {"base_url": "http://h/v1"}),
        ("both", {"model": "m"}),
        ("model", {"base_url": "http://h/v1"}),
        ("llm", {"base_url": "http://h/v1", "model": " "}),
        ("llm", {"base_url": "http://h/v1", "model": "m", "price": "cheap"}),
        ("llm", {"base_url": "http://h/v1", "model": "m", "price": "1/-2"}),
    ],
)
def test_options_that_do_not_go_together_are_a_wrong_use(extractor, more):
    with pytest.raises(UsageError):
        make_llm_options(extractor, **more)


def test_another_server_or_model_is_another_extractor_and_its_limits_are_not(options):
    made = [
        options("http://a/v1"),
        options("http://b/v1"),
        ExtractorOptions(llm=LLMOptions("http://a/v1", "other")),
        ExtractorOptions(llm=LLMOptions("http://a/v1", "m", beside_model=True)),
        ExtractorOptions(),
    ]
    prints = [fingerprint(one) for one in made]
    assert len(set(prints[:3] + prints[4:])) == 4
    assert fingerprint(options("http://a/v1", timeout=1.0, concurrency=9, price=(1, 2))) == prints[0]


def test_cost_is_tokens_by_price(serve, options):
    server = serve(lambda *_: {"body": reply(answer(GOOD), sent=500_000, answered=100_000)})
    _, usage = extract(options(server, price=(1.0, 5.0)))
    assert usage.cost == pytest.approx(1.0)
    _, usage = extract(options(server))
    assert usage.cost is None


def test_without_a_handler_the_first_failure_is_raised(serve, options):
    server = serve(lambda *_: {"status": 500})
    with pytest.raises(ExtractionError):
        extract(options(server, retries=0))
