"""`trama export_journal --to FILE`: the whole ledger as a beancount journal."""

import argparse
from pathlib import Path

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from trama.foundations.ledger.export import write_journal


class Command(BaseCommand):
    help = _("Write every posting as a journal that beancount reads.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "city",
            nargs="?",
            default="",
            help=str(_("Only accounts of this city (KIND:CITY:...) and what moved between them.")),
        )
        parser.add_argument(
            "--to",
            type=Path,
            required=True,
            help=str(_("The file to write, for instance 2026.beancount.")),
        )

    def handle(self, *args: object, city: str, to: Path, **options: object) -> None:
        """Write the file and say how many postings it has."""
        with to.open("w", encoding="utf-8") as file:
            count = write_journal(file, city=city)
        self.stdout.write(_("{count} postings are in {file}.").format(count=count, file=to))
