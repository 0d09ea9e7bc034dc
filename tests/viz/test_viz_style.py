import pytest

from kg.model import STATUSES
from kg.ontology import load_ontology
from kg.viz.style import Colors, load_style

GROUNDS = Colors("#f6f7f9", "#0f141b")  # --ground in view.css


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_type_relation_and_status_of_the_ontology_has_a_style() -> None:
    style, ontology = load_style(), load_ontology()
    assert set(style.types) == set(ontology.entities)
    assert set(style.statuses) == set(STATUSES)
    assert set(style.relations) == set(ontology.relations)
    assert all(relation.family != "other" for relation in style.relations.values())


def test_no_two_types_look_alike() -> None:
    looks = [(t.shape, t.color, t.hollow) for t in load_style().types.values()]
    assert len(set(looks)) == len(looks)
    assert len({(t.shape, t.hollow) for t in load_style().types.values()}) == len(looks), (
        "told apart without colour too"
    )


def test_no_two_statuses_are_drawn_alike_but_the_crossed_one() -> None:
    drawn = {s.name: (s.dashes, s.opacity) for s in load_style().statuses.values()}
    assert len(set(drawn.values())) == len(drawn)


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_colours_stand_out_from_the_ground(ground: str) -> None:
    style = load_style()
    for spec in (*style.types.values(), *style.families.values()):
        assert contrast(getattr(spec.color, ground), getattr(GROUNDS, ground)) >= 3, spec


def test_the_grounds_are_those_of_the_style_sheet(root) -> None:
    sheet = (root / "kg/viz/page/page.css").read_text(encoding="utf-8")
    assert f"--ground: {GROUNDS.light};" in sheet
    assert f"--ground: {GROUNDS.dark};" in sheet


def test_unknown_names_look_like_other_and_keep_their_name() -> None:
    style = load_style()
    assert style.type("Spaceship").zh == "Spaceship"
    assert style.relation("ORBITS_AROUND").en == "orbits around"
    assert style.relation("ORBITS_AROUND").family in style.families
    assert style.status("forgotten").zh == "forgotten"
