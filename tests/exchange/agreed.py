"""People and agreements of tests: O asks L for certificates (DEED), which O3 needs."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exchange.agreements.contents import Asked
from exchange.agreements.requesting import draft_agreement, request_agreement
from exchange.agreements.stepping import take_step
from exchange.models import Agreement
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from registry.enrolling import grant_role
from registry.models import Person
from tests import factories as make

# From a state, how another one is reached, as whom.
PATHS: dict[str, list[tuple[str, str]]] = {
    "draft": [],
    "requested": [("request", "clerk")],
    "submitted": [("request", "clerk"), ("approve", "head")],
    "in_review": [("request", "clerk"), ("approve", "head"), ("take_up", "provider")],
}
PATHS["in_force"] = [*PATHS["in_review"], ("consent", "provider_head")]
PATHS["refused"] = [*PATHS["in_review"], ("refuse", "provider_head")]
PATHS["disputed"] = [*PATHS["refused"], ("dispute", "head")]
PATHS["with_authority"] = [*PATHS["disputed"], ("pass_on", "head")]
PATHS["directed"] = [*PATHS["with_authority"], ("direct", "authority")]
PATHS["extension_asked"] = [*PATHS["in_review"], ("ask_extension", "provider_head")]
PATHS["suspended"] = [*PATHS["in_force"], ("suspend", "authority")]
PATHS["end_proposed"] = [*PATHS["in_force"], ("propose_end", "provider_head")]


@dataclass
class People:
    """Who has a say in an agreement of O with L."""

    @cached_property
    def clerk(self) -> Person:
        return make.clerk("O")

    @cached_property
    def head(self) -> Person:
        return make.clerk("O", "department_head")

    @cached_property
    def provider(self) -> Person:
        return make.clerk("L")

    @cached_property
    def provider_head(self) -> Person:
        return make.clerk("L", "department_head")

    @cached_property
    def authority(self) -> Person:
        made = make.person()
        grant_role(person=made, role="data_authority", department=None, actor=PLATFORM)
        return made


def asked(**values: Any) -> Asked:
    """Return a request that lacks nothing."""
    whole: dict[str, Any] = {
        "basis": "《不动产登记暂行条例》第二十四条",
        "scene": "窗口核对申请人的土地权利",
        "fields": ("certificateNumber", "certificateHolderName"),
        "ways": ("verify", "disclose"),
        "purpose": "规划许可",
        "last_day": legal_day(now()) + dt.timedelta(days=200),
    }
    return Asked(**{**whole, **values})


def drafted(people: People, **values: Any) -> Agreement:
    """Draft a request of O."""
    return draft_agreement(
        person=people.clerk,
        department=make.department("O"),
        item=make.item("O3"),
        licence_type=make.licence_type(make.DEED),
        asked=asked(**values),
    )


def agreement_in(state: str, people: People, **values: Any) -> Agreement:
    """Bring a request to a state by the real steps."""
    agreement = drafted(people, **values)
    for step, who in PATHS[state]:
        person = getattr(people, who)
        if step == "request":
            agreement = request_agreement(agreement, person=person)
        else:
            agreement = take_step(agreement, step, person=person, text="测试理由")
    assert agreement.state == state
    return agreement
