"""In-memory objects as rows, so that the answer's tree reads them like those of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.plan import Objects


class Memory:
    """The objects of one request by their place in the plan."""

    def __init__(self) -> None:
        self._rows: dict[int, list[tuple[Any, ...]]] = {}

    def hold(self, objects: Objects, items: Sequence[object]) -> None:
        """Takes the objects of a place, and those they hold."""
        self._rows[id(objects)] = [objects.row(item) for item in items]
        for name, (inside, is_list) in objects.held.items():
            held = [getattr(item, name) for item in items]
            self.hold(inside, [i for h in held if h is not None for i in (h if is_list else [h])])

    def rows(self, objects: Objects) -> list[tuple[Any, ...]]:
        """The attributes of the objects of a place, in their positions from the end."""
        return self._rows[id(objects)]

    def framed(self, objects: Objects, groups: Mapping[int, Mapping[Any, Any]]) -> list[tuple[Any, ...]]:
        """The finished rows of a place: the columns read beside each object, its attributes, held objects as rows."""
        rows = self.rows(objects)
        beside = groups.get(objects.level.number) if objects.level is not None else None
        if beside:
            rows = [(*beside[n][0], *row) for n, row in enumerate(rows)]
        for name, (inside, is_list) in objects.held.items():
            position = objects.read(name)
            frames = iter(self.framed(inside, groups))
            rows = [_replaced(row, position, _taken(row[position], frames, is_list=is_list)) for row in rows]
        return rows


def _replaced(row: tuple[Any, ...], position: int, item: Any) -> tuple[Any, ...]:
    made = list(row)
    made[position] = item
    return tuple(made)


def _taken(held: Any, frames: Iterator[tuple[Any, ...]], *, is_list: bool) -> Any:
    if held is None:
        return None
    return [next(frames) for _ in held] if is_list else next(frames)
