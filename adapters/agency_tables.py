"""The rows of agencies' tables, read one by one: whoever knows where the header stands gets drafts and problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from adapters.thai_cells import blank, text_of
from adapters.thai_columns import Column, Header, heading
from adapters.thai_rows import Places, Row, RowRefused, draft_of
from adapters.thai_sheets import Table
from adapters.thai_text import plain
from domain.drafts import Draft, Item, Problem, Skipped
from domain.errors import BadPayload
from domain.sports import Sport

_TOTALS = ("รวม", "ผลรวม", "ยอดรวม", "เฉลี่ย", "ค่าเฉลี่ย", "total", "grand total", "sum", "average")
_NOTES = ("หมายเหตุ", "ผู้รายงาน", "ผู้จัดทำ", "ผู้บันทึก", "ผู้ตรวจ", "ลงชื่อ", "ที่มา", "note", "source", "remark", "*")
_FEWEST_CELLS = 2

Seen = dict[tuple[str | None, ...], tuple[int, Draft]]
_NO_SPORTS: Mapping[str, Sport] = {}


def items_of(
    partner: str, found: Sequence[tuple[Table, Header | None]], sports: Mapping[str, Sport] = _NO_SPORTS
) -> Iterator[Item]:
    """A draft or a problem for each row, in row order; totals, notes and repeated headers come out as skipped.

    `found` are a file's tables, each with its header, None where it has none; one at least is visible and has one.
    `sports` are words of this partner's own, in lower case. The path of a problem is ("row", number, heading), in
    workbooks of several sheets behind ("sheet", name). Raises BadPayload for two columns that mean the same.
    """
    several = sum(header is not None and table.visible for table, header in found) > 1
    seen: Seen = {}
    places = Places()
    for table, header in found:
        prefix: tuple[str | int, ...] = ("sheet", table.name or "") if several else ()
        if header is None or not table.visible:
            if any(not blank(cell) for row in table.rows for cell in row):
                reason = "the sheet is hidden" if not table.visible else "the sheet has no header we know"
                yield Skipped(path=("sheet", table.name or ""), reason=reason)
            continue
        if header.doubled:
            one, other = header.doubled
            reason = f"the columns “{one}” and “{other}” mean the same; rename or delete one of them"
            raise BadPayload(partner, (*prefix, "row", header.last_row + 1), reason)
        yield from _rows(table, header, prefix, seen, places, sports)


def _rows(
    table: Table,
    header: Header,
    prefix: tuple[str | int, ...],
    seen: Seen,
    places: Places,
    sports: Mapping[str, Sport],
) -> Iterator[Item]:
    for index in range(header.last_row + 1, len(table.rows)):
        row = Row(
            cells=table.rows[index],
            number=index + 1,
            header=header,
            sports=sports,
            given=table.given[index] if table.given else None,
        )
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


def _unless_seen(draft: Draft, path: tuple[str | int, ...], seen: Seen) -> Item:
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
