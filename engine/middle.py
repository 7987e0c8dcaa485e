"""A page with a certain item in its middle: as many ahead of it as behind, or more on one side where the other ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, func, literal, select, true, union_all
from sqlalchemy.sql.elements import quoted_name

from engine.keyset import Key, beside, ordering
from engine.part import Part
from engine.placeholders import Placeholder, Seen

PREVIOUS, FOLLOWING = "_previous", "_following"
"""The columns that tell whether the list goes on ahead of the page, and behind it."""
_AHEAD, _LINE, _BEFORE, _ALL = "_ahead", "_line", "_before", "_all"


@dataclass(frozen=True)
class Middle:
    """How the rows around an item are found; `limit` is the placeholder of the page's size and one more."""

    keys: Sequence[Key]
    item: Part
    limit: Placeholder
    most: int

    def page(self, base: Part, alias: Callable[[], str]) -> Select[Any]:
        """The rows of the page, in no order: read from the item to either side, a page's worth and one more each."""
        for key in self.keys:
            self.item.needed[key.name] = None
        item = self.item.narrowed().limit(1).subquery(alias())
        sides = [self._side(base, str(item.name), alias, ahead=ahead) for ahead in (True, False)]
        near = union_all(*sides).lateral(alias())
        order = [ordering(key, near.c[key.name], backward=False) for key in self.keys]
        placed = (
            select(
                *near.c,
                func.row_number().over(order_by=order).label(_LINE),
                func.count().filter(near.c[_AHEAD]).over().label(_BEFORE),
                func.count().over().label(_ALL),
            )
            .select_from(item.join(near, true()))
            .subquery(alias())
        )
        size, before = self.limit - literal(1), placed.c[_BEFORE]
        behind = placed.c[_ALL] - before
        # half of the others, more where there are not as many behind, and never more than there are
        shown = func.least(before, func.greatest((size - literal(1)) // literal(2), size - behind))
        line = placed.c[_LINE] - (before - shown)
        columns = [placed.c[name] for name in base.needed]
        facts = (before > shown).label(PREVIOUS), (behind > size - shown).label(FOLLOWING)
        return select(*columns, *facts).where(line > literal(0), line <= size)

    def _side(self, base: Part, item: str, alias: Callable[[], str], *, ahead: bool) -> Select[Any]:
        columns = [base.bare(key.name) for key in self.keys]
        # named by text, since SQLAlchemy would read the item anew on each side
        anchor = [Seen(item, key.name, key.sql) for key in self.keys]
        rows = base.page(self.keys, [beside(self.keys, columns, anchor, ahead=ahead)], self.most, backward=ahead)
        inner = rows.subquery(alias())
        side = (true() if ahead else false()).label(quoted_name(_AHEAD, quote=True))
        return select(*inner.c, side).limit(self.limit)
