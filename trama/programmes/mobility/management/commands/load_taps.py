"""`trama load_taps CITY FILE`: taps from a CSV or Parquet file."""

import argparse
import sys
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.queries import get_city
from trama.programmes.mobility.actions.taps import LoadReport, load_taps
from trama.programmes.mobility.models import HeldTap
from trama.web.refusals import said


class Command(BaseCommand):
    """Load a file; load it again after an interruption and nothing is there twice."""

    help = _("Load taps from a CSV or Parquet file. Safe to interrupt and to repeat.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument("file", type=Path, help=_("a .csv or .parquet file"))

    def handle(self, *, city: str, file: Path, **options: object) -> None:
        """Read the clock, load, and report."""
        began = time.monotonic()
        try:
            report = load_taps(
                city=get_city(city), path=file, at_s=int(time.time()), progress=self._show
            )
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        if sys.stdout.isatty():
            self.stdout.write("")
        self._tell(report, time.monotonic() - began)

    def _show(self, done: int, total: int) -> None:
        if sys.stdout.isatty():
            share = 100 * done // total if total else 100
            self.stdout.write(f"\r\x1b[2K{share} %", ending="")
            self.stdout.flush()

    def _tell(self, report: LoadReport, seconds: float) -> None:
        names = ("kept", "duplicate", "conflict", "held", "refused")
        self.stdout.write(
            _(
                "Kept {kept}, duplicates {duplicate}, conflicts {conflict}, held {held}, "
                "refused {refused}, in {seconds} s."
            ).format(**{n: report.outcomes[n] for n in names}, seconds=f"{seconds:.1f}")
        )
        for reason, taps in report.held.most_common():
            self.stdout.write(f"  {HeldTap.Reason(reason).label}: {taps}")
        if report.card_numbers:
            self.stdout.write(
                _(
                    "  Refused because a card number stood for a token, and nothing of them was "
                    "kept: rows {rows}"
                ).format(rows=", ".join(map(str, report.card_numbers)))
            )
