"""Apple Health: the export of the iPhone's Health app, and HealthKit workouts that an app on the phone pushes.

Source: https://developer.apple.com/documentation/healthkit (read 2026-01); the export's layout is described
nowhere but in itself. Quirks:

- Up to iOS 15 a workout carries totals as attributes; since iOS 16 it has `WorkoutStatistics` children instead.
- Units follow the owner's habits: km or mi, kcal, Cal (the same) or kJ, min.
- Times print the offset of the phone that exported; `HKTimeZone` names the workout's own zone.
- There is no identifier: sport, source and start name a record. A push has UUIDs, and deletions by them.
- Energy is active energy; the resting part is a statistic of its own and is left out.
- The document type inside the file is malformed since iOS 16, and device names may hold control characters.
- Phone and watch both count steps; the day's best source stands for the day.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.apple_days import Days
from adapters.apple_push import pushed
from adapters.apple_sports import SPORTS
from adapters.apple_workouts import QUANTITY, Figure, Workout, item, metadata_of
from adapters.base import Adapter, Reads, decoded_json
from adapters.tracks import number, p95_speed
from adapters.xml_reading import Element, Form, Step
from domain.drafts import Item

_NAME = "apple_health"
_FORM = Form(
    partner=_NAME,
    roots=frozenset({"HealthData", "Workout"}),
    looks_at={
        "HealthData": frozenset({"Workout", "Record", "ActivitySummary"}),
        "Workout": frozenset({"MetadataEntry", "WorkoutStatistics", "WorkoutRoute"}),
        "WorkoutRoute": frozenset({"Location"}),
    },
    raw=frozenset({"Workout"}),
    only={"Record": ("type", frozenset({f"{QUANTITY}StepCount"}))},
)


@dataclass
class _Recording:
    """One `Workout` as it is read."""

    index: int
    attributes: dict[str, str]
    metadata: list[tuple[str | None, str | None]] = field(default_factory=list)
    statistics: dict[str, dict[str, str]] = field(default_factory=dict)
    speeds: array[float] = field(default_factory=lambda: array("d"))

    def told(self, element: Element) -> None:
        """Take in one of its children."""
        attributes = element.attributes
        match element.name:
            case "MetadataEntry":
                self.metadata.append((attributes.get("key"), attributes.get("value")))
            case "WorkoutStatistics":
                self.statistics.setdefault(attributes.get("type", "").removeprefix(QUANTITY), attributes)
            case _:
                speed = number(attributes.get("speed"))
                if speed is not None and speed >= 0:  # below: the receiver did not know
                    self.speeds.append(speed)

    def workout(self, raw: bytes) -> Workout:
        """All of it."""
        attributes = self.attributes
        distances = {kind: self._sum(kind) for kind in self.statistics if kind.startswith("Distance")}
        total = self._total("totalDistance")
        energy = self._total("totalEnergyBurned")
        return Workout(
            word=attributes.get("workoutActivityType"),
            start=attributes.get("startDate"),
            end=attributes.get("endDate"),
            duration=self._total("duration"),
            energy=energy if energy.value is not None else self._sum("ActiveEnergyBurned"),
            distances=distances if total.value is None else {"": total},
            steps=self.statistics.get("StepCount", {}).get("sum"),
            pulse=self.statistics.get("HeartRate", {}).get("average"),
            p95_speed_mps=p95_speed(self.speeds, array("d", [1.0]) * len(self.speeds)),
            metadata=metadata_of(self.metadata),
            source_name=attributes.get("sourceName"),
            device=attributes.get("device"),
            raw=raw,
        )

    def _total(self, name: str) -> Figure:
        return Figure(name=name, value=self.attributes.get(name), unit=self.attributes.get(f"{name}Unit"))

    def _sum(self, kind: str) -> Figure:
        found = self.statistics.get(kind, {})
        return Figure(name=kind, value=found.get("sum"), unit=found.get("unit"))


def normalise(payload: object) -> Iterator[Item]:
    """The workouts of an export, given as bytes or as an iterable of them, each as soon as it is read; then its days.

    Bytes that are JSON are a push. Raises BadPayload, possibly after some items, for what is neither or breaks off.
    """
    if isinstance(payload, bytes) and payload.lstrip().startswith((b"{", b"[")):
        yield from pushed(_NAME, decoded_json(_NAME, payload))
        return
    days = Days(_NAME)
    workouts = 0
    recording = _Recording(0, {})
    for step, element in _FORM.read(payload):
        match step, element.name:
            case Step.OPENED, "Workout":
                recording = _Recording(workouts, element.attributes)
                workouts += 1
            case Step.CLOSED, "Workout":
                yield item(recording.workout(element.raw), None, ("Workout", recording.index))
            case Step.WHOLE, "Record":
                days.add_steps(element)
            case Step.WHOLE, "ActivitySummary":
                days.add_summary(element)
            case Step.WHOLE, _:
                recording.told(element)
    yield from days.items()


ADAPTER = Adapter(
    name=_NAME,
    title="Apple Health",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("application/xml", "text/xml", "application/json", ".xml", ".json"),
    vocabulary=SPORTS.items,
    also_called=("apple", "healthkit"),
    streams=True,
    packs=lambda name: name.endswith(".xml") and not name.endswith("_cda.xml"),
)
