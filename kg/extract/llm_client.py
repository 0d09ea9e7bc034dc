"""Requests to a server that speaks OpenAI's chat protocol: few at a time, again where that may help, never twice for one question.

What a server does not know of the protocol (a JSON schema, a temperature) is left out for the rest of the run once it has
said so. After failures in a row the server counts as down, and only kept answers are given.
"""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx2

from kg.errors import ExtractionError, UsageError
from kg.extract.llm_cache import Cache, Reply
from kg.extract.llm_options import KEY_VARIABLE, LLMOptions, LLMUsage, read_key

MAX_BYTES = 4 * 2**20  # of one answer: MAX_TOKENS of them have a hundredth of it
MAX_TOKENS = 4096  # of one answer: some fifty statements
MAX_PAUSE = 60.0  # seconds before a request is sent again, whatever the server asks for
MAX_UNREADABLE = 2  # answers to one question that are no JSON
MAX_FAILURES = 5  # questions in a row that got no answer; then the server is down

_REFUSED = {
    401: f"the key is refused; set the environment's {KEY_VARIABLE}",
    402: "the account is used up",
    403: f"access is refused; set the environment's {KEY_VARIABLE} to a key that may use the model",
    404: "no such address or model; --base-url ends in /v1 with most servers",
    405: "no such address; --base-url ends in /v1 with most servers",
}
_PART = re.compile(r"\b(?:response_format|temperature|max_tokens|max_completion_tokens)\b", re.IGNORECASE)
_COMPLAINT = re.compile("validation|invalid|unsupported|not supported|unexpected|should be", re.IGNORECASE)
_PASSING = (408, 409, 425, 429)  # and all from 500 on
_LIMITS = (
    "max_tokens",
    "max_completion_tokens",
    None,
)  # OpenAI's newer models have renamed it, and refuse the old name


class Unanswered(ExtractionError):
    """The server gave no answer, and may give one later."""


class ServerDown(Unanswered):
    """The server cannot be used, now or for the rest of the run."""


class _Passing(Exception):
    """A failure that may not come again; `pause` is what the server asks for, in seconds."""

    def __init__(
        self, reason: str, *, pause: float | None = None, unreadable: bool = False, refused: bool = False
    ) -> None:
        super().__init__(reason)
        self.pause = pause
        self.unreadable = unreadable
        self.refused = refused  # no connection


class _Unknown(Exception):
    """The server does not know a part of the request."""


