"""The walk: issue -> refer -> verify by number -> decide -> issue the next, with every refusal on the way."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from licence_exchange_client import LicenceExchange, Problem
from portal.demonstration.filling import Demonstration
from portal.walking.browser import Browser, Page, StepFailed

ITEM, NEXT_ITEM = "D2", "O2"
PURPOSE = "walk-through"
# The clerk's box: each specimen of the reference city, the outcome it must have and the reason beside it.
SPECIMENS = (
    ("site", "valid", "valid"),
    ("land", "valid", "valid"),
    ("environment", "valid", "valid"),
    ("expired", "no_longer_valid", "expired"),
    ("suspended", "suspended", "suspended"),
    ("revoked", "no_longer_valid", "revoked"),
    ("tampered", "signature_invalid", "signature_invalid"),
    ("outside_needs", "not_found", "not_found"),
)
ABSENT = "成规划局〔1999〕99999号"


@dataclass(slots=True)
class Walk:
    """The walk's state: who takes part, and what was found on the way."""

    address: str
    demonstration: Demonstration
    citizen: Browser = field(init=False)
    clerk: Browser = field(init=False)
    administrator: Browser = field(init=False)
    system: LicenceExchange = field(init=False)
    case: str = ""
    result: str = ""
    identifier: str = ""

    def __post_init__(self) -> None:
        self.citizen, self.clerk, self.administrator = (Browser(self.address) for _ in range(3))
        client = self.demonstration.client
        self.system = LicenceExchange(self.address, client_id=client["id"], client_secret=client["secret"])

    def close(self) -> None:
        """Close all connections."""
        for part in (self.citizen, self.clerk, self.administrator, self.system):
            part.close()

    def sign_in(self, browser: Browser, username: str) -> str:
        """Sign one of the three people in."""
        account = self.demonstration.accounts[username]
        browser.sign_in(username, account["password"])
        return account["name"]


Step = tuple[str, Callable[[Walk], str]]


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as the sentence it is
    """Raise `StepFailed` where something does not hold."""
    if not holds:
        raise StepFailed(otherwise)


def _citizen_sees_wallet(walk: Walk) -> str:
    walk.sign_in(walk.citizen, "citizen")
    numbers = walk.citizen.get("/wallet/").values("data-number")
    missing = set(walk.demonstration.specimens.values()) - set(numbers)
    expect(not missing, f"the wallet lacks {missing}")
    return f"{len(numbers)} licences"


def _needs(page: Page) -> dict[str, list[str]]:
    """Return, by need, the licences of the wallet that may be chosen."""
    options: dict[str, list[str]] = {}
    for radio in page.all(r'<input class="form-check-input" type="radio"([^>]*)>'):
        name = re.search(r'name="(need-\d+)"', radio)
        value = re.search(r'value="([^"]+)"', radio)
        if name and value:
            options.setdefault(name[1], [])
            if value[1] != "typed" and "disabled" not in radio:
                options[name[1]].append(value[1])
    return options


def _citizen_chooses_item(walk: Walk) -> str:
    page = walk.citizen.get(f"/items/{ITEM}/")
    options = _needs(page)
    expect(len(options) == 3, f"the item should need three licences, the page shows {len(options)}")
    expect(all(options.values()), "a need has no fitting licence in the wallet")
    return "three needs, each met by a licence of the wallet"


def _what_is_missing_is_listed_at_once(walk: Walk) -> str:
    page = walk.citizen.get(f"/items/{ITEM}/")
    form = {"holder": _holder(page)} | dict.fromkeys(_needs(page), "typed")
    refused = walk.citizen.post(f"/items/{ITEM}/", form)
    expect(refused.status == 400, f"an empty application was answered with {refused.status}")
    expect(refused.source.count("need missing") == 3, "not all three missing needs are named")
    return "all three named in one answer"


def _holder(page: Page) -> str:
    return page.all(r'<input type="hidden" name="holder" value="([^"]+)"')[0]


