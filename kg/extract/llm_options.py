"""How to reach a language model, without reaching it: address, name, limits, and the key from the environment."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kg.errors import ConfigError, UsageError

EXTRACTORS = ("model", "llm", "both")
KEY_VARIABLE = "KG_LLM_KEY"
OPENAI_VARIABLE = "OPENAI_API_KEY"  # is sent to OpenAI alone: whoever has it set did not mean it for any other server
OPENAI_HOST = "api.openai.com"


@dataclass(frozen=True, slots=True)
class LLMOptions:
    """A server that speaks OpenAI's chat protocol, and how it is used. Holds no key, so it may be shown and sent about."""

    base_url: str
    model: str
    beside_model: bool = False
    """Whether the trained model or the patterns read as well (`--extractor both`)."""
    concurrency: int = 4
    """Requests under way at once."""
    cache: Path | None = None
    """The folder of kept answers; None: `default_cache()`."""
    price: tuple[float, float] | None = None
    """What a million tokens cost, those sent and those answered, in whatever currency."""
    timeout: float = 120.0
    """Seconds that one answer may take as a whole."""
    retries: int = 4
    """How often a request that failed is sent again."""
    pause: float = 1.0
    """Seconds before the first of these, doubled each time, where the server does not say."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        # Of an address that is none the part before an @ may be a key, too.
        if "@" in self.base_url or (usable and (parts.query or parts.fragment)):
            raise UsageError(
                f"--base-url may hold no user, key or query; a key goes into the environment, {KEY_VARIABLE}"
            )
        if not usable or not self.base_url.isprintable():
            raise UsageError(
                f"--base-url {self.base_url!r} is no address of a server; expected one such as http://localhost:8000/v1"
            )
        if not self.model.strip():
            raise UsageError("--llm-model is empty; name the model as the server does")
        if self.concurrency < 1:
            raise UsageError(f"{self.concurrency} requests at once is too few; give 1 or more")
        if not self.timeout > 0 or self.retries < 0 or not self.pause >= 0:
            raise UsageError("an answer needs some time, and retries and the pause before them are 0 or more")

    @property
    def name(self) -> str:
        """What an extraction by it depends on beside the article and the program."""
        return f"{self.base_url.rstrip('/')} {self.model}"

    @property
    def cache_folder(self) -> Path:
        return self.cache or default_cache()


def make_llm_options(
    extractor: str,
    *,
    base_url: str | None = None,
    model: str | None = None,
    concurrency: int = 4,
    cache: Path | None = None,
    price: str | None = None,
    timeout: float = 120.0,
) -> LLMOptions | None:
    """The options that the words of a command line mean; None for `model`, which asks no server. Raises UsageError."""
    if extractor not in EXTRACTORS:
        raise UsageError(f"--extractor {extractor!r} is none of {', '.join(EXTRACTORS)}")
    if extractor == "model":
        if base_url or model or price:
            raise UsageError("--base-url, --llm-model and --llm-price belong to --extractor llm or both; add it")
        return None
    if not base_url or not model:
        missing = "--llm-model NAME" if base_url else "--base-url URL"
        raise UsageError(f"--extractor {extractor} asks a server; give {missing}")
    return LLMOptions(
        base_url,
        model,
        beside_model=extractor == "both",
        concurrency=concurrency,
        cache=cache,
        price=None if price is None else read_price(price),
        timeout=timeout,
    )


def read_price(text: str) -> tuple[float, float]:
    """`IN/OUT`, prices of a million tokens, as in 0.15/0.60. UsageError for anything else."""
    number = r"([0-9]{1,6}(?:\.[0-9]{1,6})?)"
    match = re.fullmatch(f"{number}/{number}", text)
    if not match:
        raise UsageError(f"--llm-price {text!r}: expected the prices of a million tokens, IN/OUT, as in 0.15/0.60")
    return float(match[1]), float(match[2])


def default_cache() -> Path:
    """Where answers are kept unless a folder is named."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "kg" / "llm"


def read_key(base_url: str) -> str | None:
    """The key of the environment that is meant for this server. ConfigError, which does not show it, where it can be none."""
    name = KEY_VARIABLE
    key = os.environ.get(name, "").strip()
    if not key and urlsplit(base_url).hostname == OPENAI_HOST:
        name = OPENAI_VARIABLE
        key = os.environ.get(name, "").strip()
    if key and not re.fullmatch("[!-~]+", key):
        raise ConfigError(f"{name} holds blanks or letters that no key has; set it to the key alone")
    return key or None


@dataclass(slots=True)
class LLMUsage:
    """What a run asked for, counted as it goes: answers of the cache cost nothing and are apart."""

    price: tuple[float, float] | None = None
    requests: int = 0
    retried: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def cost(self) -> float | None:
        """At the price given, a million tokens sent and answered; None without one."""
        if self.price is None:
            return None
        return (self.prompt_tokens * self.price[0] + self.completion_tokens * self.price[1]) / 1_000_000
