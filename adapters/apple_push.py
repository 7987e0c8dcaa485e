"""HealthKit workouts as an app on the phone pushes them: what an HKAnchoredObjectQuery added and deleted.

Apple sends nothing itself and prescribes no JSON, so the shape is ours; its names are those of HealthKit's
properties and of the export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.apple_workouts import QUANTITY, Figure, Workout, item
from adapters.reading import Part, Path, problem_of, raw_of
from domain.drafts import Deletion, Item
from domain.errors import BadPayload

_LISTS = ("workouts", "deletedObjects")


def pushed(partner: str, document: object) -> Iterator[Item]:
    """The workouts and the deletions of one push, in this order.

    Raises BadPayload if `document` has neither list.
    """
    whole = Part.of(partner, (), document)
    if not whole.has(*_LISTS):
        raise BadPayload(partner, (), "found neither workouts nor deletedObjects; send the lists of an anchored query")
    person_ref = whole.reference("userId")
    for name in _LISTS:
        values = whole.fields.get(name)
        if values is None:
            continue
        if not isinstance(values, list):
            yield problem_of(BadPayload(partner, (name,), f"{name} must be a list"), raw=raw_of(values))
            continue
        for index, value in enumerate(values):
            yield _item(partner, (name, index), value, person_ref)


def _item(partner: str, path: Path, value: object, person_ref: str | None) -> Item:
    try:
        # A deleted object is nothing but its UUID, so it may be written as such.
        part = Part.of(
            partner, path, {"uuid": value} if path[0] == "deletedObjects" and isinstance(value, str) else value
        )
        uuid = part.must(Part.reference, "uuid")
        if path[0] == "deletedObjects":
            return Deletion(partner_ref=uuid, person_ref=person_ref)
        return item(_workout(part), uuid, path, person_ref)
    except BadPayload as error:
        return problem_of(error, person_ref=person_ref, raw=raw_of(value))


def _workout(part: Part) -> Workout:
    metadata = part.part("metadata")
    statistics = part.part("statistics")
    kinds = [] if statistics is None else [kind for kind in statistics.fields if isinstance(kind, str)]
    distances = {
        kind.removeprefix(QUANTITY): _figure(statistics, kind)
        for kind in kinds
        if kind.removeprefix(QUANTITY).startswith("Distance")
    }
    total = _figure(part, "totalDistance", unit="m")
    energy = _figure(part, "totalEnergyBurned", unit="kcal")
    return Workout(
        word=part.must(Part.label, "workoutActivityType"),
        start=part.label("startDate"),
        end=part.label("endDate"),
        duration=_figure(part, "duration", unit="s"),
        energy=energy if energy.value is not None else _figure(statistics, f"{QUANTITY}ActiveEnergyBurned"),
        distances=distances if total.value is None else {"": total},
        steps=_figure(statistics, f"{QUANTITY}StepCount").value,
        metadata={} if metadata is None else _texts(metadata.fields),
        source_name=part.label("sourceName"),
        device=part.label("device"),
        raw=part.raw(),
    )


def _figure(part: Part | None, name: str, *, unit: str | None = None) -> Figure:
    """The number under `name` in `unit`, or the object there with its own `value` and `unit`."""
    if part is None:
        return Figure(name=name, value=None, unit=None)
    if isinstance(part.fields.get(name), dict) and (own := part.part(name)) is not None:
        value, unit = own.number("value"), own.label("unit")
    else:
        value = part.number(name)
    return Figure(name=name, value=None if value is None else repr(value), unit=unit)


def _texts(fields: Mapping[str, object]) -> dict[str, str]:
    """Metadata as the export writes them: true and false are 1 and 0."""
    return {
        name: str(int(value)) if isinstance(value, bool) else str(value)[:300]
        for name, value in fields.items()
        if isinstance(value, bool | int | float | str) and (not isinstance(value, int) or abs(value) < 2**63)
    }
