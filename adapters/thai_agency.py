"""Spreadsheets of Thai agencies: one row a workout, in CSV or XLSX.

The format is our own, docs/partners/thai_agency.md. Quirks:

- Years are Buddhist (CE + 543), digits may be Thai, times are Bangkok's; a spreadsheet typed in Thai may hold the
  literal year 2567 as a date.
- Titles stand above the header, totals and signatures below the rows.
- The person may be a citizen number, which must not stay in what is kept: not in the raw row, nor in a reference
  from which it could be computed back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adapters.base import Adapter, Reads
from adapters.thai_cells import blank, text_of
from adapters.thai_columns import Column, Header, find_header, heading
from adapters.thai_rows import Places, Row, RowRefused, draft_of
from adapters.thai_sheets import Table, tables
from adapters.thai_text import plain
from domain.drafts import Draft, Item, Problem, Skipped
from domain.errors import BadPayload

_NEEDED = (
    "the header row needs a date (วันที่), a start time (เวลาเริ่ม), a sport (ประเภทกิจกรรม) and a duration (ระยะเวลา) "
    "within the first 30 rows"
)
_TOTALS = ("รวม", "ผลรวม", "ยอดรวม", "เฉลี่ย", "ค่าเฉลี่ย", "total", "grand total", "sum", "average")
_NOTES = ("หมายเหตุ", "ผู้รายงาน", "ผู้จัดทำ", "ผู้บันทึก", "ผู้ตรวจ", "ลงชื่อ", "ที่มา", "note", "source", "remark", "*")
_FEWEST_CELLS = 2


def normalise(payload: object) -> Iterable[Item]:
    """A draft or a problem for each row, in row order; totals, notes and repeated headers come out as skipped.

    The path of a problem is ("row", number, heading), in workbooks of several sheets behind ("sheet", name). Raises
    BadPayload for a file that is no table, has no header we know, or is out of bounds.
    """
    if not isinstance(payload, bytes):
        raise BadPayload(ADAPTER.name, (), "expected the bytes of a file")
    found = [
        (table, find_header([[text_of(cell) for cell in row] for row in table.rows[:31]])) for table in tables(payload)
    ]
    readable = [(table, header) for table, header in found if header is not None and table.visible]
    if not readable:
        raise BadPayload(ADAPTER.name, ("row", 1), _NEEDED)
    items: list[Item] = []
    seen: dict[tuple[str | None, ...], tuple[int, Draft]] = {}
    places = Places()
    for table, header in found:
        prefix: tuple[str | int, ...] = ("sheet", table.name or "") if len(readable) > 1 else ()
        if header is None or not table.visible:
            if any(not blank(cell) for row in table.rows for cell in row):
                reason = "the sheet is hidden" if not table.visible else "the sheet has no header we know"
                items.append(Skipped(path=("sheet", table.name or ""), reason=reason))
            continue
        if header.doubled:
            one, other = header.doubled
            reason = f"the columns “{one}” and “{other}” mean the same; rename or delete one of them"
            raise BadPayload(ADAPTER.name, (*prefix, "row", header.last_row + 1), reason)
        items.extend(_items(table, header, prefix, seen, places))
    return items


def _items(
    table: Table,
    header: Header,
    prefix: tuple[str | int, ...],
    seen: dict[tuple[str | None, ...], tuple[int, Draft]],
    places: Places,
) -> Iterator[Item]:
    for index in range(header.last_row + 1, len(table.rows)):
        row = Row(cells=table.rows[index], number=index + 1, header=header)
        path = (*prefix, "row", row.number)
        filled = [cell for cell in row.cells if not blank(cell)]
        if not filled:
            continue
        if (reason := _no_workout(row, [plain(text_of(cell)) for cell in filled])) is not None:
            yield Skipped(path=path, reason=reason)
            continue
        try:
            draft = draft_of(row, places)
        except RowRefused as refused:
            yield Problem(
                code=refused.code,
                path=(*path, refused.heading),
                message=refused.message,
                person_ref=row.person_ref,
                citizen_number=row.citizen_number,
                raw=row.raw,
            )
            continue
        yield _unless_seen(draft, path, seen)


def _unless_seen(
    draft: Draft, path: tuple[str | int, ...], seen: dict[tuple[str | None, ...], tuple[int, Draft]]
) -> Item:
    """The draft, unless its workout was in the file before."""
    identity = (draft.person_ref, draft.citizen_number, draft.partner_ref)
    figures = replace(draft, raw=b"")
    number = path[-1]
    first = seen.setdefault(identity, (int(number), figures))
    if first[1] is figures:
        return draft
    if first[1] == figures:
        return Skipped(path=path, reason=f"the row repeats row {first[0]}")
    message = (
        f"Row {first[0]} is the same workout (person, day, start and sport, or reference) with other figures. "
        "Delete the wrong row."
    )
    return Problem(
        code="DUPLICATE_ROW",
        path=path,
        message=message,
        person_ref=draft.person_ref,
        citizen_number=draft.citizen_number,
        raw=draft.raw,
    )


def _no_workout(row: Row, filled: list[str]) -> str | None:
    """Why a row is no workout by its nature, or None if it should be one."""
    first = filled[0].lower()
    dated = not blank(row.cell(Column.DAY))
    if not dated and first.startswith(_TOTALS):
        return "a total row"
    if not dated and (first.startswith(_NOTES) or (len(filled) < _FEWEST_CELLS and " " in first)):
        return "a note"
    if dated and (repeated := heading(text_of(row.cell(Column.DAY)))) is not None and repeated.column is Column.DAY:
        return "the header again"
    return None


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
    also_called=("dpe_csv",),
)
