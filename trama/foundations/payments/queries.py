"""Questions about clearing and settlement. Sums are over all revisions of a day."""

from datetime import date

from django.db.models import QuerySet, Sum

from trama.foundations.payments.models import ClearingEntry, Settlement
from trama.foundations.payments.netting import Cell
from trama.foundations.registry.models import City


def clearing_matrix(city: City, day: date) -> dict[Cell, int]:
    """What each collector owes each earner for `day`, minor units by organisation code."""
    found = (
        ClearingEntry.objects.filter(city=city, service_date=day)
        .values_list("collector__code", "earner__code")
        .annotate(minor=Sum("amount_minor"))
        .order_by("collector__code", "earner__code")
    )
    return {(collector, earner): minor for collector, earner, minor in found}


def clearing_entries(city: City, day: date) -> QuerySet[ClearingEntry]:
    """The rows behind the matrix, revision by revision."""
    return (
        ClearingEntry.objects.filter(city=city, service_date=day)
        .select_related("collector", "earner")
        .order_by("revision", "collector__code", "earner__code")
    )


def settlements(city: City, day: date) -> QuerySet[Settlement]:
    """Settlements of a day, revision by revision."""
    return (
        Settlement.objects.filter(city=city, service_date=day)
        .select_related("organisation")
        .order_by("revision", "organisation__code")
    )


def settlement_totals(city: City, day: date) -> list[dict[str, object]]:
    """One row per organisation over all revisions: organisation__code, organisation__name, gross,
    fee, collected, net (minor units)."""
    found = (
        Settlement.objects.filter(city=city, service_date=day)
        .values("organisation__code", "organisation__name")
        .annotate(
            gross=Sum("gross_minor"),
            fee=Sum("fee_minor"),
            collected=Sum("collected_minor"),
            net=Sum("net_minor"),
        )
        .order_by("organisation__code")
    )
    return [{**row} for row in found]
