"""The chain in a real browser, in both languages: what people click, see, and must not see (no console errors)."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

if TYPE_CHECKING:
    from tests.journeys.conftest import City

CHROMIUM = Path("/usr/bin/chromium")
PICTURES = Path(__file__).resolve().parents[2] / "build" / "pictures"
CHINESE = re.compile("[㐀-鿿]")
# The walker needs no script; the texts of an English page that stay Chinese must be marked as such.
UNMARKED = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const near = walk.currentNode.parentElement.closest('[lang]');
    if (/[\\u3400-\\u9fff]/.test(walk.currentNode.data) && !(near && near.lang.startsWith('zh'))
        && !walk.currentNode.parentElement.closest('option')) found.push(walk.currentNode.data.trim());
  }
  return found;
}"""

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed on this machine"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    quiet = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=[*quiet.split(), "--disable-component-update", "--disable-sync"]
        )
        yield browser
        browser.close()


class Person:
    """Someone at a browser; keeps pictures of what they saw, and every complaint of the browser."""

    def __init__(self, chromium: Browser, city: "City", language: str, width: int = 1280) -> None:
        context = chromium.new_context(locale=language, viewport={"width": width, "height": 900})
        self.page: Page = context.new_page()
        self.city, self.label = city, f"{language}-{width}"
        self.complaints: list[str] = []
        self.page.on("console", self._complain)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _complain(self, message: ConsoleMessage) -> None:
        # An answer of 400 or 403 is one that a test asked for; everything else is a fault of ours.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str, picture: str = "") -> None:
        self.page.goto(self.city.address + path)
        self.look(picture)

    def look(self, picture: str) -> None:
        if picture:
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=PICTURES / f"{self.label}-{picture}.png", full_page=True)
        if self.label.startswith("en"):
            # A click comes back when the next page begins to arrive; its body may still be missing.
            self.page.wait_for_selector("footer", state="attached")
            assert self.page.evaluate(UNMARKED) == []

    def receipt(self) -> str:
        """Download the receipt that the page offers; the log signs an entry within about a second."""
        address = self.city.address + str(self.page.get_attribute("[data-receipt]", "href"))
        for _ in range(60):
            answer = self.page.request.get(address)
            if answer.status != 409:
                break
            time.sleep(0.5)
        assert answer.status == 200
        assert answer.headers["content-disposition"].endswith('.tlog-proof"')
        return answer.text()

    def sign_in(self, username: str, picture: str = "") -> None:
        self.go("/sign-in/")
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", self.city.demonstration["accounts"][username]["password"])
        self.page.click("main button[type=submit]")
        self.look(picture)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_chain_from_reference_to_the_next_licence(chromium: Browser, city: "City", language: str) -> None:
    specimens = city.demonstration["specimens"]
    citizen = Person(chromium, city, language)
    citizen.go("/", "landing")
    citizen.sign_in("citizen", "wallet")
    citizen.go("/items/?q=技术改造", "items")
    citizen.page.click('a[href="/items/D2/"]')
    citizen.page.check("#need-2-typed")
    citizen.page.check("#need-3-typed")
    citizen.page.click("form[method=post].sheet button")
    expect(citizen.page.locator(".need.missing")).to_have_count(2)
    citizen.look("missing")
    citizen.page.check("#need-2-1")
    citizen.page.fill("#number-3", specimens["environment"].replace("〔", "[").replace("〕", "] "))
    citizen.page.click("form[method=post].sheet button")
    number = citizen.page.inner_text("#application-number")
    citizen.look("application")

    clerk = Person(chromium, city, language)
    clerk.sign_in("clerk", "desk")
    clerk.page.fill("#number", specimens["suspended"])
    clerk.page.select_option("#item", "D2")
    clerk.page.click("form[action='/desk/check/'] button")
    clerk.page.wait_for_selector("#answer [data-outcome=suspended]")
    clerk.look("answer")
    assert clerk.page.url.endswith("/desk/"), "the answer comes in place, without leaving the page"
    clerk.go(f"/desk/{number}/", "case")
    clerk.page.click("form[action$='/verify/'] button")
    expect(clerk.page.locator("tr[data-outcome=valid]")).to_have_count(3)
    clerk.look("verified")
    clerk.page.click("button[value=approve]")
    result = clerk.page.get_attribute("[data-result]", "data-result")
    clerk.look("approved")

    citizen.go("/wallet/", "wallet-after")
    expect(citizen.page.locator(f'[data-number="{result}"]')).to_have_count(1)
    citizen.go("/looks/", "looks")

    administrator = Person(chromium, city, language)
    administrator.sign_in("administrator", "overview")
    administrator.go(f"/overview/record/?case={number}", "record")
    expect(administrator.page.locator("tr[data-action=approve]")).to_have_count(1)
    administrator.page.click("tbody a >> nth=0")
    administrator.look("entry")
    administrator.go("/overview/scenarios/technical-transformation/", "scenario")
    assert citizen.complaints == clerk.complaints == administrator.complaints == []


