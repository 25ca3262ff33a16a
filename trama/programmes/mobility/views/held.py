"""Taps held aside: why, with what content, and the verbs of the authority on them."""

from collections import Counter
from collections.abc import Container
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from trama.foundations.registry.models import City
from trama.foundations.registry.queries import may_run_back_office, may_see_back_office
from trama.programmes.mobility.actions.taps import dismiss_tap, release_taps
from trama.programmes.mobility.actions.taps.releasing import MENDABLE
from trama.programmes.mobility.forms import Dismissal
from trama.programmes.mobility.models import HeldTap
from trama.programmes.mobility.queries.taps import counts_of_held, held_taps
from trama.programmes.mobility.views.frame import city_page, now_s, of_city, only
from trama.web.formats import NO_VALUE, instant_text, number_text

HELD_A_PAGE = 25
REASONS = dict(HeldTap.Reason.choices)
FIELDS = {
    "tapped_at_s": gettext_lazy("Instant"),
    "device": gettext_lazy("Device"),
    "sequence": gettext_lazy("Sequence"),
    "token": gettext_lazy("Token"),
    "medium": gettext_lazy("Medium"),
    "route": gettext_lazy("Route"),
    "stop": gettext_lazy("Stop"),
    "vehicle": gettext_lazy("Vehicle"),
    "direction": gettext_lazy("Direction"),
}


@require_GET
@of_city
@only(may_see_back_office)
def held(request: HttpRequest, city: City) -> HttpResponse:
    """What is held, by reason; an auditor looks, the authority decides."""
    reason = _known(request.GET.get("reason", ""), REASONS, "")
    state = _known(request.GET.get("state", ""), HeldTap.State.values, HeldTap.State.HELD)
    found = held_taps(city, reason=reason, state=state)
    page = Paginator(found, HELD_A_PAGE).get_page(request.GET.get("page"))
    may_act = may_run_back_office(request.user, city) and state == HeldTap.State.HELD
    context = {
        "reason": reason,
        "said_reason": REASONS.get(reason, ""),
        "state_tabs": _state_tabs(city),
        "state_here": _address(city, state),
        "reason_tabs": _reason_tabs(city, state),
        "reason_here": _address(city, state, reason),
        "page": page,
        "taps": [_shown(tap, city) for tap in page],
        "may_dismiss": may_act,
        "may_release": may_act and reason in MENDABLE,
    }
    return city_page(request, city, "mobility/held.html", context, under="held")


def _known(word: str, words: Container[str], otherwise: str) -> str:
    return word if word in words else otherwise


def _address(city: City, state: str, reason: str = "") -> str:
    wanted = {"state": state, "reason": reason} if reason else {"state": state}
    return f"{reverse('held', args=[city.code])}?{urlencode(wanted)}"


def _state_tabs(city: City) -> list[tuple[str, str]]:
    return [(str(label), _address(city, state)) for state, label in HeldTap.State.choices]


def _reason_tabs(city: City, state: str) -> list[tuple[str, str]]:
    counts = counts_of_held(city, state=state)
    tabs = [(_("All reasons"), sum(counts.values()), _address(city, state))]
    tabs += [(str(REASONS[r]), n, _address(city, state, r)) for r, n in counts.items()]
    return [(f"{label} · {number_text(taps)}", address) for label, taps, address in tabs]


def _shown(tap: HeldTap, city: City) -> dict[str, Any]:
    """A held tap as its card shows it: what was sent, beside what was kept first if they clash."""
    sent, kept = tap.content.get("tap", {}), tap.content.get("kept")
    return {
        "tap": tap,
        "reason": tap.get_reason_display(),
        "detail": _detail(tap.detail, city),
        "received": instant_text(tap.received_at_s, city.timezone),
        "decided": instant_text(tap.decided_at_s, city.timezone) if tap.decided_at_s else "",
        "has_kept": kept is not None,
        "fields": [
            {
                "label": label,
                "sent": _said(field, sent.get(field), city),
                "kept": _said(field, (kept or {}).get(field), city),
                "differs": kept is not None and sent.get(field) != kept.get(field),
            }
            for field, label in FIELDS.items()
            if sent.get(field) is not None or (kept or {}).get(field) is not None
        ],
    }


def _detail(detail: str, city: City) -> str:
    """`route: DESVIO-9`, or the fields in which two contents differ, in the reader's words."""
    field, colon, value = detail.partition(": ")
    if colon and field in FIELDS:
        known = int(value) if field == "tapped_at_s" and value.isdecimal() else value
        return f"{FIELDS[field]}: {_said(field, known, city)}"
    return ", ".join(str(FIELDS.get(word, word)) for word in detail.split(", "))


def _said(field: str, value: Any, city: City) -> str:
    if value is None:
        return NO_VALUE
    if field == "tapped_at_s" and isinstance(value, int):
        # A lost clock may tell a year that no calendar has.
        with suppress(ValueError, OverflowError):
            return instant_text(value, city.timezone)
    return str(value)


@require_POST
@of_city
@only(may_run_back_office)
def release(request: HttpRequest, city: City) -> HttpResponse:
    """Look again at every tap held for a reason: what is mended is kept."""
    reason = request.POST.get("reason", "")
    outcome = release_taps(city=city, at_s=now_s(), reason=reason)
    messages.success(request, _told(outcome))
    return redirect(_address(city, HeldTap.State.HELD, reason))


OUTCOMES = {
    "kept": gettext_lazy("kept: {n}"),
    "duplicate": gettext_lazy("already there: {n}"),
    "conflict": gettext_lazy("in conflict: {n}"),
    "held": gettext_lazy("still held: {n}"),
}


def _told(outcome: Counter[str]) -> str:
    looked = ngettext(
        "{n} tap was looked at again.", "{n} taps were looked at again.", outcome.total()
    )
    parts = [str(OUTCOMES[name]).format(n=number_text(taps)) for name, taps in outcome.items()]
    return f"{looked.format(n=number_text(outcome.total()))} {', '.join(parts)}"


@require_POST
@of_city
@only(may_run_back_office)
def dismiss(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Say for good that a held tap is not one to be kept, and why."""
    tap = get_object_or_404(HeldTap, city=city, pk=pk)
    form = Dismissal(request.POST)
    if form.is_valid():
        dismiss_tap(held=tap, note=form.cleaned_data["note"], at_s=now_s())
        messages.success(request, _("The tap was dismissed; it stays in the record with its note."))
    else:
        messages.error(request, _("Nothing was changed: say why the tap is dismissed."))
    return redirect(_address(city, HeldTap.State.HELD, tap.reason))
