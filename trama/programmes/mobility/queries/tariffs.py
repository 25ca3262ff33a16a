"""Which tariff and which clearing agreement hold on a day; what was published before.

A document is read once and kept: the same digest is the same text. `valid_to` of the words is
that of the row, since a later document may have ended an open one.
"""

import dataclasses
from datetime import date
from functools import lru_cache
from typing import NoReturn

from django.db.models import Q, QuerySet

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City
from trama.programmes.mobility import models
from trama.programmes.mobility.fares.documents import read_agreement, read_tariff
from trama.programmes.mobility.fares.vocabulary import Agreement, Tariff

ReadTariff = tuple[Tariff, models.Tariff]
ReadAgreement = tuple[Agreement, models.Agreement]


def get_tariff_on(city: City, day: date) -> ReadTariff:
    """The tariff of `city` on `day`, in words and as published; refused as `no_tariff_on_day`."""
    found = find_tariff_on(city, day)
    if found is None:
        raise Refused(
            "no_tariff_on_day",
            gettext_noop("{city} has no tariff on {day}."),
            remedy=gettext_noop("Publish one that is valid then, with: trama publish_tariff"),
            city=city.name,
            day=day.isoformat(),
        )
    return found


def find_tariff_on(city: City, day: date) -> ReadTariff | None:
    """The tariff of `city` on `day`, in words and as published."""
    row = models.Tariff.objects.filter(_holds_on(day), city=city).first()
    return (tariff_of(row), row) if row else None


def get_agreement_on(city: City, day: date) -> ReadAgreement:
    """The clearing agreement on `day`; refused as `no_agreement_on_day`."""
    found = find_agreement_on(city, day)
    if found is None:
        raise Refused(
            "no_agreement_on_day",
            gettext_noop("{city} has no clearing agreement on {day}."),
            remedy=gettext_noop("Publish one that is valid then, with: trama publish_agreement"),
            city=city.name,
            day=day.isoformat(),
        )
    return found


def find_agreement_on(city: City, day: date) -> ReadAgreement | None:
    """The clearing agreement of `city` on `day`, in words and as published."""
    row = models.Agreement.objects.filter(_holds_on(day), city=city).first()
    return (agreement_of(row), row) if row else None


def get_tariff_by_digest(city: City, digest: str) -> ReadTariff:
    """The tariff a closing names; refused as `unknown_document`."""
    row = models.Tariff.objects.filter(city=city, digest=digest).first()
    if row is None:
        _refuse_digest(digest)
    return tariff_of(row), row


def get_agreement_by_digest(city: City, digest: str) -> ReadAgreement:
    """The agreement a closing names; refused as `unknown_document`."""
    row = models.Agreement.objects.filter(city=city, digest=digest).first()
    if row is None:
        _refuse_digest(digest)
    return agreement_of(row), row


def tariff_history(city: City) -> QuerySet[models.Tariff]:
    """Every tariff ever published for `city`, the newest validity first."""
    return models.Tariff.objects.filter(city=city).order_by("-valid_from")


def agreement_history(city: City) -> QuerySet[models.Agreement]:
    """Every clearing agreement ever published for `city`, the newest validity first."""
    return models.Agreement.objects.filter(city=city).order_by("-valid_from")


def tariff_of(row: models.Tariff) -> Tariff:
    """The words of a published tariff."""
    return dataclasses.replace(_read_tariff(row.document), valid_to=row.valid_to)


def agreement_of(row: models.Agreement) -> Agreement:
    """The words of a published agreement."""
    return dataclasses.replace(_read_agreement(row.document), valid_to=row.valid_to)


_read_tariff = lru_cache(maxsize=64)(read_tariff)
_read_agreement = lru_cache(maxsize=64)(read_agreement)


def _holds_on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))


def _refuse_digest(digest: str) -> NoReturn:
    raise Refused(
        "unknown_document",
        gettext_noop("No published document has the digest {digest}."),
        remedy=gettext_noop("Publish the same text again; the digest is its SHA-256."),
        digest=digest,
    )
