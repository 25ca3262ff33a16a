"""The skin's own pages, and what every answer carries."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from trama.core.refusals import Refused
from trama.site.urls import handler400, handler403, handler404, handler500
from trama.site.urls import urlpatterns as house

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def raising(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


REFUSAL = Refused("too_late", "{day} is <closed>.", remedy="Ask for {day}.", day="Monday")
WRONGS = {
    "refused": (REFUSAL, 422, "too_late"),
    "bad": (SuspiciousOperation("x"), 400, "bad_request"),
    "forbidden": (PermissionDenied("x"), 403, "forbidden"),
    "broken": (RuntimeError("x"), 500, "server_error"),
}
urlpatterns = [
    *(path(f"wrong/{name}", raising(error)) for name, (error, _, _) in WRONGS.items()),
    *(path(f"api/wrong/{name}", raising(error)) for name, (error, _, _) in WRONGS.items()),
    *house,
]


@pytest.fixture
def client() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize("name", WRONGS)
def test_what_goes_wrong_is_a_page_for_people(client: Client, name: str) -> None:
    response = client.get(f"/wrong/{name}")
    page = response.content.decode()
    assert response.status_code == WRONGS[name][1]
    assert "<!doctype html>" in page
    assert page.count("<h1>") == 1
    assert "Traceback" not in page


@pytest.mark.parametrize("name", WRONGS)
def test_what_goes_wrong_is_an_answer_for_programs(client: Client, name: str) -> None:
    for response in (
        client.get(f"/api/wrong/{name}"),
        client.get(f"/wrong/{name}", headers={"accept": "application/json"}),
    ):
        assert response.status_code == WRONGS[name][1]
        assert json.loads(response.content)["code"] == WRONGS[name][2]


def test_a_refusal_names_the_way_out_and_escapes_what_it_quotes(client: Client) -> None:
    page = client.get("/wrong/refused").content.decode()
    assert "Monday is &lt;closed&gt;." in page
    assert "Ask for Monday." in page
    assert "<code>too_late</code>" in page


def test_an_unknown_address_is_not_found(client: Client) -> None:
    assert client.get("/no/such/page").status_code == 404
    assert json.loads(client.get("/api/no/such").content)["code"] == "not_found"


def test_a_form_without_proof_of_origin_is_refused() -> None:
    response = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "<h1>" in response.content.decode()


@pytest.mark.parametrize("language", ["es", "pt-br", "en"])
def test_the_language_stays_with_the_reader_and_on_the_page(language: str) -> None:
    client = Client()
    answer = client.post("/language/", {"language": language, "next": "/style/?a=1"})
    assert answer.headers["Location"] == "/style/?a=1"
    page = client.get("/style/").content.decode()
    assert f'<html lang="{language}"' in page
    assert f'value="{language}" lang="{language}" aria-current="true"' in page


def test_spanish_is_spoken_first() -> None:
    assert '<html lang="es"' in Client().get("/style/").content.decode()


def test_the_theme_is_remembered_and_forgotten() -> None:
    client = Client()
    answer = client.post("/theme/", {"theme": "dark", "next": "/style/"})
    assert answer.headers["Location"] == "/style/"
    assert 'data-theme="dark"' in client.get("/style/").content.decode()
    client.post("/theme/", {"theme": "", "next": "/style/"})
    assert "data-theme" not in client.get("/style/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:1"])
def test_a_switch_leads_nowhere_else(elsewhere: str) -> None:
    answer = Client().post("/theme/", {"theme": "dark", "next": elsewhere})
    assert answer.headers["Location"] == "/"


def test_an_invented_theme_cookie_changes_nothing() -> None:
    client = Client()
    client.cookies["theme"] = '"><script>'
    assert "data-theme" not in client.get("/style/").content.decode()


def test_no_answer_lets_foreign_or_inline_code_run() -> None:
    response = Client().get("/style/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<style" not in page


def test_the_example_table_and_day_are_files() -> None:
    assert Client().get("/style/table.csv").content.count(b"\r\n") == 5
    assert Client().get("/style/day.png").content.startswith(b"\x89PNG")
