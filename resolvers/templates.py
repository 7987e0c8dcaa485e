"""The templates of challenges, a fixed list, as rows of a literal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import JSON, BigInteger, Integer, Select, Text, cast, column, func, literal, select

from domain.templates import TEMPLATES
from resolvers.context import Parent, Seer


@dataclass
class TemplateRow:
    """The columns of a template; `figures` is what `figures_of` lists."""

    name: str
    title_th: str
    title_en: str
    description_th: str
    description_en: str
    days: int
    metric: str
    mode: str
    ranking: str
    team_kind: str | None
    day_metric: str | None
    figures: str


@dataclass
class FigureRow:
    """The columns of a figure."""

    name: str
    says_th: str
    says_en: str
    unit_th: str
    unit_en: str
    least: int
    most: int
    usual: int


_TEXTS = ("title_th", "title_en", "description_th", "description_en")
_WORDS = ("metric", "mode", "ranking", "team_kind", "day_metric")
_ROWS = orjson.dumps(
    [
        {
            "n": number,
            "name": each.name,
            "days": each.days,
            **{text: getattr(each, text) for text in _TEXTS},
            **{word: getattr(each.design, word) for word in _WORDS},
            "figures": [asdict(figure) for figure in each.figures],
        }
        for number, each in enumerate(TEMPLATES)
    ]
).decode()
_COLUMNS: dict[str, Any] = {
    "n": Integer,
    **dict.fromkeys(("name", *_TEXTS, *_WORDS), Text),
    "days": Integer,
    "figures": Text,
}
_FIGURE: dict[str, Any] = {
    **dict.fromkeys(("name", "says_th", "says_en", "unit_th", "unit_en"), Text),
    **dict.fromkeys(("least", "most", "usual"), BigInteger),
}


def listed(_viewer: Seer, _root: Parent) -> Select[Any]:
    """All of them, in their order."""
    rows = func.json_to_recordset(cast(literal(_ROWS, Text), JSON))
    found = rows.table_valued(*(column(name, kind) for name, kind in _COLUMNS.items()), name="template")
    found = found.render_derived(with_types=True)
    return select(*(found.c[name] for name in _COLUMNS if name != "n")).order_by(found.c.n)


def figures_of(_viewer: Seer, template: Parent) -> Select[Any]:
    """The numbers to choose."""
    rows = func.json_to_recordset(cast(template.figures, JSON))
    found = rows.table_valued(*(column(name, kind) for name, kind in _FIGURE.items()), name="figure")
    found = found.render_derived(with_types=True)
    return select(*(found.c[name] for name in _FIGURE))
