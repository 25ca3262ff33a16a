"""Verbs of measures: define an indicator once, observe it as often as its records change."""

from datetime import date

from django.db import transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.measures.models import Indicator, Observation


def define(
    *,
    code: str,
    programme: str,
    title: str,
    unit: str,
    numerator_of: str,
    denominator_of: str,
    direction: str,
) -> Indicator:
    """Define an indicator, or bring its words up to date. Its unit may not change.

    Words are sentences that a release may write better; a series that is to mean something else
    gets another code. Refuses `indicator_means_something_else` when the unit differs.
    """
    told = {
        "programme": programme,
        "title": title,
        "numerator_of": numerator_of,
        "denominator_of": denominator_of,
        "direction": direction,
    }
    indicator, _ = Indicator.objects.get_or_create(code=code, defaults={"unit": unit, **told})
    if indicator.unit != unit:
        raise Refused(
            "indicator_means_something_else",
            gettext_noop("The indicator {code} is already defined with another {part}."),
            remedy=gettext_noop("Define a new indicator with a code of its own."),
            code=code,
            part="unit",
        )
    Indicator.objects.filter(pk=indicator.pk).update(**told)
    return indicator


@transaction.atomic
def observe(
    *,
    indicator: str,
    place: str,
    period: tuple[date, date],
    numerator: int,
    denominator: int,
    source: str,
    is_synthetic: bool,
    at_s: int,
) -> Observation:
    """Record one value for `period` (first and last day). The same value again records nothing.

    A different value becomes the next revision; earlier ones stay. `source` says which record it
    was computed from. Refuses `unknown_indicator`.
    """
    known = Indicator.objects.filter(code=indicator).first()
    if known is None:
        raise Refused(
            "unknown_indicator",
            gettext_noop("There is no indicator {code}."),
            remedy=gettext_noop("Define it before observing it."),
            code=indicator,
        )
    series = Observation.objects.filter(
        indicator=known, place=place, period_start=period[0], period_end=period[1]
    )
    last = series.order_by("-revision").first()
    if last and (last.numerator, last.denominator) == (numerator, denominator):
        return last
    return Observation.objects.create(
        indicator=known,
        place=place,
        period_start=period[0],
        period_end=period[1],
        revision=last.revision + 1 if last else 0,
        numerator=numerator,
        denominator=denominator,
        source=source,
        recorded_at_s=at_s,
        is_synthetic=is_synthetic,
    )
