"""`trama publish_tariff CITY FILE`."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.queries import get_city
from trama.programmes.mobility.actions.tariffs import publish_tariff
from trama.web.refusals import said


class Command(BaseCommand):
    help = _("Publish a tariff: a dated document of fares, transfers, caps and programmes.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument("path", metavar="FILE", type=Path, help=_("the document, in TOML"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            published = publish_tariff(
                city=get_city(options["city"]),
                document=options["path"].read_text(encoding="utf-8"),
                at_s=int(time.time()),
            )
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        except (OSError, UnicodeDecodeError) as error:
            told = _("The file {path} cannot be read as text: {problem}.")
            raise CommandError(told.format(path=options["path"], problem=error)) from error
        self.stdout.write(
            _("{code} is published: valid from {first} to {last}.").format(
                code=published.code,
                first=published.valid_from,
                last=published.valid_to or _("until replaced"),
            )
        )
