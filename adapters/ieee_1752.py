"""IEEE 1752.1 data points: physical-activity 1.0.

Source: https://opensource.ieee.org/omh/1752 (schema https://w3id.org/ieee/ieee-1752-schema/physical-activity.json).
Quirks:

- `header.uuid` names the record; the standard's header has no place for the person. Put `user_id` in the header, or
  send with the person's own token.
- `effective_time_frame` is the whole interval, `duration` the net time within it.
- `base_movement_quantity` counts steps only where its unit is "steps"; laps, strokes and skips are left alone.
- `modality` is "sensed" or "self-reported"; what is self-reported counts as manual.
- An activity may be "sedentary": that is time without exercise, and skipped. So is a `descriptive_statistic`.
- `kcal_burned` is taken as active energy; the schema does not say whether resting energy is in it.
- The standard has no sign for a deleted record.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.base import Adapter, Reads
from adapters.mhealth import items_of
from adapters.mhealth_sports import known_names
from domain.drafts import Item

_NAME = "ieee_1752"


def normalise(payload: object) -> Iterator[Item]:
    """The items of a data point, of a bare body, or of a list of either, in order.

    Raises BadPayload if nothing in `payload` is one.
    """
    return items_of(_NAME, payload)


ADAPTER = Adapter(
    name=_NAME,
    title="IEEE 1752.1",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=lambda: known_names().items(),
    orders_updates_by="header.source_creation_date_time",
    also_called=("ieee_1752_1",),
)
