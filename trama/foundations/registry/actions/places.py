"""Founding cities and organisations. Founding the same again answers the one there is."""

import re
from zoneinfo import available_timezones

from django.db import transaction

from trama.core.days import DAY_S
from trama.core.money import MINOR_DIGITS
from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City, Organisation

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}", re.IGNORECASE)


def found_city(
    *,
    code: str,
    name: str,
    timezone: str,
    currency: str,
    cutover_s: int = 3 * 3600,
    is_synthetic: bool = False,
) -> City:
    """A city whose service day begins `cutover_s` seconds after local midnight.

    `timezone` is an IANA name, `currency` an ISO 4217 code. Founding it again with the same words
    answers the same city; with others it is refused as `city_exists_otherwise`.
    """
    _check_code(code)
    _check_clock(timezone, cutover_s)
    if currency not in MINOR_DIGITS:
        raise Refused(
            "unknown_currency",
            gettext_noop("“{currency}” is not a currency that Trama counts in."),
            remedy=gettext_noop("Use one of: {known}."),
            currency=currency,
            known=", ".join(sorted(MINOR_DIGITS)),
        )
    words = {
        "name": name,
        "timezone": timezone,
        "currency": currency,
        "cutover_s": cutover_s,
        "is_synthetic": is_synthetic,
    }
    with transaction.atomic():
        city, is_new = City.objects.get_or_create(code=code, defaults=words)
    other = sorted(word for word, value in words.items() if getattr(city, word) != value)
    if other and not is_new:
        raise Refused(
            "city_exists_otherwise",
            gettext_noop("A city “{city}” is already founded, with other words for: {words}."),
            remedy=gettext_noop("Choose another code, or repeat the words it was founded with."),
            city=code,
            words=", ".join(other),
        )
    return city


def found_organisation(*, city: City, code: str, name: str, kind: str) -> Organisation:
    """An organisation of `city`; `kind` is one of `Organisation.Kind`.

    Founding it again with the same words answers the same one; with others it is refused as
    `organisation_exists_otherwise`.
    """
    _check_code(code)
    if kind not in Organisation.Kind.values:
        raise Refused(
            "unknown_kind",
            gettext_noop("“{kind}” is not a kind of organisation."),
            remedy=gettext_noop("Use one of: {known}."),
            kind=kind,
            known=", ".join(Organisation.Kind.values),
        )
    with transaction.atomic():
        organisation, _ = Organisation.objects.get_or_create(
            city=city, code=code, defaults={"name": name, "kind": kind}
        )
    if (organisation.name, organisation.kind) != (name, kind):
        raise Refused(
            "organisation_exists_otherwise",
            gettext_noop("“{organisation}” is already the {kind} “{name}” in {city}."),
            remedy=gettext_noop("Choose another code, or repeat the words it was founded with."),
            organisation=code,
            kind=organisation.kind,
            name=organisation.name,
            city=city.name,
        )
    return organisation


def _check_code(code: str) -> None:
    if not _CODE.fullmatch(code):
        raise Refused(
            "bad_code",
            gettext_noop("“{word}” cannot be a code."),
            remedy=gettext_noop("Use 1 to 50 letters, digits, hyphens and underscores."),
            word=code,
        )


def _check_clock(timezone: str, cutover_s: int) -> None:
    if timezone not in available_timezones():
        raise Refused(
            "unknown_timezone",
            gettext_noop("“{timezone}” is not a time zone."),
            remedy=gettext_noop("Use an IANA name, such as America/Mexico_City."),
            timezone=timezone,
        )
    if not 0 <= cutover_s < DAY_S:
        raise Refused(
            "bad_cutover",
            gettext_noop("A day cannot be cut {cutover_s} seconds after midnight."),
            remedy=gettext_noop("Use 0 to 86399 seconds; 10800 is three in the morning."),
            cutover_s=cutover_s,
        )
