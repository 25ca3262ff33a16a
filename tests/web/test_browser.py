"""The page of every part, in a real browser: seen, heard, typed through, and left alone."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import DESK, PHONE

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"phone": PHONE, "desk": DESK}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_barrier_is_found(chrome: Any, site: str, size: str, theme: str) -> None:
    page = chrome.new_page(viewport=SIZES[size], color_scheme=theme, bypass_csp=True)
    page.goto(f"{site}/style/")
    page.evaluate("document.querySelectorAll('.two details').forEach(d => d.open = true)")
    heard = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
    assert len(heard["passes"]) > 30
    found = heard["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []
    page.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(chrome: Any, site: str, width: int) -> None:
    page = chrome.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{site}/style/")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_no_request_leaves_the_house_and_nothing_is_blocked(chrome: Any, site: str) -> None:
    page = chrome.new_page()
    asked: list[str] = []
    said: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda r: failed.append(r.url) if r.status >= 400 else None)
    page.goto(f"{site}/style/", wait_until="networkidle")
    assert page.evaluate("document.fonts.check('16px Manrope')")
    assert len(asked) >= 8
    assert [url for url in asked if not url.startswith((site, "data:"))] == []
    assert (said, failed) == ([], [])
    page.close()


def focused(page: Any) -> dict[str, Any]:
    return dict(
        page.evaluate(
            """() => {
                const at = document.activeElement, box = at.getBoundingClientRect();
                const look = getComputedStyle(at);
                return {tag: at.tagName, id: at.id, text: at.innerText || "", href:
                    at.getAttribute("href"), outline: parseFloat(look.outlineWidth),
                    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight};
            }"""
        )
    )


def test_the_keyboard_alone_is_enough(chrome: Any, site: str) -> None:
    page = chrome.new_page(viewport=DESK)
    page.goto(f"{site}/style/")
    page.keyboard.press("Tab")
    assert focused(page)["href"] == "#content"
    walked = []
    for _ in range(14):
        page.keyboard.press("Tab")
        here = focused(page)
        assert here["outline"] >= 2, here
        assert here["seen"], here
        walked.append(here["text"] or here["tag"])
    assert walked[1:4] == ["ES", "PT", "EN"]
    page.keyboard.press("Shift+Tab")
    assert focused(page)["seen"]
    page.goto(f"{site}/style/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page)["id"] == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.close()


def test_languages_and_themes_change_without_scripts(chrome: Any, site: str) -> None:
    context = chrome.new_context(java_script_enabled=False, locale="es", viewport=PHONE)
    page = context.new_page()
    page.goto(f"{site}/style/")
    page.get_by_role("button", name="Português").click()
    assert page.url == f"{site}/style/"
    assert page.locator("html").get_attribute("lang") == "pt-br"
    page.locator("button[name=theme][value=dark]").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("svg[role=img]:visible").count() == 4
    assert page.locator(".map-frame a").count() == 12
    context.close()


def test_a_map_comes_closer_and_goes_home(chrome: Any, site: str) -> None:
    page = chrome.new_page(viewport=DESK)
    page.goto(f"{site}/style/")
    drawing = page.locator(".map-frame svg")
    whole = drawing.get_attribute("viewBox")
    page.locator(".map-tools button").nth(0).click()
    assert drawing.get_attribute("viewBox") != whole
    page.locator(".map-tools button").nth(2).click()
    assert drawing.get_attribute("viewBox") == whole
    page.close()


def test_a_statement_prints_without_the_frame_of_the_page(chrome: Any, site: str) -> None:
    page = chrome.new_page(viewport=DESK, color_scheme="dark")
    page.goto(f"{site}/style/")
    page.emulate_media(media="print")
    assert not page.locator(".account").is_visible()
    assert page.locator(".statement").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
