"""Questions about measures."""

from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery

from trama.foundations.measures.models import Indicator, Observation


def indicators(programme: str | None = None) -> QuerySet[Indicator]:
    """Every indicator, or those one programme publishes, by code."""
    found = Indicator.objects.order_by("code")
    return found.filter(programme=programme) if programme else found


def latest_observations(
    place: str, *, indicator: str | None = None, day: date | None = None
) -> QuerySet[Observation]:
    """The newest revision of each period of a place, newest period first."""
    newest = (
        Observation.objects.filter(
            indicator=OuterRef("indicator"),
            place=OuterRef("place"),
            period_start=OuterRef("period_start"),
            period_end=OuterRef("period_end"),
        )
        .order_by("-revision")
        .values("pk")[:1]
    )
    found = Observation.objects.filter(place=place, pk=Subquery(newest)).select_related("indicator")
    if indicator:
        found = found.filter(indicator__code=indicator)
    if day:
        found = found.filter(period_start=day, period_end=day)
    return found.order_by("-period_start", "indicator__code")


def revisions(observation: Observation) -> QuerySet[Observation]:
    """Every revision of an observation's period, oldest first."""
    return Observation.objects.filter(
        indicator=observation.indicator,
        place=observation.place,
        period_start=observation.period_start,
        period_end=observation.period_end,
    ).order_by("revision")