def _citizen_submits_references(walk: Walk) -> str:
    page = walk.citizen.get(f"/items/{ITEM}/")
    options = _needs(page)
    names = sorted(options)
    form = {"holder": _holder(page), "project": "精密数控机床生产线技术改造项目"}
    form |= {name: options[name][0] for name in names[:2]}
    # The third by its number, written as people do: other brackets, other width, with spaces.
    typed = walk.demonstration.specimens["environment"].replace("〔", " [").replace("〕", "] ")
    form |= {names[2]: "typed", f"number-{names[2].removeprefix('need-')}": typed}
    answer = walk.citizen.post(f"/items/{ITEM}/", form)
    found = re.search(r"/applications/([^/]+)/$", answer.address)
    expect(found is not None, f"the application was not taken: {answer.status} {answer.text[:300]}")
    walk.case = found[1] if found else ""
    return walk.case


def _clerk_finds_it(walk: Walk) -> str:
    walk.sign_in(walk.clerk, "clerk")
    expect(walk.case in walk.clerk.get("/desk/").text, "the application is not on the desk")
    page = walk.clerk.get(f"/desk/{walk.case}/")
    expect(page.status == 200, f"the application could not be opened: {page.status}")
    return "on the desk, and opens"


def _clerk_verifies_all(walk: Walk) -> str:
    page = walk.clerk.post(f"/desk/{walk.case}/verify/", {})
    outcomes = page.all(r'<tr data-need="\d+" data-outcome="([^"]*)"')
    expect(outcomes == ["valid"] * 3, f"the references were found {outcomes}")
    return "three valid"


def _check(walk: Walk, number: str, item: str, case: str = "") -> tuple[str, str]:
    walk.clerk.get("/desk/")
    page = walk.clerk.post("/desk/check/", {"number": number, "item": item, "case": case})
    return (page.values("data-outcome") or [""])[0], (page.values("data-reason") or [""])[0]


def _clerk_checks_specimens(walk: Walk) -> str:
    for name, outcome, reason in SPECIMENS:
        found = _check(walk, walk.demonstration.specimens[name], ITEM)
        expect(found == (outcome, reason), f"{name}: found {found} instead of {(outcome, reason)}")
    return f"{len(SPECIMENS)} numbers, each with its own answer"


def _wrong_number_answers_like_one_outside(walk: Walk) -> str:
    absent = _check(walk, ABSENT, ITEM)
    outside = _check(walk, walk.demonstration.specimens["outside_needs"], ITEM)
    expect(absent == outside == ("not_found", "not_found"), f"absent {absent}, outside the needs {outside}")
    return "not found, both alike"


def _clerk_is_refused_elsewhere(walk: Walk) -> str:
    found = _check(walk, walk.demonstration.specimens["site"], NEXT_ITEM)
    expect(found == ("refused", "item_of_other_department"), f"found {found}")
    return "refused: the item belongs to another department"


def _clerk_approves(walk: Walk) -> str:
    walk.clerk.get(f"/desk/{walk.case}/")
    page = walk.clerk.post(f"/desk/{walk.case}/decide/", {"decision": "approve"})
    issued = page.values("data-result")
    expect(len(issued) == 1, f"nothing was issued: {page.text[:300]}")
    walk.result = issued[0]
    return walk.result


def _result_is_in_the_wallet(walk: Walk) -> str:
    expect(walk.result in walk.citizen.get("/wallet/").values("data-number"), "the result is not in the wallet")
    return "there"


def _next_department_verifies(walk: Walk) -> str:
    answer = walk.system.verify(walk.result, item=NEXT_ITEM, purpose=PURPOSE, case="O2-WALK-1")
    expect(answer["outcome"] == "valid", f"found {answer['outcome']}: {answer['reason']}")
    walk.identifier = answer["licence"]["identifier"] if answer["licence"] else ""
    fields = walk.system.fields(walk.identifier, item=NEXT_ITEM, purpose=PURPOSE, case="O2-WALK-1")
    expect(bool(fields["fields"]), "no field was disclosed")
    return f"valid, {len(fields['fields'])} fields disclosed"


