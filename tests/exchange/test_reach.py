"""What is reachable: lists hold what is permitted one by one, nothing else is read, less right is never more."""

import datetime as dt
from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.access import Decision, decide
from exchange.asking import Ask, Standing, item_question
from exchange.cases import Case
from exchange.disclosing import disclose
from exchange.models import Agreement, Authorisation, AuthorisationUse, Duty
from exchange.reach import reachable
from exchange.rights import type_question
from foundation.clock import now
from foundation.reasons import Refused
from licences.models import Licence
from registry import queries as registry
from registry.models import LicenceType, Need
from tests import factories as make

pytestmark = pytest.mark.django_db
NAMES = (make.DEED, make.SITE, make.EXPLOSIVES)
SHARING = ("unconditional", "conditional", "not_shared")
SOME = st.sets(st.sampled_from(NAMES))


@dataclass(frozen=True)
class Rows:
    """Which rows there are: the types that O3 needs, how each is shared, and the rights of its department."""

    needed: frozenset[str]
    sharing: tuple[str, ...]
    consent: tuple[bool, ...]
    agreed: frozenset[str]
    given: frozenset[str]
    duties: frozenset[str]


ROWS = st.builds(
    Rows,
    needed=SOME.map(frozenset),
    sharing=st.tuples(*[st.sampled_from(SHARING)] * 3),
    consent=st.tuples(*[st.booleans()] * 3),
    agreed=SOME.map(frozenset),
    given=SOME.map(frozenset),
    duties=SOME.map(frozenset),
)


@pytest.fixture
def planning() -> Standing:
    """Load the city with licences of every type for one holder and for another, and return who asks."""
    make.city()
    for name, number in product(NAMES, (1, 2)):
        make.issued(name, make.company(number))
    return make.standing("O")


def _arrange(rows: Rows) -> None:
    for model in (Agreement, AuthorisationUse, Authorisation, Duty):
        model._default_manager.all().delete()
    item, since = make.item("O3"), now() - dt.timedelta(hours=1)
    item.needs.all().delete()
    for name, sharing, asks in zip(NAMES, rows.sharing, rows.consent, strict=True):
        LicenceType.objects.filter(name_zh=name).update(sharing_class=sharing, needs_authorisation=asks)
    for group, name in enumerate(sorted(rows.needed)):
        item.needs.create(group=group, licence_type=make.licence_type(name))
    office = {"department": make.department("O"), "item": item, "since": since}
    for name in rows.agreed:
        make.agreement(name=name)
    for name in rows.given:
        Authorisation.objects.create(
            holder=make.company(1), granted_by=make.person(), licence_type=make.licence_type(name), **office
        )
    for name in rows.duties:
        Duty.objects.create(licence_type=make.licence_type(name), legal_basis="《某法》第一条", **office)


def _ask(text: str = "", item: str = "O3") -> Ask:
    return Ask(text, item, "规划许可", "1", holder_number=make.company_code(1))


def _decided(licence: Licence, standing: Standing, at: dt.datetime, *, read: bool, item: str = "O3") -> Decision:
    found, holder = registry.item_by_code(item), make.company(1)
    question = item_question(_ask(item=item), standing, found, at, disclose=read)
    if found is None:
        return decide(question)
    needed = any(t.pk == licence.licence_type_id for group in registry.need_groups(found) for t in group.types)
    case = Case(holder.pk, bytes(holder.number_index))
    return decide(type_question(question, found, licence.licence_type, case, needed=needed))


@given(rows=ROWS, item=st.sampled_from(["O3", "O1", "M1", "Z9"]), read=st.booleans())
def test_a_list_holds_exactly_what_the_decision_permits_one_by_one(
    planning: Standing, rows: Rows, item: str, read: bool
) -> None:
    _arrange(rows)
    at = now()
    listed = {licence.pk for licence in reachable(_ask(item=item), standing=planning, at=at, disclose=read)}
    held = Licence.objects.filter(holders=make.company(1)).select_related("licence_type__owner")
    permitted = {one.pk for one in held if _decided(one, planning, at, read=read, item=item).permitted}
    assert listed == permitted


@given(rows=ROWS)
def test_nothing_is_read_but_the_fields_of_a_permit(planning: Standing, rows: Rows) -> None:
    _arrange(rows)
    for licence in Licence.objects.select_related("licence_type__owner"):
        decision, own = _decided(licence, planning, now(), read=True), licence.holders.get() == make.company(1)
        try:
            shown = disclose(_ask(licence.identifier), standing=planning).fields
        except Refused:
            shown = {}
        assert set(shown) <= set(decision.fields)
        assert bool(shown) is (decision.permitted and own)


REMOVED = {"need": Need, "agreement": Agreement, "authorisation": Authorisation, "duty": Duty}


@pytest.mark.parametrize("kind", REMOVED)
@given(rows=ROWS, place=st.integers(0, 2))
def test_a_row_that_is_taken_away_never_widens_access(planning: Standing, kind: str, rows: Rows, place: int) -> None:
    _arrange(rows)
    held = list(Licence.objects.filter(holders=make.company(1)).select_related("licence_type__owner"))
    before = {one.pk: set(_decided(one, planning, now(), read=True).fields) for one in held}
    found = list(REMOVED[kind]._default_manager.filter(item__code="O3").order_by("pk"))
    for row in found[place : place + 1]:
        row.delete()
    for one in held:
        after = _decided(one, planning, now(), read=True)
        assert set(after.fields) <= before[one.pk]
        assert not after.permitted or before[one.pk]


def test_a_list_without_a_holder_is_empty(planning: Standing) -> None:
    ask = Ask("", "L1", "预审", "1")
    assert not reachable(ask, standing=make.standing("L"), at=now()).exists()
