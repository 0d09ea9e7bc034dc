"""The server's side of OpenAI's chat protocol, scripted: it answers what a test tells it to, over a real connection."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ScriptedServer:
    """`script(number, body)` says what to do with each request, counted from 1; requests and their keys are kept.

    It returns text (the answer's content), or a dict of `status`, `headers`, `body` (bytes), `sleep` (seconds before it
    answers), `drop` (bytes after which the connection is closed), `drip` (seconds between single bytes).
    """

    def __init__(self, script):
        self.script = script
        self.requests = []
        self.keys = []
        self.running = self.most = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer._lock:
                    outer.requests.append(body)
                    outer.keys.append(self.headers.get("Authorization"))
                    number = len(outer.requests)
                    outer.running += 1
                    outer.most = max(outer.most, outer.running)
                try:
                    with contextlib.suppress(OSError):  # who asked has gone
                        self._answer(outer.script(number, body))
                finally:
                    with outer._lock:
                        outer.running -= 1

            def _answer(self, said):
                row = {"body": reply(said)} if isinstance(said, str) else said
                time.sleep(row.get("sleep", 0))
                body = row.get("body", b"{}")
                self.send_response(row.get("status", 200))
                for name, value in row.get("headers", {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if "drop" in row:
                    self.wfile.write(body[: row["drop"]])
                    self.close_connection = True
                    return
                if "drip" in row:
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(row["drip"])
                    return
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def reply(content, *, sent=100, answered=10, **more):
    """A chat completion with this content."""
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": sent, "completion_tokens": answered, "total_tokens": sent + answered}
    return json.dumps(
        {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage, **more}
    ).encode()


def statement(head, relation, tail, evidence, *, status="actual", time=None):
    """A statement as a language model writes it; ends are `name/Type`."""

    def end(text):
        name, _, kind = text.rpartition("/")
        return {"name": name, "type": kind}

    return {
        "head": end(head),
        "relation": relation,
        "tail": end(tail),
        "status": status,
        "time": time,
        "evidence": evidence,
    }


def answer(*statements):
    return json.dumps({"statements": list(statements)}, ensure_ascii=False)
