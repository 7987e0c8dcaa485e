"""Open mHealth data points: physical-activity 1.x, hk-workout and step-count.

Source: https://www.openmhealth.org/documentation/#/schema-docs/schema-library. Quirks:

- A data point is `{header, body}`; bare bodies are taken too. `header.id` names the record, and without one the
  start and the activity's name do; `header.user_id` names the person.
- `activity_name` is free text; exports of HealthKit keep its type names ("HKWorkoutActivityTypeCycling").
- Every figure carries its unit (mi, km, m ...); a bare number is refused.
- A physical activity is valid without a time frame, but nothing can be credited without a time: quarantined.
- `step-count` may describe minutes, a day, or a statistic over months. Whole days become day totals; parts of
  days and statistics cannot be added up and are skipped.
- `kcal_burned` is taken as active energy; the schema does not say whether resting energy is in it.
- The library has no sign for a deleted record. Physical activity and step count were superseded by IEEE 1752.1
  at the end of 2022.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.base import Adapter, Reads
from adapters.mhealth import items_of
from adapters.mhealth_sports import known_names
from domain.drafts import Item

_NAME = "open_mhealth"


def normalise(payload: object) -> Iterator[Item]:
    """The items of a data point, of a bare body, or of a list of either, in order.

    Raises BadPayload if nothing in `payload` is one.
    """
    return items_of(_NAME, payload)


ADAPTER = Adapter(
    name=_NAME,
    title="Open mHealth",
    normalise=normalise,
    reads=Reads.JSON,
    accepts=("application/json", ".json"),
    vocabulary=lambda: known_names().items(),
    orders_updates_by="header.creation_date_time",
    also_called=("omh",),
)
