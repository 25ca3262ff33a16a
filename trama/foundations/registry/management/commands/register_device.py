"""`trama register_device CITY CODE --organisation`: prints the key of the device, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.actions import register_device
from trama.foundations.registry.queries import get_city, get_organisation
from trama.web.refusals import said


class Command(BaseCommand):
    help = _("Register a device and print its key, which is never shown again.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument("code", help=_("code of the device, as it stands in its taps"))
        parser.add_argument("--organisation", required=True, help=_("whose device it is"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            city = get_city(options["city"])
            organisation = get_organisation(city, options["organisation"])
            key = register_device(city=city, organisation=organisation, code=options["code"])
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        self.stderr.write(_("Keep this key: it cannot be shown again."))
        self.stdout.write(key)
