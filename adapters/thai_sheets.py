"""The tables in an uploaded file: CSV in the encodings of Thai offices, or XLSX, within bounds."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from adapters.thai_columns import HEADER_WITHIN_ROWS, find_header
from domain.errors import BadPayload

LARGEST_FILE_BYTES = 32 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 100
# The reader lays a sheet out as a full rectangle, so two far corners alone could ask for all the memory.
_MOST_CELLS = 4_000_000
_MOST_PARTS = 500
_LARGEST_UNPACKED_BYTES = 128 * 1024 * 1024
_UNSUSPICIOUS_BYTES = 4 * 1024 * 1024
_MOST_PACKED = 200
_PARTNER = "thai_agency"
_SNIFFED_CHARACTERS = 200_000

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CELL = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")

Cell = str | float | bool | datetime | date | time | timedelta


@dataclass(frozen=True)
class Table:
    """One sheet; `rows[0]` is the row that a person sees as row 1. `name` is None for CSV.

    `given` are the rows as they came where `rows` were made of them, in the same order; else empty.
    """

    name: str | None
    rows: Sequence[Sequence[Cell]]
    visible: bool = True
    given: Sequence[Sequence[Cell]] = ()


def tables(data: bytes) -> list[Table]:
    """The tables in `data`, at least one. Raises BadPayload for what is no CSV or XLSX or is out of bounds."""
    if len(data) > LARGEST_FILE_BYTES:
        raise _refused(f"the file is over {LARGEST_FILE_BYTES // 1024**2} MB; send it in parts")
    if data.startswith(b"PK\x03\x04"):
        return _sheets(_repacked(data))
    if data.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")):
        raise _refused("this is an old Excel file, a locked one or another kind of document; save it as .xlsx or .csv")
    return [Table(None, _csv_rows(decoded(data)))]


def decoded(data: bytes) -> str:
    """The text in `data`: by its byte order mark, else UTF-16 without one, UTF-8, Windows-874 (holds TIS-620).

    Anything else is left to charset-normalizer. Raises BadPayload if that finds nothing either.
    """
    named = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    for encoding in (named,) if named else (*_utf16_by_zeros(data), "utf-8", "cp874"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    from charset_normalizer import from_bytes  # noqa: PLC0415  2.5 MB that only the oddest files need

    guess = from_bytes(data[:_SNIFFED_CHARACTERS]).best()
    try:
        if guess is not None:
            return data.decode(guess.encoding)
    except (UnicodeDecodeError, LookupError):
        pass
    raise _refused("the text is in no encoding we know; save the file as CSV UTF-8")


def _utf16_by_zeros(data: bytes) -> tuple[str, ...]:
    """UTF-16 without a byte order mark shows in the zero bytes beside digits, commas and line ends."""
    head = data[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(data) % 2 or max(even, odd) < len(head) / 20:
        return ()
    return ("utf-16-le",) if odd > even else ("utf-16-be",)


def _csv_rows(text: str) -> list[list[Cell]]:
    head = text[:_SNIFFED_CHARACTERS]
    # A table of which we know no heading may be one of a declared mapping: then the mark that makes most columns.
    delimiter = max(",;\t|", key=lambda mark: _known_columns(head, mark))
    rows: list[list[Cell]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if len(row) > MOST_COLUMNS and any(row[MOST_COLUMNS:]):
                raise _refused(f"row {len(rows) + 1} has over {MOST_COLUMNS} columns; send only the columns needed")
            if len(rows) == MOST_ROWS:
                raise _refused(f"the table has over {MOST_ROWS} rows; send it in parts")
            rows.append([*row[:MOST_COLUMNS]])
    except csv.Error as error:
        raise _refused(
            f"row {len(rows) + 1} cannot be read as CSV; check its quotation marks", len(rows) + 1
        ) from error
    return rows


def _known_columns(head: str, delimiter: str) -> tuple[int, int]:
    try:
        rows = list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), HEADER_WITHIN_ROWS + 1))
    except csv.Error:
        return 0, 0
    header = find_header([row[:MOST_COLUMNS] for row in rows])
    return len(header.at) if header else 0, max(map(len, rows), default=0)


def _sheets(workbook_bytes: bytes) -> list[Table]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes))
        found = [
            Table(
                sheet.name,
                workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False),
                sheet.visible == SheetVisibleEnum.Visible,
            )
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise _refused("the workbook is damaged; open it, save it as .xlsx and send it again") from error
    if not found:
        raise _refused("the workbook holds no sheet")
    return found


def _repacked(data: bytes) -> bytes:
    """The XML parts of a workbook in a new archive whose sizes are true, after checking each against the bounds.

    An archive may lie about what it unpacks to; what we wrote ourselves does not.
    """
    packed = io.BytesIO()
    cells = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(packed, "w") as honest:
            parts = archive.infolist()
            _check_sizes(parts, len(data))
            for part in parts:
                if not part.filename.endswith((".xml", ".rels")):
                    continue
                content = archive.read(part)
                cells += _checked_cells(part.filename, content)
                if cells > _MOST_CELLS:
                    raise _refused("the sheets span too many cells; delete empty rows and columns, or send it in parts")
                honest.writestr(zipfile.ZipInfo(part.filename), content)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise _refused("the workbook is damaged or locked; save it as .xlsx without a password") from error
    return packed.getvalue()


def _check_sizes(parts: Sequence[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(part.file_size for part in parts)
    names = [part.filename for part in parts]
    if len(parts) > _MOST_PARTS or len(set(names)) != len(names) or "xl/workbook.xml" not in names:
        raise _refused("this is not an .xlsx workbook; save the table as .xlsx or .csv")
    if unpacked > _LARGEST_UNPACKED_BYTES or (unpacked > _UNSUSPICIOUS_BYTES and unpacked > size * _MOST_PACKED):
        raise _refused("the workbook unpacks to far more than it should; delete empty rows, or send it in parts")


def _checked_cells(name: str, content: bytes) -> int:
    """How many cells or shared texts this part makes the reader hold. Raises BadPayload if it is not plain XML."""
    last_row = last_column = row = column = texts = 0
    for tag, place in _elements(name, content):
        if tag == "row":
            row, column = _number(place, row + 1), 0
        elif tag == "c":
            at = _CELL.match(place or "")
            if place and not at:
                raise _refused(f"a cell of {name} has no valid place; save the workbook again")
            row = int(at[2]) if at else row
            column = _column_number(at[1]) if at else column + 1
        elif tag == "si":
            texts += 1
        last_row, last_column = max(last_row, row), max(last_column, column)
    if last_row > MOST_ROWS or last_column > MOST_COLUMNS:
        raise _refused(f"a sheet spans over {MOST_ROWS} rows or {MOST_COLUMNS} columns; delete what is not the table")
    return last_row * last_column + texts


def _elements(name: str, content: bytes) -> Iterator[tuple[str, str | None]]:
    """Each element's name and its attribute `r`; nothing is kept of the tree."""
    above: list[Element] = []
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                above.append(element)
                yield element.tag.rpartition("}")[2], element.get("r")
            else:
                above.pop()
                if above:
                    above[-1].clear()
    except (ParseError, DefusedXmlException, UnicodeError, LookupError) as error:
        raise _refused(f"{name} of the workbook is not plain XML; save it as .xlsx again") from error


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 8 else otherwise  # noqa: PLR2004


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _refused(reason: str, row: int | None = None) -> BadPayload:
    return BadPayload(_PARTNER, () if row is None else ("row", row), reason)
