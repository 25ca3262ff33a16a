"""`trama assign_operators CITY FILE.csv`: who runs which routes, from when."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.queries import get_city
from trama.programmes.mobility.actions.concessions import Assignment, assign_operators
from trama.web.refusals import said

COLUMNS = ("agency_id", "route_id", "operator", "valid_from")


class Command(BaseCommand):
    """Assign the routes of a table to their operators."""

    help = _("Say which operator runs which routes, from a CSV file.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument(
            "path",
            metavar="FILE.csv",
            type=Path,
            help=_("columns agency_id, route_id (blank: the whole agency), operator, valid_from"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the table and assign."""
        try:
            assignments = list(_assignments(options["path"]))
            new = assign_operators(city=get_city(options["city"]), assignments=assignments)
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        self.stdout.write(
            _("{new} assignments are new, {same} were there already.").format(
                new=new, same=len(assignments) - new
            )
        )


def _assignments(path: Path) -> Iterator[Assignment]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, strict=True)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise _unreadable(path, 1)
            for row in rows:
                yield _assignment(path, rows.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error) as why:
        raise _unreadable(path, 0) from why


def _assignment(path: Path, line: int, row: dict[str, str | None]) -> Assignment:
    agency, route, operator, day = ((row[column] or "").strip() for column in COLUMNS)
    try:
        return Assignment(line, agency, route, operator, date.fromisoformat(day))
    except ValueError as why:
        raise _unreadable(path, line) from why


def _unreadable(path: Path, line: int) -> Refused:
    return Refused(
        "assignments_unreadable",
        gettext_noop("{file}, line {line}: not a table of assignments."),
        remedy=gettext_noop(
            "Give a CSV file in UTF-8 with the columns agency_id, route_id, operator and "
            "valid_from (YYYY-MM-DD)."
        ),
        file=path.name,
        line=line,
    )