def _refusal(call: Callable[[], object]) -> str:
    try:
        call()
    except Problem as problem:
        return problem.reason
    return "no refusal"


def _system_is_refused(walk: Walk) -> str:
    system = walk.system
    why: Any = {"purpose": PURPOSE, "case": "O2-WALK-2"}
    refusals = {
        "item_of_other_department": lambda: system.verify(walk.result, item=ITEM, **why),
        "type_not_needed": lambda: system.verify(walk.result, item=NEXT_ITEM, licence_type="不动产权证书", **why),
        "agreement_missing": lambda: system.verify("1", item="O2", licence_type="国有建设用地使用权出让合同", **why),
        "case_or_operator_missing": lambda: system.verify(walk.result, item=NEXT_ITEM, purpose=PURPOSE),
        "item_unknown": lambda: system.verify(walk.result, item="ZZ9", **why),
        "licence_not_found": lambda: system.fields("1.2.156", item=NEXT_ITEM, **why),
    }
    for reason, call in refusals.items():
        found = _refusal(call)
        expect(found == reason, f"refused for {found} instead of {reason}")
    return f"{len(refusals)} calls, each for its own reason"


def _administrator_sees_it_all(walk: Walk) -> str:
    walk.sign_in(walk.administrator, "administrator")
    page = walk.administrator.get("/overview/record/", case=walk.case)
    actions = set(page.values("data-action"))
    expected = {"submit", "open_application", "verify", "approve", "issue"}
    expect(expected <= actions, f"the record of the case lacks {expected - actions}")
    refused = walk.administrator.get("/overview/record/", department="O", outcome="refused").values("data-reason")
    expect({"item_of_other_department", "type_not_needed", "item_unknown"} <= set(refused), f"refusals: {refused}")
    hidden = walk.administrator.get("/overview/record/", outcome="not_found").values("data-reason")
    expect("outside_needs" in hidden, "the record does not keep the true reason of a number outside the needs")
    return f"{len(page.values('data-action'))} entries of the case, refusals with their true reasons"


def _citizen_sees_who_looked(walk: Walk) -> str:
    page = walk.citizen.get("/looks/")
    expect(walk.case in page.text, "the accesses of the case are not shown to the holder")
    return "each access of the case"


STEPS: tuple[Step, ...] = (
    ("The citizen signs in and sees their licences", _citizen_sees_wallet),
    (f"The citizen chooses item {ITEM} and sees which licences fit", _citizen_chooses_item),
    ("An application without references names all that is missing", _what_is_missing_is_listed_at_once),
    ("The citizen submits references, one by a typed number", _citizen_submits_references),
    ("The clerk of the department finds the application", _clerk_finds_it),
    ("The clerk verifies all references with one click", _clerk_verifies_all),
    ("The clerk types numbers: valid, expired, suspended, revoked, tampered, outside", _clerk_checks_specimens),
    ("An absent number answers like one outside the needs", _wrong_number_answers_like_one_outside),
    ("The clerk asks for another department's item", _clerk_is_refused_elsewhere),
    ("The clerk approves; the result is issued and signed", _clerk_approves),
    ("The result is in the citizen's wallet", _result_is_in_the_wallet),
    (f"The next department verifies it for item {NEXT_ITEM} and reads its fields", _next_department_verifies),
    ("The next department's system is refused what it may not see", _system_is_refused),
    ("The administrator finds every access in the record", _administrator_sees_it_all),
    ("The citizen sees who looked", _citizen_sees_who_looked),
)


def take(walk: Walk) -> Iterator[tuple[str, bool, str]]:
    """Take the steps in order; yield each with whether it held, and what was found. Stops at the first that fails."""
    for name, step in STEPS:
        try:
            yield name, True, step(walk)
        except (StepFailed, Problem, KeyError, IndexError) as failed:
            yield name, False, f"{type(failed).__name__}: {failed}"
            return
