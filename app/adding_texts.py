"""What the files of a new format begin with; <name> and <title> are filled in."""

from __future__ import annotations

ADAPTER = '''\
"""Payloads of <title>: not read yet.

Source: none read yet; the address of the vendor's documentation stands here. Quirks:

- none known yet; each is one line, with what this file does about it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from adapters.base import Adapter, Reads
from domain.drafts import Item
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "<name>"

# The vendor's word: our sport. A word that is absent becomes OTHER and is kept.
SPORTS: Mapping[str, Sport] = MappingProxyType({})


def normalise(_payload: object) -> Iterator[Item]:
    """Nothing yet. Raises BadPayload for every payload: this format cannot be read."""
    raise BadPayload(_NAME, (), "this format cannot be read yet, and nothing of it was taken; send it again later")


ADAPTER = Adapter(
    name=_NAME,
    title="<title>",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=SPORTS.items,
)
'''

TEST = '''\
"""Payloads of <title>, as recorded and as broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from adapters.<name> import normalise
from domain.errors import BadPayload
from tests.adapters.mutations import ANY_JSON
from tests.adapters.sound import assert_sound


@pytest.mark.parametrize("payload", [None, 1, "", {}, [1], [[]], {"error": "no"}])
def test_what_is_no_delivery_at_all_is_refused(payload: object) -> None:
    with pytest.raises(BadPayload):
        list(normalise(payload))


@settings(max_examples=100, deadline=None)
@given(ANY_JSON)
def test_anything_gives_items_or_a_refusal(payload: object) -> None:
    assert_sound(normalise, payload)
'''

NOTICE = """\
# <name>

No payload recorded yet. Each has a line in ../INDEX.md with its source and licence, and names and numbers of people
taken out.
"""

INDEX = """\
## <name>

| file | kind | source | licence | expected |
|---|---|---|---|---|

"""

PAGE = """\
# <title>

**Not read yet**: the adapter refuses every payload with `BAD_PAYLOAD`. [adding.md](adding.md) tells the way on.

| | |
|---|---|
| adapter | `<name>` (`adapters/<name>.py`) |
| reads | nothing yet |
| delivery | none yet |
| scopes we ask for | none yet |
| our scopes its records need | `activity:write` |
| identity of a record | not decided |
| what orders two updates | not decided |
| who may see its figures | not decided: the vendor's terms were not read |
| reference | not read |
"""
