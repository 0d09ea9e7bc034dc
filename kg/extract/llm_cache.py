"""Answers that were paid for, kept on the disk by a hash of all that was asked."""

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kg.errors import OutputError


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as the server gave it: its text, and the tokens that it counted (0 where it did not)."""

    content: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of replies. What it holds is no more trusted than the server: every use checks it anew."""

    folder: Path

    def find(self, asked: Any) -> Reply | None:
        """The reply kept for what was asked; None also where the file is damaged."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            row = json.loads(self._path(asked).read_text(encoding="utf-8"))
            content, sent, answered = row["content"], row["prompt_tokens"], row["completion_tokens"]
            if isinstance(content, str) and isinstance(sent, int) and isinstance(answered, int):
                return Reply(content, sent, answered)
        return None

    def keep(self, asked: Any, reply: Reply) -> None:
        """Write the reply, whole or not at all. OutputError where the folder cannot be written."""
        path = self._path(asked)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Several processes may keep one answer at a time; the last one's file stays, and no reader sees half of it.
            handle, new = tempfile.mkstemp(dir=path.parent, suffix=".new")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                    json.dump(asdict(reply), file, ensure_ascii=False)
                Path(new).replace(path)
            except BaseException:
                Path(new).unlink(missing_ok=True)
                raise
        except OSError as exc:
            raise OutputError(
                f"{path.parent}: answers cannot be kept there ({exc.strerror or exc}); name another folder with --llm-cache"
            ) from exc

    def _path(self, asked: Any) -> Path:
        asked_for = json.dumps(asked, sort_keys=True, ensure_ascii=True)
        digest = hashlib.sha256(asked_for.encode("ascii")).hexdigest()
        return self.folder / digest[:2] / f"{digest[2:]}.json"
