"""FIT activity files, as watches and bicycle computers write them.

Source: FIT SDK, https://developer.garmin.com/fit/, in the profile that fitdecode 0.11 carries. Quirks:

- A file that breaks off or whose checksum is wrong is quarantined whole, though its session may be readable:
  what is missing could be the part that corrects it.
- Several sports are several sessions; some exports hold laps or single points only; uploads may be chained files.
- `total_calories` includes what the body burns at rest, so it is total energy. Zero is kept as written.
- The clock is UTC; the time zone shows only in the difference of the activity message's two time stamps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from adapters.base import Adapter, Reads
from adapters.fit_frames import Recording, recordings
from adapters.fit_sports import NOT_EXERCISE, sport_of, vocabulary
from adapters.fit_totals import Message, Messages, Totals, decoded, moment, workouts
from domain.drafts import Draft, EnergyKind, Item, Problem, Skipped, Source
from domain.errors import BadPayload

_LARGEST_OFFSET_SECONDS = 14 * 3600
_QUARTER_HOUR = 900
_STRIDES_ARE_CYCLES = frozenset({"running", "walking", "hiking"})
# These write files on the phone itself.
_PHONE_APPS = frozenset({"strava"})


def normalise(payload: object) -> Iterable[Item]:
    """The workouts of a FIT upload, one per session, in file order.

    Damaged files come out as problems (TRUNCATED, BAD_CRC, BAD_HEADER, UNDEFINED_MESSAGE) that tell what could be
    read; files of other kinds are skipped. Raises BadPayload for what is no FIT file or is out of bounds.
    """
    if not isinstance(payload, bytes):
        raise BadPayload(ADAPTER.name, (), "expected the bytes of a file")
    return [item for index, recording in enumerate(recordings(payload)) for item in _items(index, recording)]


def _items(index: int, recording: Recording) -> Iterator[Item]:
    messages, flaw = decoded(recording)
    identity = next((fields for name, fields in messages if name == "file_id"), {})
    kind = identity.get("type")
    if kind not in {"activity", None} and (flaw is None or flaw.code != "BAD_HEADER"):
        yield Skipped(path=("file", index), reason=f"a FIT file of kind {kind} holds no workout")
        return
    totals = workouts(recording, messages)
    if flaw is not None:
        readable = "; ".join(str(one) for one in totals)
        told = f" Readable so far: {readable}." if readable else ""
        yield Problem(
            code=flaw.code, path=("file", index, "byte", flaw.offset), message=flaw.message + told, raw=recording.data
        )
        return
    if kind is None or not totals:
        message = "The file names no kind, or holds no session, lap or point. Export the workout as an activity file."
        yield Problem(code="NO_WORKOUT", path=("file", index), message=message, raw=recording.data)
        return
    reference = _reference(identity, recording.data)
    offset = _utc_offset_seconds(messages)
    for number, one in enumerate(totals):
        named = reference if len(totals) == 1 else f"{reference}-{number}"
        path = ("file", index, "session", number)
        yield _item(path, one, reference=named, identity=identity, utc_offset_seconds=offset, raw=recording.data)


def _item(
    path: tuple[str | int, ...],
    totals: Totals,
    *,
    reference: str,
    identity: Message,
    utc_offset_seconds: int | None,
    raw: bytes,
) -> Item:
    word, refined = totals.words
    if word in NOT_EXERCISE:
        return Skipped(path=path, reason=f"{word} is no exercise")
    if totals.started_at is None:
        message = "The workout has no start time: the device clock was not set. Record it by hand."
        return Problem(code="MISSING_TIME", path=path, message=message, raw=raw)
    if totals.elapsed_seconds is None:
        message = "The workout has neither a duration nor an end. Record it by hand."
        return Problem(code="MISSING_DURATION", path=path, message=message, raw=raw)
    return Draft(
        partner_ref=reference,
        sport=sport_of(word, refined),
        sport_word="/".join(part for part in (word, refined if refined != "generic" else None) if part) or None,
        started_at=totals.started_at,
        utc_offset_seconds=utc_offset_seconds,
        elapsed_seconds=totals.elapsed_seconds,
        moving_seconds=totals.moving_seconds,
        distance_meters=totals.distance_meters,
        energy_kcal=totals.energy_kcal,
        energy_kind=EnergyKind.TOTAL,
        steps=round(totals.cycles * 2) if totals.cycles is not None and word in _STRIDES_ARE_CYCLES else None,
        pulse_bpm=round(totals.pulse_bpm) if totals.pulse_bpm is not None else None,
        peak_speed_mps=totals.peak_speed_mps,
        p95_speed_mps=totals.p95_speed_mps,
        source=Source.PHONE if identity.get("manufacturer") in _PHONE_APPS else Source.DEVICE,
        device_name=_device_name(identity),
        raw=raw,
    )


def _utc_offset_seconds(messages: Messages) -> int | None:
    """How far the local clock was ahead of UTC, to the quarter hour; None if the file does not say."""
    for name, fields in messages:
        here, local = fields.get("timestamp"), fields.get("local_timestamp")
        if name == "activity" and isinstance(here, int) and isinstance(local, int) and moment(here) is not None:
            offset = round((local - here) / _QUARTER_HOUR) * _QUARTER_HOUR
            return offset if abs(offset) <= _LARGEST_OFFSET_SECONDS else None
    return None


def _reference(identity: Message, data: bytes) -> str:
    """The recording device's serial number and the file's creation, else the hash of the file."""
    serial, created = identity.get("serial_number"), moment(identity.get("time_created"))
    if isinstance(serial, int) and serial and created is not None:
        return f"{serial}-{created:%Y%m%dT%H%M%SZ}"
    return hashlib.sha256(data).hexdigest()


def _device_name(identity: Message) -> str | None:
    product = identity.get("product_name") or identity.get("product")
    parts = [str(part) for part in (identity.get("manufacturer"), product) if isinstance(part, str | int)]
    return " ".join(parts).replace("\x00", "")[:100] or None


ADAPTER = Adapter(
    name="fit_file",
    title="FIT activity file",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("application/vnd.ant.fit", "application/fit", ".fit"),
    vocabulary=vocabulary,
    also_called=("fit",),
)
