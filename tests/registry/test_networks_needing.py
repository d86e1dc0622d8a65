"""All that one item needs, in the order in which a person must obtain it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.networks.city import City
from registry.networks.needing import Step, what_it_needs
from registry.sources import ExternalFlow, Flow, Resolution, Use


def flow(text: str, group: int = 0) -> Flow:
    source, user, *licence = text.split()
    return Flow(source, user, licence[0] if licence else f"{source}证", 1, group)


def steps(item: str, *flows: str | Flow, **lists: list[object]) -> list[Step]:
    made = [f if isinstance(f, Flow) else flow(f) for f in flows]
    places = {code: code[0] for f in made for code in (f.source, f.user)} | {item: item[0]}
    return list(what_it_needs(City(Resolution(flows=made, **lists), places, frozenset()), item))  # type: ignore[arg-type]


def sources(found: list[Step]) -> list[str]:
    return [step.source for step in found]


def test_what_must_come_first_comes_first() -> None:
    found = steps("D2", "L1 D2", "O1 D2", "O1 L1", "A1 O1", "D2 Z1", "M1 Z1")
    assert sources(found) == ["A1", "O1", "L1"]
    assert [step.position for step in found] == [1, 2, 3]
    assert all(step.required and not step.circle for step in found)


def test_each_step_says_who_needs_which_licence() -> None:
    first = steps("D2", "O1 D2 甲", "O1 D2 乙", "O1 L1 甲", "L1 D2")[0]
    assert [(r.user, r.licence, r.choice) for r in first.reasons] == [
        ("D2", "甲", ""),
        ("D2", "乙", ""),
        ("L1", "甲", ""),
    ]


def test_alternatives_of_a_group_are_marked_and_none_is_required() -> None:
    found = steps("D2", flow("A1 D2", 1), flow("B1 D2", 1), flow("C1 D2", 2), flow("E1 D2", 2), "F1 D2")
    assert {step.source: step.required for step in found} == {
        "A1": False, "B1": False, "C1": False, "E1": False, "F1": True,
    }  # fmt: skip
    assert [step.reasons[0].choice for step in found] == ["D2/1", "D2/1", "D2/2", "D2/2", ""]


def test_several_sources_of_one_licence_are_alternatives() -> None:
    found = steps("D2", "A1 D2 外资证", "A2 D2 外资证")
    assert [(s.source, s.required, s.reasons[0].choice) for s in found] == [
        ("A1", False, "D2/外资证"),
        ("A2", False, "D2/外资证"),
    ]


def test_what_every_alternative_needs_is_required() -> None:
    found = steps("D2", flow("B1 D2", 1), flow("C1 D2", 1), "A1 B1", "A1 C1", "A2 B1")
    assert {step.source: step.required for step in found} == {"A1": True, "A2": False, "B1": False, "C1": False}


def test_what_is_no_item_is_named_by_its_kind() -> None:
    found = steps(
        "D2", "A1 D2",
        external=[ExternalFlow("省_V", "A1", "省证", "provincial", "V")],
        conventional=[Use("D2", "营业执照")],
        unresolved=[Use("A1", "无名证"), Use("Z1", "别处证")],
    )  # fmt: skip
    told = [(step.kind, step.source, step.reasons[0].licence, step.reasons[0].user) for step in found]
    assert told == [
        ("external", "省_V", "省证", "A1"),
        ("conventional", "", "营业执照", "D2"),
        ("unresolved", "", "无名证", "A1"),
        ("item", "A1", "A1证", "D2"),
    ]


def test_a_circle_on_the_way_is_shown() -> None:
    found = steps("D2", "B1 D2", "C1 B1", "B1 C1", "A1 C1")
    assert [(step.source, step.circle) for step in found] == [("A1", ()), ("B1", ("B1", "C1")), ("C1", ("B1", "C1"))]


def test_a_circle_through_the_item_itself_is_shown() -> None:
    assert [(s.source, s.circle) for s in steps("D2", "B1 D2", "D2 B1")] == [("B1", ("B1", "D2"))]


def test_an_item_without_needs_has_no_steps_and_an_unknown_one_is_an_error() -> None:
    assert steps("D2") == []
    with pytest.raises(LookupError):
        what_it_needs(City(Resolution(), {"D2": "D"}, frozenset()), "D3")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 2)), max_size=25))
def test_no_step_comes_before_what_it_needs_unless_they_are_in_one_circle(drawn: list[tuple[int, int, int]]) -> None:
    flows = [flow(f"A{s} A{u}", group) for s, u, group in drawn if s != u]
    found = steps("A0", *flows)
    place = {step.source: step.position for step in found}
    circle = {step.source: step.circle for step in found}
    before = {f.user: {g.source for g in flows if g.user == f.user} for f in flows}
    for user in place:
        for source in before.get(user, set()) - {"A0"}:
            assert place[source] < place[user] or source in circle[user]
    assert before.get("A0", set()) <= place.keys()
    assert len(place) == len(found)
