"""What every operation sends and answers: one table, used by all tests of this folder."""

from __future__ import annotations

from tests.contract import calls_2_2, calls_2_5
from tests.contract.rows import Entry

TABLE: dict[str, Entry] = {**calls_2_2.CALLS, **calls_2_5.CALLS}


ROWS = [(call, row) for call, entry in TABLE.items() for row in entry.rows]
ROW_IDS = [f"{call}-{entry.rows.index(row)}" for call, entry in TABLE.items() for row in entry.rows]
