"""Long files, the same for the same size and seed: what reading them takes is measured in memory and time."""

from __future__ import annotations

import gzip
import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

_SEED = 20_261_128
_FIRST = datetime(2016, 1, 1, tzinfo=UTC)
_MINUTES = 10 * 365 * 24 * 60
_SPORTS = ("Running", "Walking", "Cycling", "Swimming", "Yoga")
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!ELEMENT HealthData (ExportDate,Me,(Record|Workout|ActivitySummary)*)>
]>
<HealthData locale="th_TH">
 <ExportDate value="2026-01-01 09:00:00 +0700"/>
"""
_RECORD = (
    ' <Record type="HKQuantityTypeIdentifier{kind}" sourceName="{source}" sourceVersion="10.1" '
    'device="&lt;&lt;HKDevice: 0x{device:x}&gt;, name:{source}, manufacturer:Apple Inc.&gt;" unit="count" '
    'creationDate="{start}" startDate="{start}" endDate="{end}" value="{value}"/>\n'
)
_WORKOUT = (
    ' <Workout workoutActivityType="HKWorkoutActivityType{sport}" duration="{minutes}" durationUnit="min" '
    'sourceName="Apple Watch" creationDate="{end}" startDate="{start}" endDate="{end}">\n'
    '  <MetadataEntry key="HKTimeZone" value="Asia/Bangkok"/>\n'
    '  <WorkoutStatistics type="HKQuantityTypeIdentifierActiveEnergyBurned" sum="{energy}" unit="kcal"/>\n'
    '  <WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="{distance}" unit="km"/>\n'
    " </Workout>\n"
)


def apple_export(size: int) -> Iterator[bytes]:
    """About `size` bytes of a phone's export, as ten years would hold them: mostly records, few of them looked at."""
    chance, made, at = random.Random(_SEED), 0, 0  # noqa: S311 - a file, not a secret
    yield _HEAD.encode()
    step = max(1, _MINUTES * 300 // size)
    while made < size:
        piece = "".join(_minute(chance, at + n * step) for n in range(500)).encode()
        at += 500 * step
        made += len(piece)
        yield piece
    yield b"</HealthData>\n"


def _minute(chance: random.Random, minute: int) -> str:
    start = _FIRST + timedelta(minutes=minute % _MINUTES, seconds=minute // _MINUTES)
    if chance.random() < 0.001:  # noqa: PLR2004 - a workout in a thousand entries
        long = chance.randint(10, 90)
        return _WORKOUT.format(
            sport=chance.choice(_SPORTS),
            minutes=long,
            start=f"{start:%Y-%m-%d %H:%M:%S} +0000",
            end=f"{start + timedelta(minutes=long):%Y-%m-%d %H:%M:%S} +0000",
            energy=round(long * chance.uniform(4, 10), 1),
            distance=round(long * chance.uniform(0.05, 0.18), 3),
        )
    kind, high = chance.choice((("StepCount", 120), ("HeartRate", 170), ("BasalEnergyBurned", 2)))
    return _RECORD.format(
        kind=kind,
        source=chance.choice(("Apple Watch", "iPhone")),
        device=chance.getrandbits(36),
        start=f"{start:%Y-%m-%d %H:%M:%S} +0000",
        end=f"{start + timedelta(minutes=1):%Y-%m-%d %H:%M:%S} +0000",
        value=chance.randint(1, high),
    )


def lines(count: int, people: int, *, padded: int = 0) -> Iterator[bytes]:
    """`count` workouts of our own format, of so many people in turn, each followed by `padded` blanks."""
    chance = random.Random(_SEED)  # noqa: S311 - the same
    for number in range(count):
        person, turn = number % people, number // people
        start = _FIRST + timedelta(days=turn, minutes=chance.randint(0, 1_000))
        line = {
            "partnerRef": f"w-{number}",
            "personRef": f"p-{person}",
            "version": 1,
            "sport": chance.choice(("RUN", "WALK", "RIDE")),
            "startedAt": start.isoformat(),
            "elapsedSeconds": chance.randint(600, 5_000),
            "distanceMeters": chance.randint(1_000, 9_000),
            "energyKcal": chance.randint(40, 600),
        }
        yield orjson.dumps(line) + b" " * padded + b"\n"


def written(path: Path, pieces: Iterator[bytes], kind: str = "plain") -> Path:
    """A file of these pieces: plain, `gzip`, or `zip` as an export.zip."""
    if kind == "zip":
        archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        with archive, archive.open("apple_health_export/export.xml", "w") as entry:
            entry.writelines(pieces)
    else:
        with gzip.open(path, "wb", compresslevel=1) if kind == "gzip" else path.open("wb") as file:
            file.writelines(pieces)
    return path
