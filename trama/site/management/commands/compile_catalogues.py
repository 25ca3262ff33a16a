"""Compile the translations, check that they are whole, or bring them up to the sources."""

import argparse

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from trama.site.catalogues import compiled, defects, updated


class Command(BaseCommand):
    """`trama compile_catalogues`."""

    help = _("Compile the translations; with --check, fail when one is missing.")
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help=_("fail when one is missing"))
        parser.add_argument(
            "--update",
            action="store_true",
            help=_("first bring in what the sources say now, for a translator to fill in"),
        )

    def handle(
        self, *args: object, check: bool = False, update: bool = False, **options: object
    ) -> None:
        """Gather if asked to; compile what changed; then, asked to, name every defect."""
        (folder,) = settings.LOCALE_PATHS
        for line in updated(folder, settings.PACKAGE) if update else ():
            self.stdout.write(line)
        compiled(folder)
        found = sorted(defects(folder, settings.PACKAGE)) if check else []
        if found:
            raise CommandError("\n".join(found))
