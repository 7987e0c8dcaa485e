"""What an organisation's steward declared about its own files: no code, a stored mapping (docs/partners/declared.md).

A mapping names for each figure the heading of a table (CSV, XLSX) or the path inside an item (JSON), its unit, the
style of dates, and the organisation's own words for sports. Quirks:

- What a mapping names is looked for by its words, not by its position: columns may move, and a file without one of
  them is refused whole, by name.
- Cells are read as those of `thai_agency`: Buddhist years, Thai digits and units behind a figure are understood.
- A JSON item becomes a row of cells. A moment with its zone, or a count since 1970, gives the day and the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from adapters.agency_tables import items_of
from adapters.base import Adapter, Reads, decoded_json, raw_json
from adapters.declared_dates import in_order, moment_of
from adapters.declared_specs import MOMENT_UNITS, NAME, Spec, Unit, words_of
from adapters.thai_cells import blank, text_of
from adapters.thai_columns import HEADER_WITHIN_ROWS, Column, Header, Heading
from adapters.thai_sheets import MOST_ROWS, Cell, Table, tables
from adapters.thai_sports import known_words
from adapters.thai_text import plain
from domain.drafts import BANGKOK, Item
from domain.errors import BadPayload
from domain.partners import Partner

_DEEPEST = 10
_SINCE_1970 = ((Unit.EPOCH_SECONDS.value, 1e9), (Unit.EPOCH_MILLISECONDS.value, 1e12))


def adapter_of(spec: Spec) -> Adapter:
    """The adapter that reads by this mapping."""
    return Adapter(
        name=NAME,
        title=ADAPTER.title,
        normalise=partial(_normalised, spec),
        reads=Reads.FILE,
        accepts=_DOCUMENTS if spec.items is not None else _TABLES,
    )


def _normalised(spec: Spec, payload: object) -> Iterable[Item]:
    if not isinstance(payload, bytes):
        raise BadPayload(NAME, (), "expected the bytes of a file")
    # What is kept of an item is a row under its paths, so that a mapping of documents reads such tables, too.
    is_document = spec.items is not None and payload[:1_000].lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[")
    found = [_of_items(spec, payload)] if is_document else list(_of_tables(spec, payload))
    words = {plain(word).lower(): sport for word, sport in spec.sports.items()}
    return items_of(NAME, found, words)


def _of_tables(spec: Spec, payload: bytes) -> Iterator[tuple[Table, Header | None]]:
    try:
        held = tables(payload)
    except BadPayload as refused:
        raise BadPayload(NAME, refused.path, refused.reason) from refused
    found = [(table, _header(spec, table.rows)) for table in held]
    if not any(isinstance(header, Header) and table.visible for table, header in found):
        missing = min((each for _, each in found if isinstance(each, list)), key=len)
        names = ", ".join(f"“{each}”" for each in missing)
        reason = f"no row among the first {HEADER_WITHIN_ROWS} has the mapping's columns; missing: {names}"
        raise BadPayload(NAME, ("row", 1), reason)
    for table, header in found:
        yield (_filled(spec, table, header), header) if isinstance(header, Header) else (table, None)


def _header(spec: Spec, rows: Sequence[Sequence[Cell]]) -> Header | list[str]:
    """Where the mapping's headings stand, all in one row; else the words that the nearest row lacks."""
    wanted = {column: words_of(place.at) for column, place in spec.columns.items() if place.at}
    best: list[str] | None = None
    for index, row in enumerate(islice(rows, HEADER_WITHIN_ROWS)):
        at = {words: number for number, cell in reversed(list(enumerate(row))) if (words := words_of(text_of(cell)))}
        missing = [spec.columns[column].at for column, words in wanted.items() if words not in at]
        if not missing:
            return _placed(spec, index, {column: at[words] for column, words in wanted.items()}, len(row))
        best = missing if best is None or len(missing) < len(best) else best
    return best or [place.at for place in spec.columns.values() if place.at]


def _placed(spec: Spec, last_row: int, found: Mapping[Column, int], width: int) -> Header:
    """The header, with cells behind the row's last for what is always the same and for a start made of the day."""
    at = {}
    for column, place in spec.columns.items():
        number, width = (found[column], width) if column in found else (width, width + 1)
        unit = "" if place.unit in MOMENT_UNITS else place.unit
        at[column] = (number, Heading(column=column, unit=unit, words=place.at or str(column), clear=True))
    if Column.START not in at:
        at[Column.START] = (width, Heading(column=Column.START, unit="", words=str(Column.START), clear=True))
    spatial = (Column.PROVINCE, Column.DISTRICT, Column.SUBDISTRICT)
    places = {column: (at[column][0],) if column in at else () for column in spatial}
    return Header(last_row=last_row, at=at, places=places, doubled=None)


