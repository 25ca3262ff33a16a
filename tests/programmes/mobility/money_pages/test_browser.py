"""The pages about money in a real browser: no barrier, nothing too wide, and they print."""

from typing import Any

import pytest

from tests.browser import DESK, PHONE
from tests.programmes.mobility.aldea import MONDAY
from tests.programmes.mobility.pages.test_browser import (
    sign_in,
    test_no_barrier_and_nothing_wider_than_the_window,
)

pytestmark = pytest.mark.browser
hear = test_no_barrier_and_nothing_wider_than_the_window
del test_no_barrier_and_nothing_wider_than_the_window
PAGES = [
    "/sign-in/",
    "/aldea/riders/?token=NOBODY",
    "/aldea/riders/ANA/",
    "/aldea/operators/",
    f"/aldea/operators/alfa/{MONDAY}/",
    f"/aldea/days/{MONDAY}/clearing/?of=alfa&with=beta",
    "/aldea/ledger/?kind=rider",
    "/aldea/ledger/accounts/collected:aldea:alfa/",
    "/aldea/ledger/sources/",
    "/vacia/operators/",
    "/vacia/held/",
]


@pytest.mark.parametrize(("size", "theme"), [(PHONE, "light"), (DESK, "dark")])
def test_no_barrier_in_the_pages_about_money(
    chrome: Any, pages: str, password: str, size: dict[str, int], theme: str
) -> None:
    hear(chrome, pages, password, (size, theme, PAGES))


def test_a_statement_prints_as_a_document(chrome: Any, pages: str, password: str) -> None:
    page = chrome.new_page(viewport=DESK, color_scheme="dark")
    sign_in(page, pages, password)
    page.goto(f"{pages}/aldea/riders/ANA/")
    page.emulate_media(media="print")
    assert page.locator(".statement").is_visible()
    assert not page.locator(".site-nav").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()


def test_a_file_arrives_through_the_server(chrome: Any, pages: str, password: str) -> None:
    page = chrome.new_page(viewport=DESK)
    sign_in(page, pages, password)
    page.goto(f"{pages}/aldea/ledger/")
    with page.expect_download() as download:
        page.click("a[download]")
    assert download.value.path().read_text().startswith('option "title"')
    page.close()
