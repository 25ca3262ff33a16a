"""The pages in a real browser: no barrier, nothing too wide, the keyboard is enough."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import DESK, PHONE
from tests.programmes.mobility.aldea import MONDAY

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = [
    "/",
    "/sign-in/",
    "/aldea/",
    "/aldea/routes/",
    "/aldea/routes/B1/",
    "/aldea/days/",
    f"/aldea/days/{MONDAY}/",
    f"/aldea/days/{MONDAY}/taps/",
    "/aldea/held/?reason=unknown_device",
    "/aldea/tariff/",
    "/aldea/tariff/aldea-2026/",
    "/aldea/agreement/aldea-clearing/",
    "/aldea/measures/",
    "/aldea/measures/mobility-average-fare/",
    "/vacia/",
]
WIDE = ["/", "/aldea/", f"/aldea/days/{MONDAY}/", "/aldea/held/", "/aldea/tariff/"]


def sign_in(page: Any, base: str, password: str, username: str = "clara") -> None:
    page.goto(f"{base}/sign-in/?next=/")
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")


@pytest.mark.parametrize("look", [(PHONE, "dark", PAGES), (DESK, "light", WIDE)])
def test_no_barrier_and_nothing_wider_than_the_window(
    chrome: Any, pages: str, password: str, look: tuple[dict[str, int], str, list[str]]
) -> None:
    size, theme, addresses = look
    context = chrome.new_context(viewport=size, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    sign_in(page, pages, password)
    found = {}
    for address in addresses:
        page.goto(pages + address)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        heard = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
        wrong = [(v["id"], v["nodes"][0]["target"]) for v in heard["violations"]]
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            wrong.append(("too wide", []))
        if wrong:
            found[address] = wrong
    assert found == {}
    context.close()


def test_nothing_is_blocked_and_nothing_leaves_the_house(
    chrome: Any, pages: str, password: str
) -> None:
    page = chrome.new_page(viewport=DESK)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, pages, password)
    for address in WIDE:
        page.goto(pages + address)
    assert said == []
    assert [url for url in asked if not url.startswith((pages, "data:"))] == []
    page.close()


def test_a_held_tap_is_dismissed_with_the_keyboard_and_without_scripts(
    chrome: Any, pages: str, password: str
) -> None:
    context = chrome.new_context(java_script_enabled=False, viewport=PHONE, locale="en")
    page = context.new_page()
    sign_in(page, pages, password)
    page.goto(f"{pages}/aldea/held/?reason=unknown_route")
    page.locator("article summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Detour of one day")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(".messages").count() == 1
    page.goto(f"{pages}/aldea/held/?state=dismissed")
    assert "Detour of one day" in page.locator("main").inner_text()
    context.close()


def test_the_map_leads_to_a_route_by_keyboard(chrome: Any, pages: str) -> None:
    page = chrome.new_page(viewport=DESK)
    page.goto(f"{pages}/aldea/")
    page.locator(".map-frame a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/aldea/routes/**")
    assert page.locator("h1").inner_text()
    page.close()
