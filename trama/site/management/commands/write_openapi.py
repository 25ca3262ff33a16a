"""`trama write_openapi FILE`: the description of the API, for people who build devices."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from trama.site.api import api


class Command(BaseCommand):
    """The same API is the same file, byte by byte."""

    help = _("Write the description of the API (OpenAPI 3) to a file.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=_("where to write it"))

    def handle(self, *, file: Path, **options: object) -> None:
        """Write what the running code says of itself."""
        file.write_text(described())


def described() -> str:
    """The API's description as JSON text with a final line end."""
    return json.dumps(api.get_openapi_schema(), indent=2, ensure_ascii=False) + "\n"
