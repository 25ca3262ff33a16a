"""Publishing tariffs and clearing agreements: dated documents that never change once published.

A newer document ends an open one only when it says so (`replaces`). Then the row of the earlier
gets its `valid_to`: the one thing of a published document that is ever set afterwards. Its text
and digest stay as published, and the text of the newer one says who ended it and when.
"""

import hashlib
from datetime import date, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City
from trama.programmes.mobility import models
from trama.programmes.mobility.fares.documents import read_agreement, read_tariff
from trama.programmes.mobility.fares.validation import check_together
from trama.programmes.mobility.fares.vocabulary import Agreement, Tariff
from trama.programmes.mobility.queries.tariffs import agreement_of, tariff_of

Row = TypeVar("Row", models.Tariff, models.Agreement)


@transaction.atomic
def publish_tariff(*, city: City, document: str, at_s: int) -> models.Tariff:
    """Publish a TOML tariff; the same text again changes nothing and answers the first.

    Refuses what `read_tariff` refuses; `tariff_of_another_city` when currency, time zone or
    cut-over are not the city's; `medium_without_clearing` when an agreement of these days leaves
    out a medium; and `document_overlaps`, `document_code_taken`, `nothing_to_replace`,
    `replaced_already_ends`, `replaced_begins_later`, `day_is_closed`.
    """
    tariff = read_tariff(document)
    row = _dated(models.Tariff, city, tariff, document, at_s)
    earlier = models.Tariff.objects.filter(city=city, digest=row.digest).first()
    if earlier is not None:
        return earlier
    _check_city(city, tariff)
    for agreement in _overlapping(models.Agreement.objects.filter(city=city), row):
        check_together(tariff, agreement_of(agreement))
    _make_room(models.Tariff.objects.filter(city=city), row, tariff.replaces)
    row.save()
    return row


@transaction.atomic
def publish_agreement(*, city: City, document: str, at_s: int) -> models.Agreement:
    """Publish a TOML clearing agreement; refusals as in `publish_tariff`."""
    agreement = read_agreement(document)
    row = _dated(models.Agreement, city, agreement, document, at_s)
    earlier = models.Agreement.objects.filter(city=city, digest=row.digest).first()
    if earlier is not None:
        return earlier
    for tariff in _overlapping(models.Tariff.objects.filter(city=city), row):
        check_together(tariff_of(tariff), agreement)
    _make_room(models.Agreement.objects.filter(city=city), row, agreement.replaces)
    row.save()
    return row


def _dated(kind: type[Row], city: City, words: Tariff | Agreement, document: str, at_s: int) -> Row:
    return kind(
        city=city,
        code=words.code,
        title=words.title,
        legal_reference=words.legal_reference,
        valid_from=words.valid_from,
        valid_to=words.valid_to,
        known_since=words.known_since,
        document=document,
        digest=hashlib.sha256(document.encode()).hexdigest(),
        published_at_s=at_s,
    )


def _check_city(city: City, tariff: Tariff) -> None:
    ours = (city.currency, city.timezone, city.cutover_s)
    theirs = (tariff.currency, tariff.timezone, tariff.cutover_s)
    if ours != theirs:
        raise Refused(
            "tariff_of_another_city",
            gettext_noop(
                "The tariff is in {currency}, {timezone}, with days from {cutover}; {city} is in"
                " {city_currency}, {city_timezone}, with days from {city_cutover}."
            ),
            remedy=gettext_noop("Mend currency, timezone or cutover, or name the right city."),
            currency=tariff.currency,
            timezone=tariff.timezone,
            cutover=_clock(tariff.cutover_s),
            city=city.name,
            city_currency=city.currency,
            city_timezone=city.timezone,
            city_cutover=_clock(city.cutover_s),
        )


def _clock(since_midnight_s: int) -> str:
    return f"{since_midnight_s // 3600:02}:{since_midnight_s // 60 % 60:02}"


def _overlapping(published: QuerySet[Row], row: models.Tariff | models.Agreement) -> QuerySet[Row]:
    found = published.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=row.valid_from))
    return found if row.valid_to is None else found.filter(valid_from__lte=row.valid_to)


def _make_room(published: QuerySet[Row], row: Row, replaces: str | None) -> None:
    """End the document that `row` replaces; refuse every other that shares a day with it."""
    if published.filter(code=row.code).exists():
        raise Refused(
            "document_code_taken",
            gettext_noop("A document “{code}” with another text is published already."),
            remedy=gettext_noop("A published document never changes: give the new one a new code."),
            code=row.code,
        )
    if replaces is not None:
        _end(published, row, replaces)
    other = _overlapping(published, row).first()
    if other is not None:
        raise Refused(
            "document_overlaps",
            gettext_noop("“{code}” and “{other}”, published before, are both valid on {day}."),
            remedy=gettext_noop(
                'Mend the dates; or, to end an open document, write replaces = "{other}".'
            ),
            code=row.code,
            other=other.code,
            day=max(row.valid_from, other.valid_from).isoformat(),
        )


def _end(published: QuerySet[Row], row: Row, replaces: str) -> None:
    earlier = published.filter(code=replaces).first()
    if earlier is None:
        raise Refused(
            "nothing_to_replace",
            gettext_noop("“{code}” replaces “{replaced}”, which is not published."),
            remedy=gettext_noop("Published are: {known}."),
            code=row.code,
            replaced=replaces,
            known=", ".join(published.order_by("code").values_list("code", flat=True)) or "-",
        )
    if earlier.valid_to is not None:
        _refuse_replacing(
            "replaced_already_ends",
            gettext_noop("“{code}” replaces “{replaced}”, which ends on {day} anyway."),
            row,
            earlier,
            earlier.valid_to,
        )
    if earlier.valid_from >= row.valid_from:
        _refuse_replacing(
            "replaced_begins_later",
            gettext_noop("“{code}” replaces “{replaced}”, which begins on {day}, not before it."),
            row,
            earlier,
            earlier.valid_from,
        )
    closed = models.Closing.objects.filter(city=row.city).aggregate(last=Max("service_date"))
    if closed["last"] is not None and closed["last"] >= row.valid_from:
        _refuse_replacing(
            "day_is_closed",
            gettext_noop("“{code}” would replace “{replaced}” on {day}, a day already closed."),
            row,
            earlier,
            closed["last"],
        )
    earlier.valid_to = row.valid_from - timedelta(days=1)
    earlier.save(update_fields=["valid_to"])


def _refuse_replacing(code: str, message: str, row: Row, earlier: Row, day: date) -> None:
    raise Refused(
        code,
        message,
        remedy=gettext_noop("Leave replaces out, or mend valid_from."),
        code=row.code,
        replaced=earlier.code,
        day=day.isoformat(),
    )
