"""What an adapter says about a partner's payload, in our words and units, before anything is stored."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from domain.sports import Sport

BANGKOK = ZoneInfo("Asia/Bangkok")
BYTES_AS_BASE64 = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}  # for raw files in a draft kept as JSON


class Source(StrEnum):
    """How the figures came about, the most trusted first (DESIGN: which record speaks)."""

    DEVICE = "device"
    PHONE = "phone"
    EVENT = "event"
    AGENCY = "agency"
    MANUAL = "manual"


class EnergyKind(StrEnum):
    """What a source's kilocalories count."""

    ACTIVE = "active"
    TOTAL = "total"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One source's report of one workout.

    `person_ref` is the partner's name for the person; None when the payload does not say.
    `version` orders the updates of one `partner_ref`, higher is newer; None: the order of arrival.
    `upstream` is (adapter name, partner_ref) of the record this one was copied from.
    `known_as` holds other names of this record at its own partner that copies elsewhere may quote in
    their `upstream`, such as Garmin's activityId beside its summaryId; never `partner_ref` itself.
    `peak_speed_mps` is the highest speed that the source itself states; `p95_speed_mps` the 95th percentile of the
    speed over the moving time, worked out from its points (`adapters.tracks.p95_speed` gives the method).
    `sport_word` is the partner's own word, verbatim; `raw` the bytes this draft was read from,
    without citizen numbers. Absent figures are None, never 0 or a guess.
    """

    __pydantic_config__: ClassVar = BYTES_AS_BASE64

    partner_ref: str
    sport: Sport
    started_at: datetime
    elapsed_seconds: float
    person_ref: str | None = None
    sport_word: str | None = None
    title: str | None = None
    utc_offset_seconds: int | None = None
    moving_seconds: float | None = None
    distance_meters: float | None = None
    energy_kcal: float | None = None
    energy_kind: EnergyKind = EnergyKind.ACTIVE
    steps: int | None = None
    pulse_bpm: int | None = None
    peak_speed_mps: float | None = None
    p95_speed_mps: float | None = None
    manual: bool = False
    source: Source = Source.DEVICE
    coarse: bool = False
    upstream: tuple[str, str] | None = None
    known_as: tuple[str, ...] = ()
    device_name: str | None = None
    province_code: str | None = None
    district_code: str | None = None
    subdistrict_code: str | None = None
    version: int | None = None
    citizen_number: str | None = None
    raw: bytes = b""

    @property
    def ended_at(self) -> datetime:
        """The start plus the elapsed time, UTC."""
        return self.started_at + timedelta(seconds=self.elapsed_seconds)

    @cached_property
    def local_date(self) -> date:
        """The Asia/Bangkok calendar day on which the workout started."""
        return self.started_at.astimezone(BANGKOK).date()

    @cached_property
    def raw_hash(self) -> bytes:
        """SHA-256 of `raw`, 32 bytes."""
        return hashlib.sha256(self.raw).digest()


@dataclass(frozen=True, kw_only=True)
class DayTotal:
    """A day's steps and active energy of one source; never added to workouts."""

    __pydantic_config__: ClassVar = BYTES_AS_BASE64

    local_date: date
    person_ref: str | None = None
    steps: int | None = None
    distance_meters: float | None = None
    energy_kcal: float | None = None
    source: Source = Source.DEVICE
    version: int | None = None
    raw: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """The partner says that a workout is gone. `version` None means: for good."""

    partner_ref: str
    person_ref: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Disconnection:
    """The person revoked the link at the partner: its records must go."""

    person_ref: str


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """A ping without figures: the record must be pulled from the partner."""

    partner_ref: str
    person_ref: str | None = None


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A part of the payload that is no workout by its nature (a total row, an epoch): counted, not kept."""

    path: tuple[str | int, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A part of the payload that should be a workout and cannot be read: quarantined and replayable.

    `path` leads to the place inside the payload; rows and items count from 0, except that
    spreadsheets give the row number a person sees. `message` says what to do.
    """

    code: str
    path: tuple[str | int, ...]
    message: str
    person_ref: str | None = None
    citizen_number: str | None = None
    raw: bytes = b""


Item = Draft | DayTotal | Deletion | Disconnection | Fetch | Skipped | Problem

# The bounds of what a record can say at all. Beyond them a figure is a broken file, not a feat;
# what is merely implausible gets a verdict instead (rulebook limits).
_BOUNDS: tuple[
    tuple[Literal["elapsed_seconds", "moving_seconds", "distance_meters", "energy_kcal", "steps", "pulse_bpm"], float],
    ...,
] = (
    ("elapsed_seconds", 31 * 86_400),
    ("moving_seconds", 31 * 86_400),
    ("distance_meters", 10_000_000),
    ("energy_kcal", 1_000_000),
    ("steps", 2_000_000),
    ("pulse_bpm", 1_000),
)
_REF_LIMIT = 200


def refusal(draft: Draft) -> Problem | None:
    """Why this draft cannot be a record at all, or None if it can.

    Only what no record may hold: figures that are not finite, negative or beyond any recording,
    a reference that is empty or over 200 characters, a start without a zone.
    """

    def problem(code: str, field: str, message: str) -> Problem:
        return Problem(
            code=code,
            path=(field,),
            message=message,
            person_ref=draft.person_ref,
            citizen_number=draft.citizen_number,
            raw=draft.raw,
        )

    if not 0 < len(draft.partner_ref) <= _REF_LIMIT or "\x00" in draft.partner_ref:
        return problem("BAD_REFERENCE", "partner_ref", f"Send a reference of 1 to {_REF_LIMIT} characters without NUL.")
    if draft.started_at.tzinfo is None:
        return problem(
            "MISSING_ZONE", "started_at", "Send the start with its offset; a local time without a zone is not guessed."
        )
    for field, limit in _BOUNDS:
        value = getattr(draft, field)
        if value is None:
            continue
        low = (
            -limit if field == "elapsed_seconds" else 0
        )  # a negative duration is a verdict, so that its owner can see it
        if not math.isfinite(value) or not low <= value <= limit:
            return problem("ABSURD_FIGURE", field, f"{field} is {value}; a record holds {low:g} to {limit:g}.")
    return None