def _filled(spec: Spec, table: Table, header: Header) -> Table:
    """The table with dates as a calendar has them and the cells that are always the same."""
    width = 1 + max(number for number, _ in header.at.values())
    above = list(table.rows[: header.last_row + 1])
    read = [_row(spec, header, row, width) for row in table.rows[header.last_row + 1 :]]
    return Table(
        table.name, [*above, *(made for made, _ in read)], table.visible, given=[*above, *(kept for _, kept in read)]
    )


def _row(spec: Spec, header: Header, cells: Sequence[Cell], width: int) -> tuple[Sequence[Cell], Sequence[Cell]]:
    """The cells to read, and those to keep: a count since 1970 in ISO 8601, since 13 digits may name a citizen."""
    if all(blank(cell) for cell in cells):
        return cells, cells
    made, kept = [*cells, *[""] * (width - len(cells))], [*cells]
    for column, place in spec.columns.items():
        number = header.at[column][0]
        if place.always:
            made[number] = place.always
        elif column in (Column.DAY, Column.START, Column.END) and number < len(cells):
            moment = moment_of(cells[number], place.unit)
            if moment is None:
                made[number] = in_order(cells[number], spec.dates) if column is Column.DAY else cells[number]
                continue
            kept[number] = moment.isoformat()
            local = moment.astimezone(BANGKOK)
            made[number] = local.date() if column is Column.DAY else local.time().replace(microsecond=0)
            if column is Column.DAY and Column.START not in spec.columns:
                made[header.at[Column.START][0]] = local.time().replace(microsecond=0)
    return made, kept


def _of_items(spec: Spec, payload: bytes) -> tuple[Table, Header]:
    """The list of a document as a table: a row an item, its number in the list its row number."""
    document = decoded_json(NAME, payload)
    found = value_at(document, spec.items or "")
    if not isinstance(found, list):
        found = [document] if isinstance(document, dict) else None
    if found is None:
        raise BadPayload(NAME, tuple((spec.items or "").split(".")), "expected a list of items here")
    if len(found) > MOST_ROWS:
        raise BadPayload(NAME, (), f"the list has over {MOST_ROWS} items; send it in parts")
    paths = [place.at for place in spec.columns.values() if place.at]
    header = _placed(
        spec, -1, {column: paths.index(place.at) for column, place in spec.columns.items() if place.at}, len(paths)
    )
    rows = [[_cell(value_at(item, path)) for path in paths] for item in found]
    return _filled(spec, Table(None, rows), header), header


def value_at(item: object, path: str) -> object:
    """What stands in a decoded document at a path of names and numbers with dots between; None where nothing does."""
    for step in path.split(".", _DEEPEST) if path else ():
        if isinstance(item, dict):
            item = item.get(step)
        elif isinstance(item, list) and step.isascii() and step.isdecimal() and int(step) < len(item):
            item = item[int(step)]
        else:
            return None
    return item


def moment_unit_of(value: object) -> str | None:
    """The unit in which a value is a moment, "" for a text with its zone; None if it is none."""
    if isinstance(value, str):
        return "" if moment_of(value, "") is not None else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Between 2001 and 2286; so many milliseconds are no seconds that anybody lives in.
    return next((unit for unit, least in _SINCE_1970 if least <= value < 10 * least), None)


def _cell(value: object) -> Cell:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e15 else str(value)[:40]  # noqa: PLR2004 - what a cell can hold exactly
    return "" if value is None else raw_json(value).decode("utf-8", "replace")[:40]


def of_partner(partner: Partner) -> Adapter:
    """The adapter of an organisation that declared its format. Raises BadPayload while no mapping is active."""
    return adapter_of(Spec.of(partner.mapping)) if partner.mapping else ADAPTER


def normalise(_payload: object) -> Iterable[Item]:
    """Nothing can be read without a mapping: raises BadPayload, saying how to make one."""
    raise BadPayload(
        NAME, (), "no mapping is active; make one with saveMapping and activateMapping, then send it again"
    )


_TABLES = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".csv", ".txt", ".xlsx")
_DOCUMENTS = ("application/json", ".json")

ADAPTER = Adapter(
    name=NAME,
    title="Declared by the organisation",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=(*_TABLES, *_DOCUMENTS),
    vocabulary=lambda: known_words().items(),
)