class LLMClient:
    """A connection to the server; to be used in one event loop. `usage` counts. Errors never hold the key."""

    def __init__(self, options: LLMOptions, schema: dict[str, Any]) -> None:
        self.options = options
        self.usage = LLMUsage(options.price)
        self.answered = False
        self._key = read_key(options.base_url)
        self._cache = Cache(options.cache_folder)
        self._schema = schema
        self._url = options.base_url.rstrip("/") + "/chat/completions"
        self._formats = _response_formats(schema)
        self._format = self._limit = 0
        self._temperature = True
        self._down = ""
        self._failures = 0
        self._turns = asyncio.Semaphore(options.concurrency)
        headers = {"Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            local = httpx2.URL(self._url).host in ("localhost", "127.0.0.1", "::1")
            self._client = httpx2.AsyncClient(
                headers=headers,
                timeout=options.timeout,
                trust_env=not local,  # a proxy is the way out of the house, not to the own desk
                limits=httpx2.Limits(max_connections=options.concurrency),
            )
        except (httpx2.InvalidURL, ValueError) as exc:
            raise UsageError(f"--base-url {options.base_url!r} is no address of a server ({exc})") from exc

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._client.aclose()

    async def ask(self, messages: list[dict[str, str]], *, readable: Callable[[str], bool]) -> str:
        """The text of the answer, from the cache where it was asked before.

        ExtractionError where there is none after all retries, or none that is `readable`; ServerDown where there will be none.
        """
        asked = {
            "url": self._url,
            "model": self.options.model,
            "messages": messages,
            "schema": self._schema,
            "max_tokens": MAX_TOKENS,
        }
        kept = self._cache.find(asked)
        if kept is not None and readable(kept.content):
            self.usage.cached += 1
            self.answered = True
            return kept.content
        async with self._turns:
            reply = await self._ask_anew(messages, readable)
            self._failures, self.answered = 0, True
            self._cache.keep(asked, reply)
        return reply.content

    async def _ask_anew(self, messages: list[dict[str, str]], readable: Callable[[str], bool]) -> Reply:
        failed = unreadable = 0
        while True:
            if self._down:
                raise ServerDown(self._down)
            try:
                return await self._request(messages, readable)
            except _Unknown:
                continue  # each of these leaves a part out, so they come to an end
            except _Passing as exc:
                failed += 1
                unreadable += exc.unreadable
                # Who never was there is not waited for: a wrong port, a server that was not started.
                absent = exc.refused and not self.answered
                if absent or failed > self.options.retries or unreadable >= MAX_UNREADABLE:
                    raise self._give_up(exc, absent=absent) from exc
                self.usage.retried += 1
                pause = self.options.pause * 2 ** (failed - 1) if exc.pause is None else exc.pause
                await asyncio.sleep(min(pause, MAX_PAUSE))

    def _give_up(self, reason: _Passing, *, absent: bool) -> ExtractionError:
        if not reason.unreadable:
            self._failures += 1
            if absent or self._failures >= MAX_FAILURES:
                self._down = f"{self.options.base_url}: {reason}; start the server, or try again later"
                return ServerDown(self._down)
            return Unanswered(f"{self.options.base_url}: {reason}")
        return ExtractionError(f"{self.options.base_url}: {reason}")

    async def _request(self, messages: list[dict[str, str]], readable: Callable[[str], bool]) -> Reply:
        settings = self._format, self._limit, self._temperature
        body: dict[str, Any] = {"model": self.options.model, "messages": messages}
        if self._formats[self._format] is not None:
            body["response_format"] = self._formats[self._format]
        if limit := _LIMITS[self._limit]:
            body[limit] = MAX_TOKENS
        if self._temperature:
            body["temperature"] = 0
        self.usage.requests += 1
        try:
            async with (
                asyncio.timeout(self.options.timeout),
                self._client.stream("POST", self._url, json=body) as response,
            ):
                data = await self._read(response)
        except (TimeoutError, httpx2.TimeoutException) as exc:
            raise _Passing(f"no answer within {self.options.timeout:g} s") from exc
        except httpx2.ConnectError as exc:
            raise _Passing(f"no connection ({self._shown(str(exc))})", refused=True) from exc
        except httpx2.HTTPError as exc:
            raise _Passing(f"the connection broke ({self._shown(str(exc) or type(exc).__name__)})") from exc
        if response.status_code != 200:
            self._refuse(response, data, settings)
        reply = self._read_reply(data)
        if not readable(reply.content):
            raise _Passing("the answer is not the JSON that was asked for", unreadable=True)
        return reply

    async def _read(self, response: httpx2.Response) -> bytes:
        data = bytearray()
        async for chunk in response.aiter_raw():
            data += chunk
            if len(data) > MAX_BYTES:
                raise _Passing(f"the answer has more than {MAX_BYTES // 2**20} MB", unreadable=True)
        return bytes(data)

    def _refuse(self, response: httpx2.Response, data: bytes, settings: tuple[int, int, bool]) -> None:
        """Raise what a status other than 200 means."""
        status = response.status_code
        whole = data.decode("utf-8", "replace")
        said = self._shown(whole)
        # llama-cpp-python's server says 500 where others say 422.
        refused = status in (400, 422) or (status == 500 and _PART.search(whole) and _COMPLAINT.search(whole))
        if refused and self._leave_out(whole.lower(), settings):
            raise _Unknown
        if status in _PASSING or status >= 500:
            raise _Passing(f"the server answers {status} ({said})", pause=_read_pause(response))
        if status in _REFUSED:
            self._down = f"{self.options.base_url}: {_REFUSED[status]} ({status}: {said})"
            raise ServerDown(self._down)
        if status < 400:
            self._down = (
                f"{self.options.base_url}: the server answers {status}, no answer; give the address that it is at"
            )
            raise ServerDown(self._down)
        raise ExtractionError(f"{self.options.base_url}: the server answers {status} ({said})")

    def _leave_out(self, said: str, settings: tuple[int, int, bool]) -> bool:
        """Whether the next request will differ by the part that the server complains of."""
        if settings != (self._format, self._limit, self._temperature):
            return True  # another request learnt it meanwhile
        if "temperature" in said and self._temperature:
            self._temperature = False
        elif (limit := _LIMITS[self._limit]) and (limit in said or "max_tokens" in said):
            self._limit += 1
        elif any(word in said for word in ("response_format", "schema", "json")) and self._format + 1 < len(
            self._formats
        ):
            self._format += 1
        else:
            return False
        return True

    def _read_reply(self, data: bytes) -> Reply:
        try:
            row = json.loads(data)
            content = row["choices"][0]["message"]["content"]
        except (ValueError, RecursionError, LookupError, TypeError) as exc:
            raise _Passing("the answer is not of OpenAI's chat protocol", unreadable=True) from exc
        if self._key and isinstance(content, str) and self._key in _ESCAPED.sub(_unescape, content):
            raise _Passing("the answer repeats the key, so it is not kept", unreadable=True)
        usage = row.get("usage") if isinstance(row, dict) else None
        reply = Reply(
            content if isinstance(content, str) else "",
            _read_count(usage, "prompt_tokens"),
            _read_count(usage, "completion_tokens"),
        )
        self.usage.prompt_tokens += reply.prompt_tokens
        self.usage.completion_tokens += reply.completion_tokens
        return reply

    def _shown(self, text: str) -> str:
        """What a server said, on one line, cut short, and without the key, which some repeat."""
        if self._key and self._key not in text and self._key in _ESCAPED.sub(_unescape, text):
            return "what it says repeats the key"
        flat = " ".join((text.replace(self._key, "…") if self._key else text).split())
        return flat if len(flat) <= 200 else f"{flat[:200]}…"


def _response_formats(schema: dict[str, Any]) -> tuple[dict[str, Any] | None, ...]:
    """How a server is told to answer in JSON, from the strictest on: OpenAI's way, llama.cpp's way, any JSON, not at all."""
    return (
        {"type": "json_schema", "json_schema": {"name": "statements", "strict": True, "schema": schema}},
        {"type": "json_object", "schema": schema},
        {"type": "json_object"},
        None,
    )


_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\(/)")


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]


def _read_pause(response: httpx2.Response) -> float | None:
    """Seconds of a Retry-After, which is a number or a moment; None where it says nothing of use."""
    text = response.headers.get("retry-after", "").strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else None
        if seconds is None:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds)


def _read_count(usage: Any, key: str) -> int:
    value = usage.get(key) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0