def test_pages_fit_a_phone(chromium: Browser, city: "City") -> None:
    for username, paths in {
        "citizen": ("/wallet/", "/items/D2/", "/looks/"),
        "clerk": ("/desk/",),
        "head": ("/accesses/", "/objections/"),
        "administrator": ("/overview/", "/overview/record/"),
    }.items():
        person = Person(chromium, city, "zh-CN", width=390)
        person.sign_in(username)
        for path in paths:
            person.go(path, f"phone{path.replace('/', '-')}")
            assert person.page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_the_pages_of_the_api_work_under_the_strict_policy(chromium: Browser, city: "City") -> None:
    person = Person(chromium, city, "zh-CN")
    person.go("/api/docs/")
    person.page.wait_for_selector("text=/api/v1/verifications/")
    person.page.click("text=/api/v1/verifications/")
    person.page.wait_for_selector("text=成经信委〔2026〕12号")
    person.look("api")
    assert person.complaints == []


def test_the_chain_needs_no_script(chromium: Browser, city: "City") -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(city.address + "/sign-in/")
    page.fill("#id_username", "clerk")
    page.fill("#id_password", city.demonstration["accounts"]["clerk"]["password"])
    page.click("main button[type=submit]")
    page.fill("#number", city.demonstration["specimens"]["site"])
    page.select_option("#item", "D2")
    page.click("form[action='/desk/check/'] button")
    expect(page.locator("[data-outcome=valid]")).to_have_count(1)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_person_concerned_sees_a_look_keeps_its_receipt_and_objects(
    chromium: Browser, city: "City", jobs: None, language: str
) -> None:
    clerk = Person(chromium, city, language)
    clerk.sign_in("clerk")
    clerk.page.fill("#number", city.demonstration["specimens"]["site"])
    clerk.page.select_option("#item", "D2")
    clerk.page.click("form[action='/desk/check/'] button")
    entry = clerk.page.inner_text("#answer .checked .number")

    citizen = Person(chromium, city, language)
    citizen.sign_in("citizen")
    citizen.go("/looks/", "looks-after")
    citizen.page.click(f'[data-look="{entry}"] a >> nth=0')
    citizen.page.click("summary")
    citizen.look("look")
    assert citizen.receipt().startswith("c2sp.org/tlog-proof@v1\n")
    citizen.page.check("#cause-1")
    citizen.page.fill("#text", "我没有申请过技术改造。")
    citizen.page.click("#object button")
    number = citizen.page.inner_text("#objection-number")
    citizen.look("objection-filed")

    head = Person(chromium, city, language)
    head.sign_in("head")
    head.go("/accesses/", "accesses")
    head.page.click(f'[data-entry="{entry}"] a')
    head.look("access")
    head.go("/objections/", "objections")
    head.page.click(f'[data-objection="{number}"] a')
    head.page.fill("#finding", "核验没有对应的办件，依据不足。")
    head.look("objection-open")
    head.page.click("button[value=uphold]")
    expect(head.page.locator("#measure-fault")).to_have_count(1)
    head.page.fill("#measure", "已提醒经办人，并停止无办件核验。")
    head.page.click("button[value=uphold]")
    head.look("objection-answered")

    citizen.go(f"/looks/objections/{number}/", "objection-upheld")
    expect(citizen.page.locator("[data-answer=upheld]")).to_have_count(1)
    administrator = Person(chromium, city, language)
    administrator.sign_in("administrator")
    administrator.go("/objections/", "objections-all")
    expect(administrator.page.locator(f'[data-objection="{number}"][data-state=upheld]')).to_have_count(1)
    assert citizen.complaints == clerk.complaints == head.complaints == administrator.complaints == []
