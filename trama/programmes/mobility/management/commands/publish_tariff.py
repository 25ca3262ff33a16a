"""`trama publish_tariff CITY FILE`."""

from django.utils.translation import gettext as _

from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.tariffs import publish_tariff
from trama.programmes.mobility.models import Tariff
from trama.programmes.mobility.publishing import PublishCommand


class Command(PublishCommand):
    help = _("Publish a tariff: a dated document of fares, transfers, caps and programmes.")

    def publish(self, *, city: City, document: str, at_s: int) -> Tariff:
        return publish_tariff(city=city, document=document, at_s=at_s)
