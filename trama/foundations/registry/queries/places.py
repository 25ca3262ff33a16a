"""Which cities and organisations there are."""

from django.db.models import QuerySet

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City, Organisation


def cities() -> QuerySet[City]:
    """Every city, by name."""
    return City.objects.order_by("name")


def get_city(code: str) -> City:
    """The city called `code`; refused as `unknown_city`."""
    city = City.objects.filter(code=code).first()
    if city is None:
        raise Refused(
            "unknown_city",
            gettext_noop("There is no city “{city}”."),
            remedy=gettext_noop("Cities here: {known}. Found one with: trama found_city"),
            city=code,
            known=", ".join(City.objects.order_by("code").values_list("code", flat=True)) or "-",
        )
    return city


def organisations(city: City, kind: str | None = None) -> QuerySet[Organisation]:
    """The organisations of a city, or those of one `kind`, by code."""
    found = Organisation.objects.filter(city=city).order_by("code")
    return found if kind is None else found.filter(kind=kind)


def get_organisation(city: City, code: str) -> Organisation:
    """The organisation of `city` called `code`; refused as `unknown_organisation`."""
    organisation = Organisation.objects.filter(city=city, code=code).first()
    if organisation is None:
        raise Refused(
            "unknown_organisation",
            gettext_noop("There is no organisation “{organisation}” in {city}."),
            remedy=gettext_noop("Found it first with: trama found_organisation"),
            organisation=code,
            city=city.name,
        )
    return organisation
