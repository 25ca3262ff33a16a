"""The door through which a dated document is published from a terminal."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import get_city
from trama.programmes.mobility.models import Agreement, Tariff
from trama.web.refusals import said


class PublishCommand(BaseCommand):
    """Read FILE and publish it for CITY; a command says with which verb."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument("path", metavar="FILE", type=Path, help=_("the document, in TOML"))

    def publish(self, *, city: City, document: str, at_s: int) -> Tariff | Agreement:
        """The verb of the command."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            published = self.publish(
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
