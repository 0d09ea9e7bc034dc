"""A View as one HTML file that needs nothing else: our own template and scripts, and pyvis's Network for who wants one.

pyvis's own template is not used: it loads Bootstrap from a CDN, runs titles that contain `href` as HTML and writes in the
locale's encoding. vis-network is not used either: docs/decisions/0005-page.md has the measurements. Data reaches our page
only as JSON that the HTML parser cannot leave, and the scripts put it on the screen as text.
"""

import base64
import functools
import hashlib
import html as _html
import json
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kg.errors import OutputError
from kg.output import open_output
from kg.viz.payload import make_payload
from kg.viz.style import Style, TypeStyle, load_style
from kg.viz.view import View, ViewEdge, ViewNode

if TYPE_CHECKING:
    import jinja2
    from pyvis.network import Network

Kind = Literal["graph", "timeline"]
PAGE = Path(__file__).with_name("page")
# In the order in which they need each other; each is one `const` of the page.
SCRIPTS = (
    "unpack.js", "words.js", "text.js", "dates.js", "pinyin.js", "backbone.js", "model.js", "places.js", "paths.js",
    "filter.js", "hash.js", "dom.js",
    "labels.js", "shapes.js", "camera.js", "scene.js", "svg.js", "sheet.js", "stage.js", "cards.js", "panel.js", "search.js",
    "legend.js", "slider.js", "takeaway.js", "lanes.js", "main.js",
)  # fmt: skip
STYLES = ("page.css",)
# No blank may stand in a value here: pyvis's set_options deletes them all.
OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False, "randomSeed": 1},
    "edges": {"arrows": {end: {"enabled": False, "scaleFactor": 0.5} for end in ("to", "from")}},
}
PLAIN_DATA = 500_000  # bytes of data up to which they can be read in the page's source
COMPRESSION = 6  # zlib's own choice; 9 takes 2.5 times as long for 5 % less (5,000 entities)
_MAX_LINE_WIDTH = 4.0
_NOT_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def make_network(view: View) -> "Network":
    """The view as a pyvis Network with positions, shapes and colours set and physics off.

    Its own `generate_html` gives our page, so that a Network changed by hand (`x`, `y`, `size`, `color` and `label` of
    its nodes) is still shown by our template.
    """
    from pyvis.network import Network

    style = load_style()
    # Undirected pyvis networks drop every second edge of a pair without a word, so arrows are set edge by edge.
    network = Network(directed=True, cdn_resources="in_line", height="100%", heading=view.title)
    network.set_options(json.dumps(OPTIONS))
    for node in view.nodes:
        network.add_node(node.id, **_node_options(node, style.type(node.type)))
    for edge in view.edges:
        network.add_edge(edge.source, edge.target, **_edge_options(edge, style))
    network.templateEnv = _environment(view, kind="graph")
    network.path = "template.html"
    return network


def render_html(view: View, *, kind: Kind = "graph") -> str:
    """The whole page as text; the same view gives the same text. `timeline` shows facts in lanes, one for each partner of
    the view's focus, instead of the graph."""
    # Without the way through pyvis, which looks a node up in a list for each line: a minute at 60,000 lines.
    return _environment(view, kind=kind).get_template("template.html").render(nodes=None)


