"""A mapping suggested for a file that nobody declared yet: from the words of its header, in Thai and English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.base import decoded_json
from adapters.declared import moment_unit_of, value_at
from adapters.declared_specs import NAME, Place, Spec
from adapters.thai_cells import blank, text_of
from adapters.thai_columns import HEADER_WITHIN_ROWS, Column, Heading, find_header, heading
from adapters.thai_sheets import Cell, Table, tables
from adapters.thai_sports import sport_of
from adapters.thai_text import plain
from domain.errors import BadPayload
from domain.sports import Sport

_LOOKED_AT = 1_000
_MOST_WORDS = 100
_DEEPEST = 4


@dataclass(frozen=True)
class Suggestion:
    """A mapping, what of the file it leaves out, and the words for sports that are none of ours."""

    spec: Spec
    unknown: Sequence[str]
    unknown_sports: Sequence[str]


def suggested(payload: bytes) -> Suggestion:
    """What the file seems to hold. Raises BadPayload for what is neither a table nor a JSON document with a list."""
    if payload[:1_000].lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        return _of_items(decoded_json(NAME, payload))
    try:
        held = [each for each in tables(payload) if each.visible and any(each.rows)]
    except BadPayload as refused:
        raise BadPayload(NAME, refused.path, refused.reason) from refused
    if not held:
        raise BadPayload(NAME, (), "the file holds no table; send it with its header and some rows")
    return max(map(_of_table, held), key=lambda each: len(each.spec.columns))


def _of_table(table: Table) -> Suggestion:
    texts = [[text_of(cell) for cell in row] for row in table.rows[: HEADER_WITHIN_ROWS + 1]]
    found = find_header(texts)
    if found is None:
        # No header we know: the row with most words in it is the one to declare the columns of.
        row = max(texts, key=lambda cells: sum(bool(cell.strip()) for cell in cells))
        return Suggestion(Spec(columns={}), [words for cell in row if (words := plain(cell))], ())
    columns = {column: Place(at=each.words, unit=each.unit) for column, (_, each) in found.at.items()}
    known = {number for number, _ in found.at.values()}
    others = [
        words for number, cell in enumerate(texts[found.last_row]) if number not in known and (words := plain(cell))
    ]
    at = found.at[Column.SPORT][0] if Column.SPORT in found.at else None
    rows = table.rows[found.last_row + 1 :][:_LOOKED_AT]
    cells = [row[at] for row in rows if at < len(row)] if at is not None else []
    return Suggestion(Spec(columns=columns), others, _unknown_sports(cells))


def _of_items(document: object) -> Suggestion:
    path, items = max(_lists(document, ""), key=lambda each: len(each[1]), default=("", []))
    if not items:
        raise BadPayload(NAME, (), "the document holds no list of objects; send some items")
    examples: dict[str, object] = {}
    for item in items[:_LOOKED_AT]:
        for name, value in _leaves(item, ""):
            examples.setdefault(name, value)
    columns: dict[Column, tuple[Heading, Place]] = {}
    for name, value in examples.items():
        known = heading(name.rpartition(".")[2])
        if known is None or (known.column in columns and not _clearer(known, columns[known.column][0])):
            continue
        columns[known.column] = (known, Place(at=name, unit=known.unit))
        if known.column in (Column.DAY, Column.START) and (unit := moment_unit_of(value)) is not None:
            columns.pop(known.column)
            columns[Column.DAY] = (known, Place(at=name, unit=unit))
    spec = Spec(columns={column: place for column, (_, place) in columns.items()}, items=path)
    used = {place.at for place in spec.columns.values()}
    sport = spec.columns.get(Column.SPORT)
    words = [value_at(item, sport.at) for item in items[:_LOOKED_AT]] if sport else []
    return Suggestion(
        spec, sorted(set(examples) - used)[:_MOST_WORDS], _unknown_sports([str(each) for each in words if each])
    )


def _clearer(one: Heading, other: Heading) -> bool:
    return one.clear and not other.clear


def _lists(value: object, path: str, depth: int = 0) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Every list of objects in a document, with its path."""
    if isinstance(value, list):
        objects = [each for each in value if isinstance(each, dict)]
        if objects:
            yield path, objects
    elif isinstance(value, dict) and depth < _DEEPEST:
        for name, inner in value.items():
            yield from _lists(inner, f"{path}.{name}" if path else name, depth + 1)


def _leaves(value: object, path: str, depth: int = 0) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name, depth + 1)
    elif path and value is not None and not isinstance(value, list):
        yield path, value


def _unknown_sports(words: Sequence[Cell]) -> list[str]:
    found = dict.fromkeys(plain(text_of(word)) for word in words if not blank(word))
    return [word[:100] for word in found if sport_of(word) is Sport.OTHER][:_MOST_WORDS]
