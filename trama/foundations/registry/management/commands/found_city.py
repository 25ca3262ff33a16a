"""`trama found_city CODE NAME`: the first command of an installation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.actions import found_city
from trama.web.refusals import said


class Command(BaseCommand):
    help = _("Found a city: its clock, its currency and where its service day is cut.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help=_("short name used in addresses and commands"))
        parser.add_argument("name", help=_("name as people write it"))
        parser.add_argument(
            "--timezone", required=True, help=_("IANA time zone, such as America/Mexico_City")
        )
        parser.add_argument("--currency", required=True, help=_("ISO 4217 code, such as MXN"))
        parser.add_argument(
            "--cutover-s",
            type=int,
            default=3 * 3600,
            help=_("seconds after midnight when the service day begins"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            city = found_city(
                code=options["code"],
                name=options["name"],
                timezone=options["timezone"],
                currency=options["currency"],
                cutover_s=options["cutover_s"],
            )
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        self.stdout.write(_("The city {city} is founded.").format(city=city.code))