def render_frame(view: View, *, kind: Kind = "graph", height: int = 640) -> str:
    """The page in a frame of its own, for a notebook: it reaches neither the notebook nor a network."""
    page = _html.escape(render_html(view, kind=kind), quote=True)
    return (
        f'<iframe srcdoc="{page}" sandbox="allow-scripts allow-downloads allow-popups" width="100%" height="{height}" '
        'style="border:1px solid #e2e6ec;border-radius:8px"></iframe>'
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A view that a notebook shows as the page itself."""

    view: View
    kind: Kind = "graph"

    def __repr__(self) -> str:
        view = self.view
        return f"Page({view.title!r}, {self.kind!r}: {len(view.nodes)} of {view.entities} entities, {view.facts_shown} of {view.facts} facts)"

    def _repr_html_(self) -> str:
        return render_frame(self.view, kind=self.kind)

    def network(self) -> "Network":
        """As a pyvis Network, to be changed by hand; its `generate_html` gives our page."""
        return make_network(self.view)

    def write(self, path: str | os.PathLike[str]) -> None:
        """As write_html."""
        write_html(self.view, path, kind=self.kind)


def write_html(view: View, path: str | os.PathLike[str], *, kind: Kind = "graph") -> None:
    """Write the page as UTF-8, whole or not at all; `-` is standard output. OutputError says why it could not be
    written and what to do; an older page then stays as it was."""
    html = render_html(view, kind=kind)
    try:
        with open_output(os.fspath(path)) as file:
            file.write(html)
    except (OSError, ValueError) as exc:  # a name that is too long, or holds a NUL
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise OutputError(f"{str(path)[:200]!r} cannot be written ({reason}); choose another name") from exc


def _node_options(node: ViewNode, style: TypeStyle) -> dict[str, Any]:
    color = style.color.light
    return {
        "label": node.label,
        "shape": style.shape,
        "size": node.size,
        "x": node.x,
        "y": node.y,
        "color": {"background": "#ffffff" if style.hollow else color, "border": color},
        "font": {"size": node.font},
    }


def _edge_options(edge: ViewEdge, style: Style) -> dict[str, Any]:
    status = style.status(edge.status)
    sources = max((fact.sources for fact in edge.facts), default=1)
    arrows = [end for end, wanted in (("to", edge.forward), ("from", edge.backward)) if wanted]
    return {
        "id": edge.id,
        "label": " · ".join(dict.fromkeys(style.relation(fact.relation).zh for fact in edge.facts)),
        "arrows": ", ".join(arrows),
        "color": {
            "color": style.families[edge.family].color.light,
            "opacity": status.opacity,
            "inherit": False,
        },
        "dashes": list(status.dashes) or False,
        "width": min(1.0 + 0.5 * max(sources, 1), _MAX_LINE_WIDTH),
        "smooth": _smooth(edge.bend),
    }


def _smooth(bend: float) -> dict[str, Any]:
    if not bend:
        return {"enabled": False, "type": "continuous", "roundness": 0}
    return {"enabled": True, "type": "curvedCW" if bend > 0 else "curvedCCW", "roundness": abs(bend)}


def _environment(view: View, *, kind: Kind) -> "jinja2.Environment":
    import jinja2
    from markupsafe import Markup

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    script = "\n".join(_asset(name) for name in SCRIPTS)
    styles = [_asset(name) for name in STYLES]

    def page_data(nodes: list[dict[str, Any]] | None) -> Markup:
        """The whole block of data."""
        payload = make_payload(view, kind=kind)
        if nodes is not None:  # of a pyvis Network, which its owner may have changed
            _take_over(payload, nodes)
        return Markup(data_block(json_in_html(payload)))  # noqa: S704 - escaped by json_in_html

    environment.globals.update(
        page_data=page_data,
        page_title=plain_text(view.title),
        kind=kind,
        empty=not view.nodes,
        script=Markup(_embeddable(script)),  # noqa: S704 - our own files
        styles=[Markup(_embeddable(text)) for text in styles],  # noqa: S704 - our own files
        policy=_policy([script], styles),
    )
    return environment


def _take_over(payload: dict[str, Any], drawn: list[dict[str, Any]]) -> None:
    changed = {str(node["id"]): node for node in drawn}
    payload["stages"] = []  # the places of the Network count
    for node in payload["nodes"]:
        options = changed.get(node["id"], {})
        node |= {key: options[key] for key in ("x", "y", "size", "label") if options.get(key) is not None}
        if isinstance(options.get("color"), str):
            node["color"] = options["color"]


def plain_text(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates (a broken JSON escape) become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def json_in_html(value: object) -> str:
    """JSON that may stand inside a <script type="application/json">: no <, > or &, nor the line ends of JavaScript."""
    return plain_text(
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_NOT_IN_SCRIPT)
    )


def data_block(text: str) -> str:
    """The element that holds the data: the text itself, or compressed where it is big enough to be in the way when the
    page is sent (bytes of deflate in base64; every browser since May 2023 unpacks them)."""
    raw = text.encode()
    if len(raw) <= PLAIN_DATA:
        return f'<script type="application/json" id="kg-data">{text}</script>'
    packed = base64.b64encode(zlib.compress(raw, COMPRESSION)).decode()
    return f'<script type="application/octet-stream" id="kg-data">{packed}</script>'


def _policy(scripts: list[str], styles: list[str]) -> str:
    """A Content-Security-Policy under which the page runs its own scripts and connects to nothing."""

    def hashes(texts: list[str]) -> str:
        digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {hashes(scripts)}; style-src {hashes(styles)}; img-src data:; connect-src 'none'; "
        "base-uri 'none'; form-action 'none'"
    )


@functools.cache
def _asset(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _embeddable(text: str) -> str:
    if re.search(r"</(script|style)|<!--", text, re.IGNORECASE):
        raise ValueError(
            "a script or style of the page holds an end tag or a comment start, which would break the page"
        )
    return text
