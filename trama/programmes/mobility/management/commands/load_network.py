"""`trama load_network CITY FEED.zip`: a GTFS Schedule feed becomes a version of the network."""

import argparse
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.queries import get_city
from trama.programmes.mobility.actions.networks import LoadReport, load_network
from trama.programmes.mobility.queries.networks import report_sentences
from trama.web.refusals import said


class Command(BaseCommand):
    """Load a feed and tell what was kept, what was dropped and why."""

    help = _("Load a GTFS Schedule feed as a version of a city's network.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument("path", metavar="FEED.zip", type=Path, help=_("the feed"))
        parser.add_argument(
            "--feed", default="", help=_("what it is a version of; by default the file's name")
        )
        parser.add_argument(
            "--valid-from",
            type=date.fromisoformat,
            help=_("first day it counts, YYYY-MM-DD; by default the first day the feed tells"),
        )
        parser.add_argument("--source", default="", help=_("who publishes it, for the pages"))
        parser.add_argument("--licence", default="", help=_("its licence, for the pages"))
        parser.add_argument(
            "--routes-only",
            action="store_true",
            help=_("accept a feed of agencies and routes alone, and read nothing else"),
        )
        parser.add_argument(
            "--prefix",
            action=argparse.BooleanOptionalAction,
            help=_("write the feed's name before its identifiers; by default as last time"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and print the report."""
        names = ("path", "feed", "valid_from", "source", "licence", "routes_only", "prefix")
        try:
            report = load_network(
                city=get_city(options["city"]),
                home=settings.HOME,
                at_s=int(time.time()),
                **{name: options[name] for name in names},
            )
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        for line in _lines(report):
            self.stdout.write(line)


def _lines(report: LoadReport) -> Iterator[str]:
    network = report.network
    words = report_sentences(network.report)
    for file in words["files"]:
        yield _("{file}: {read} rows read, {kept} kept").format(**file)
        for finding in file["findings"]:
            sign = "-" if finding["dropped"] else "~"
            yield f"  {sign} {finding['rows']} × {finding['sentence']}"
            for example in finding["examples"]:
                yield "      " + _("line {line}: {text}").format(**example)
    yield from words["notes"]
    told = (
        _("{feed} of {city} is loaded, valid from {day}.")
        if report.is_new
        else _("Nothing changed: this feed is loaded already as {feed} of {city} from {day}.")
    )
    yield told.format(feed=network.feed, city=network.city.name, day=network.valid_from)
