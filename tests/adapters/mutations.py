"""Hypothesis strategies: a recorded payload with some of its nodes replaced, removed or doubled."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from hypothesis import strategies as st

Json = object

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(10**400), 10**199, 1e308, -0.0, 253402300800, -62135596800])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["", "\x00", "\ud800", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31", "12"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _places(node: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


@st.composite
def mutated(draw: st.DrawFn, payload: Json) -> Json:
    """`payload` after one to three changes anywhere in it; the root may be replaced too."""
    document = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(_places(document))))
        if not path:
            # The root is one place of many: replacing it always would leave nothing to look at.
            document = draw(ANY_JSON)
            continue
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        match draw(st.sampled_from(["replace", "delete", "double"])):
            case "replace":
                parent[path[-1]] = draw(ANY_JSON)
            case "delete":
                del parent[path[-1]]
            case _ if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[path[-1]]))
            case _:
                parent[draw(st.text(max_size=8))] = copy.deepcopy(parent[path[-1]])
    return document
