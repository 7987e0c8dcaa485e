"""Spreadsheets of Thai agencies: one row a workout, in CSV or XLSX.

The format is our own, docs/partners/thai_agency.md. Quirks:

- Years are Buddhist (CE + 543), digits may be Thai, times are Bangkok's; a spreadsheet typed in Thai may hold the
  literal year 2567 as a date.
- Titles stand above the header, totals and signatures below the rows.
- The person may be a citizen number, which must not stay in what is kept: not in the raw row, nor in a reference
  from which it could be computed back.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.agency_tables import items_of
from adapters.base import Adapter, Reads
from adapters.thai_cells import text_of
from adapters.thai_columns import find_header
from adapters.thai_sheets import tables
from adapters.thai_sports import known_words
from domain.drafts import Item
from domain.errors import BadPayload

_NEEDED = (
    "the header row needs a date (วันที่), a start time (เวลาเริ่ม), a sport (ประเภทกิจกรรม) and a duration (ระยะเวลา) "
    "within the first 30 rows"
)


def normalise(payload: object) -> Iterable[Item]:
    """What `agency_tables.items_of` reads under the header that each table has in our words.

    Raises BadPayload for a file that is no table, has no header we know, or is out of bounds.
    """
    if not isinstance(payload, bytes):
        raise BadPayload(ADAPTER.name, (), "expected the bytes of a file")
    found = [
        (table, find_header([[text_of(cell) for cell in row] for row in table.rows[:31]])) for table in tables(payload)
    ]
    if not any(header is not None and table.visible for table, header in found):
        raise BadPayload(ADAPTER.name, ("row", 1), _NEEDED)
    return list(items_of(ADAPTER.name, found))


ADAPTER = Adapter(
    name="thai_agency",
    title="Thai agency spreadsheet",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=(
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".csv",
        ".txt",
        ".xlsx",
    ),
    vocabulary=lambda: known_words().items(),
    also_called=("dpe_csv",),
)
