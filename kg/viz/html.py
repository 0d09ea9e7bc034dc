"""A View as one HTML file that needs nothing else: pyvis's Network and vis-network under a template of our own.

pyvis's own template is not used: it loads Bootstrap from a CDN, runs titles that contain `href` as HTML and writes in the
locale's encoding. Data reaches our page only as JSON that the HTML parser cannot leave, and view.js puts it on the
screen as text.
"""

import base64
import functools
import hashlib
import importlib.resources
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.errors import OutputError
from kg.output import open_output
from kg.viz.style import Colors, Style, TypeStyle, load_style
from kg.viz.view import View, ViewEdge, ViewFact, ViewNode

if TYPE_CHECKING:
    import jinja2
    from pyvis.network import Network

VIS_NETWORK = "lib/vis-9.1.2/vis-network.min.js"  # the complete build; pyvis ships 9.0.4 beside it, twice the size
SCRIPTS = ("text.js", "labels.js", "panel.js", "search.js", "view.js")
STYLES = ("view.css",)
# No blank may stand in a value here: pyvis's set_options deletes them all.
OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False, "randomSeed": 1},
    "interaction": {"hover": True, "selectable": False, "keyboard": False, "zoomSpeed": 0.7},
    "nodes": {"borderWidth": 1.5, "scaling": {"min": 1, "max": 60}},
    "edges": {
        "selfReference": {"size": 18, "angle": 0.785},
        "arrowStrikethrough": False,
        "hoverWidth": 1,
        "arrows": {end: {"enabled": False, "scaleFactor": 0.5} for end in ("to", "from")},
    },
}
_MAX_LINE_WIDTH = 4.0
_NOT_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def make_network(view: View) -> "Network":
    """The view as a pyvis Network with positions, shapes and colours set and physics off.

    Its own `generate_html` gives our page, so that a Network changed by hand is still shown by our template.
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
    network.templateEnv = _environment(view)
    network.path = "template.html"
    return network


def render_html(view: View) -> str:
    """The whole page as text; the same view gives the same text."""
    html: str = make_network(view).generate_html()
    return html


def write_html(view: View, path: str | os.PathLike[str]) -> None:
    """Write the page as UTF-8, whole or not at all; `-` is standard output. OutputError says why it could not be
    written and what to do; an older page then stays as it was."""
    html = render_html(view)
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


def _environment(view: View) -> "jinja2.Environment":
    import jinja2
    from markupsafe import Markup

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    scripts = [_vis_network(), *(_asset(name) for name in SCRIPTS)]
    styles = [_asset(name) for name in STYLES]

    def page_data(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], options: str) -> Markup:
        network = {"nodes": nodes, "edges": edges, "options": json.loads(options)}
        return Markup(json_in_html({**_payload(view), "network": network}))  # noqa: S704 - escaped by json_in_html

    environment.globals.update(
        page_data=page_data,
        page_title=plain_text(view.title),
        empty=not view.nodes,
        scripts=[Markup(_embeddable(text)) for text in scripts],  # noqa: S704 - our own files and vis-network
        styles=[Markup(_embeddable(text)) for text in styles],  # noqa: S704 - our own files
        policy=_policy(scripts, styles),
    )
    return environment


def plain_text(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates (a broken JSON escape) become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def json_in_html(value: object) -> str:
    """JSON that may stand inside a <script type="application/json">: no <, > or &, nor the line ends of JavaScript."""
    return plain_text(
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_NOT_IN_SCRIPT)
    )


def _policy(scripts: list[str], styles: list[str]) -> str:
    """A Content-Security-Policy under which the page runs its own scripts and connects to nothing."""

    def hashes(texts: list[str]) -> str:
        digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {hashes(scripts)}; style-src {hashes(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@functools.cache
def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


@functools.cache
def _vis_network() -> str:
    text = (importlib.resources.files("pyvis") / VIS_NETWORK).read_text(encoding="utf-8")
    # A source map is fetched as soon as developer tools open: the one request the page would make.
    return re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", text)


def _embeddable(text: str) -> str:
    if re.search(r"</(script|style)|<!--", text, re.IGNORECASE):
        raise ValueError(
            "a script or style of the page holds an end tag or a comment start, which would break the page"
        )
    return text


def _payload(view: View) -> dict[str, Any]:
    """What view.js reads: the view, and how things look and are called."""
    style = load_style()
    articles = {article.id: i for i, article in enumerate(view.articles)}
    facts = [fact for edge in view.edges for fact in edge.facts]
    types = dict.fromkeys([*style.types, *(node.type for node in view.nodes)])
    statuses = dict.fromkeys(
        [*style.statuses, *(e.status for f in facts for e in f.history), *(f.status for f in facts)]
    )
    return {
        "title": view.title,
        "focus": view.focus,
        "totals": {
            "entities": view.entities,
            "facts": view.facts,
            "factsShown": view.facts_shown,
            "articles": view.articles_total,
            "unlinked": view.unlinked,
            "first": view.first,
            "last": view.last,
        },
        "types": {
            name: {
                "zh": style.type(name).zh,
                "en": style.type(name).en,
                "shape": style.type(name).shape,
                "hollow": style.type(name).hollow,
                "color": _pair(style.type(name).color),
            }
            for name in types
        },
        "families": {
            name: {"zh": family.zh, "en": family.en, "color": _pair(family.color)}
            for name, family in style.families.items()
        },
        "statuses": {
            name: {
                "zh": style.status(name).zh,
                "en": style.status(name).en,
                "dashes": style.status(name).dashes,
                "opacity": style.status(name).opacity,
            }
            for name in statuses
        },
        "relations": {
            name: {
                "zh": style.relation(name).zh,
                "en": style.relation(name).en,
                "symmetric": style.relation(name).symmetric,
            }
            for name in dict.fromkeys(fact.relation for fact in facts)
        },
        "articles": [
            {"id": a.id, "title": a.title, "date": a.date, "source": a.source, "url": a.url} for a in view.articles
        ],
        "nodes": [
            {
                "id": n.id,
                "name": n.name,
                "label": n.label,
                "type": n.type,
                "aliases": n.aliases,
                "font": n.font,
                "facts": n.facts,
                "hidden": n.hidden,
            }
            for n in view.nodes
        ],
        "edges": [
            {
                "id": e.id,
                "source": e.source,
                "target": e.target,
                "family": e.family,
                "status": e.status,
                "facts": [_fact(fact, articles) for fact in e.facts],
            }
            for e in view.edges
        ],
    }


def _pair(colors: Colors) -> list[str]:
    return [colors.light, colors.dark]


def _fact(fact: ViewFact, articles: dict[str, int]) -> dict[str, Any]:
    return {
        "id": fact.id,
        "head": fact.head,
        "relation": fact.relation,
        "tail": fact.tail,
        "status": fact.status,
        "since": fact.since,
        "until": fact.until,
        "confidence": round(fact.confidence, 3),
        "sources": fact.sources,
        "history": [
            {
                "status": event.status,
                "time": event.time,
                "passages": [
                    {"article": articles[p.article], "inTitle": p.in_title, "segments": p.segments}
                    for p in event.passages
                ],
            }
            for event in fact.history
        ],
    }
