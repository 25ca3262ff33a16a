"""Which closing a day needs: the one that was interrupted, a first one, a revision, or none."""

from datetime import date

from django.db import transaction
from django.db.models import Count, Max, Min

from trama.core.days import service_day_bounds
from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import organisations
from trama.programmes.mobility.actions.taps import lock_taps_of
from trama.programmes.mobility.clearing import ISSUER, OPERATOR
from trama.programmes.mobility.fares.vocabulary import Agreement, Tariff
from trama.programmes.mobility.models import Closing, Tap
from trama.programmes.mobility.queries.tariffs import get_agreement_on, get_tariff_on


@transaction.atomic
def begin(*, city: City, service_date: date, at_s: int) -> Closing | None:
    """The closing that `service_date` needs now, frozen; None when nothing has arrived since.

    Refuses `day_is_not_over`, `day_has_no_taps`, `earlier_day_is_open`, and what the tariff and
    agreement queries refuse.
    """
    lock_taps_of(city)  # no tap that is being kept now may get a number below `through_id`
    last = (
        Closing.objects.filter(city=city, service_date=service_date).order_by("-revision").first()
    )
    waiting = Tap.objects.filter(city=city, service_date=service_date).aggregate(
        taps=Count("pk"), through=Max("pk")
    )
    if not waiting["taps"]:
        if last is None:
            _refuse_empty(city, service_date)
        return None
    _refuse_unfinished(city, service_date, at_s)
    words, tariff = get_tariff_on(city, service_date)
    terms, agreement = get_agreement_on(city, service_date)
    _refuse_uncollected(words, terms)
    _refuse_unfounded(city, words, terms)
    return Closing.objects.create(
        city=city,
        service_date=service_date,
        revision=last.revision + 1 if last else 0,
        through_id=waiting["through"],
        total=waiting["taps"],
        tariff_digest=tariff.digest,
        agreement_digest=agreement.digest,
        started_at_s=at_s,
    )


def _refuse_empty(city: City, service_date: date) -> None:
    raise Refused(
        "day_has_no_taps",
        gettext_noop("No tap of {city} belongs to the service day {day}."),
        remedy=gettext_noop("Load the day's taps, or release the ones that are held."),
        city=city.name,
        day=service_date.isoformat(),
    )


def _refuse_unfinished(city: City, service_date: date, at_s: int) -> None:
    _, after_s = service_day_bounds(service_date, city.timezone, city.cutover_s)
    if at_s < after_s:
        raise Refused(
            "day_is_not_over",
            gettext_noop("The service day {day} of {city} is not over yet."),
            remedy=gettext_noop("Close it after the cut-over hour."),
            city=city.name,
            day=service_date.isoformat(),
        )
    closed = Closing.objects.filter(city=city).values("service_date")
    earlier = (
        Tap.objects.filter(city=city, service_date__lt=service_date)
        .exclude(service_date__in=closed)
        .aggregate(first=Min("service_date"))["first"]
    )
    if earlier is not None:
        raise Refused(
            "earlier_day_is_open",
            gettext_noop("The service day {earlier} has taps and was never closed."),
            remedy=gettext_noop("Close {earlier} first: caps and counters are carried from it."),
            earlier=earlier.isoformat(),
        )


def _refuse_uncollected(tariff: Tariff, agreement: Agreement) -> None:
    collected = {collector.medium for collector in agreement.collectors}
    for medium in tariff.media:
        if medium.code not in collected:
            raise Refused(
                "medium_without_collector",
                gettext_noop("The agreement {agreement} does not say who collects {medium}."),
                remedy=gettext_noop("Publish an agreement that names a collector for each medium."),
                agreement=agreement.code,
                medium=medium.code,
            )


def _refuse_unfounded(city: City, tariff: Tariff, agreement: Agreement) -> None:
    """Whoever a document sends money to must be there before anything is frozen."""
    named = {
        *(collector.by for collector in agreement.collectors),
        *(fee.to for fee in agreement.fees),
        *(programme.payer for programme in tariff.programmes),
    } - {ISSUER, OPERATOR}
    missing = named - {organisation.code for organisation in organisations(city)}
    if missing:
        raise Refused(
            "organisation_is_not_founded",
            gettext_noop("The tariff or the agreement names {organisations}, unknown in {city}."),
            remedy=gettext_noop("Found the organisation, or publish a document without it."),
            organisations=", ".join(sorted(missing)),
            city=city.name,
        )
