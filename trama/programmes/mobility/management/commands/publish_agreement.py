"""`trama publish_agreement CITY FILE`."""

from django.utils.translation import gettext as _

from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.tariffs import publish_agreement
from trama.programmes.mobility.models import Agreement
from trama.programmes.mobility.publishing import PublishCommand


class Command(PublishCommand):
    help = _("Publish a clearing agreement: how operators share what riders pay.")

    def publish(self, *, city: City, document: str, at_s: int) -> Agreement:
        return publish_agreement(city=city, document=document, at_s=at_s)
