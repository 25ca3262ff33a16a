"""`trama found_organisation CITY CODE NAME`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.actions import found_organisation
from trama.foundations.registry.models import Organisation
from trama.foundations.registry.queries import get_city
from trama.web.refusals import said


class Command(BaseCommand):
    help = _("Found an organisation of a city: its authority, an operator, an auditor.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument("code", help=_("short name used in addresses and commands"))
        parser.add_argument("name", help=_("name as people write it"))
        parser.add_argument(
            "--kind", required=True, choices=Organisation.Kind.values, help=_("what it is")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            organisation = found_organisation(
                city=get_city(options["city"]),
                code=options["code"],
                name=options["name"],
                kind=options["kind"],
            )
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        self.stdout.write(
            _("The organisation {organisation} is founded.").format(organisation=organisation.code)
        )
