"""The ledger of a city: its accounts in words, their balances, statements and sources."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from trama.foundations.ledger.export import journal_lines
from trama.foundations.ledger.queries import (
    accounts,
    find_account,
    find_last_batch,
    postings,
    statement,
)
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import may_see_back_office
from trama.programmes.mobility.views import ledger_parts as parts
from trama.programmes.mobility.views.access import reach_of
from trama.programmes.mobility.views.frame import city_page, of_city, only, turned_away
from trama.programmes.mobility.views.ledger_words import KINDS, find_kind
from trama.web.downloads import streamed

ROWS_A_PAGE = 50


@require_GET
@of_city
@only(may_see_back_office)
def ledger(request: HttpRequest, city: City) -> HttpResponse:
    """The trial balance by kind of account, and the accounts of one kind by name."""
    kind = find_kind(request.GET.get("kind", "settlement"))
    if kind is None:
        raise Http404
    begins = request.GET.get("name", "").strip()
    found = accounts(prefix=f"{kind.code}:{city.code}:{begins}")
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    batch = find_last_batch()
    context = {
        "trial": parts.trial(city),
        "batch": batch,
        "seal": bytes(batch.hash).hex() if batch else "",
        "kind": kind,
        "begins": begins,
        "kinds": [(str(k.name), parts.kind_href(city, k.code)) for k in KINDS],
        "kind_here": parts.kind_href(city, kind.code),
        "table": parts.accounts_table(city, page),
    }
    return city_page(request, city, "mobility/ledger.html", context, under="ledger")


@require_GET
@of_city
def ledger_account(request: HttpRequest, city: City, name: str) -> HttpResponse:
    """An account: what its balance says, and every posting with the balance right after it."""
    reach = reach_of(request.user, city)
    if refused := turned_away(request, is_allowed=reach.may_open(name)):
        return refused
    found = find_account(name)
    if found is None:
        raise Http404
    before = _number(request.GET.get("before"))
    lines = statement(name, before=before, limit=ROWS_A_PAGE + 1)
    context = {
        "account": found,
        "kind": find_kind(name),
        "figures": parts.account_figures(city, found),
        "table": parts.account_table(reach, found, lines[:ROWS_A_PAGE]),
        "is_first": before is None,
        "older": lines[ROWS_A_PAGE - 1].number if len(lines) > ROWS_A_PAGE else None,
        "sees_all": reach.sees_all,
    }
    return city_page(request, city, "mobility/ledger_account.html", context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


@require_GET
@of_city
@only(may_see_back_office)
def ledger_source(request: HttpRequest, city: City) -> HttpResponse:
    """The postings whose source begins with what was asked, among those of the city."""
    own = parts.source_prefix(city)
    asked = request.GET.get("source", "").strip() or own
    found = postings(source_prefix=asked if asked.startswith(own) else own)
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "asked": asked,
        "own": own,
        "is_own": asked.startswith(own),
        "trail": parts.trail(city, asked),
        "count": page.paginator.count,
        "table": parts.sources_table(city, page),
    }
    return city_page(request, city, "mobility/ledger_source.html", context, under="ledger")


@require_GET
@of_city
@only(may_see_back_office)
def journal(request: HttpRequest, city: City) -> HttpResponseBase:
    """The city's books as a beancount journal, for whoever adds them up elsewhere."""
    return streamed(journal_lines(city=city.code), f"{city.code}.beancount", "text/plain")
