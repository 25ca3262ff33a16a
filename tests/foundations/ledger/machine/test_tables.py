"""TigerBeetle's own tables pass, all of them."""

from typing import Any

import pytest

from tests.foundations.ledger.machine.tables import Play, tables


@pytest.mark.parametrize("table", tables())
def test_table(table: Any) -> None:
    Play().run(table)
