"""The description of the API that is kept in the repository is the one the code gives."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

KEPT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def test_the_description_is_up_to_date(tmp_path: Path) -> None:
    call_command("write_openapi", str(tmp_path / "openapi.json"), stdout=StringIO())
    assert (tmp_path / "openapi.json").read_text() == KEPT.read_text(), (
        "the API changed: run `trama write_openapi docs/openapi.json`"
    )
