"""Raw payloads as partners would have sent them: small, and readable by the adapters again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import orjson

from app.seed.sports import Effort

WATCH = "Forerunner 265"
PHONE = "Strava Android App"

_BANGKOK = timedelta(hours=7)
_BUDDHIST = 543
_HEADINGS = "รหัสผู้เข้าร่วม,เลขที่อ้างอิง,วันที่,เวลาเริ่ม,ประเภทกิจกรรม,ระยะเวลา (นาที),ระยะทาง (ม.),พลังงาน (kcal),วิธีบันทึก"


def _packed(fields: dict[str, Any]) -> bytes:
    return orjson.dumps(
        {name: value for name, value in fields.items() if value is not None}, option=orjson.OPT_SORT_KEYS
    )


def garmin(user_id: str, activity_id: int, summary_id: str, effort: Effort) -> bytes:
    """An activity summary of Garmin's push."""
    return _packed(
        {
            "userId": user_id,
            "summaryId": summary_id,
            "activityId": activity_id,
            "activityType": effort.pace.garmin,
            "startTimeInSeconds": int(effort.started_at.timestamp()),
            "startTimeOffsetInSeconds": int(_BANGKOK.total_seconds()),
            "durationInSeconds": effort.seconds,
            "distanceInMeters": effort.meters,
            "activeKilocalories": effort.kcal,
            "steps": effort.steps,
            "averageHeartRateInBeatsPerMinute": effort.pulse_bpm,
            "deviceName": WATCH,
        }
    )


def strava(
    athlete_id: str, effort: Effort, *, strava_id: int, elapsed: int, kcal: float | None, garmin_id: int | None
) -> bytes:
    """A detailed activity of Strava; a copy of `garmin_id`, or measured by its own app."""
    return _packed(
        {
            "id": strava_id,
            "athlete": {"id": int(athlete_id)},
            "sport_type": effort.pace.strava,
            "start_date": effort.started_at.isoformat().replace("+00:00", "Z"),
            "utc_offset": _BANGKOK.total_seconds(),
            "elapsed_time": elapsed,
            "moving_time": effort.seconds,
            "distance": effort.meters,
            "calories": kcal,
            "average_heartrate": effort.pulse_bpm if garmin_id else None,
            "external_id": f"garmin_push_{garmin_id}" if garmin_id else None,
            "device_name": WATCH if garmin_id else PHONE,
        }
    )


def agency_row(
    person_ref: str,
    partner_ref: str,
    started_at: datetime,
    word: str,
    *,
    minutes: int,
    meters: float | None,
    kcal: float | None,
    manual: bool,
) -> bytes:
    """Header and row of an agency's table, in UTF-8."""
    local = started_at + _BANGKOK
    cells = (
        person_ref,
        partner_ref,
        f"{local.day:02}/{local.month:02}/{local.year + _BUDDHIST}",
        f"{local.hour:02}:{local.minute:02}",
        word,
        minutes,
        "" if meters is None else f"{meters:.0f}",
        "" if kcal is None else f"{kcal:.0f}",
        "กรอกเอง" if manual else "",
    )
    return f"{_HEADINGS}\r\n{','.join(map(str, cells))}\r\n".encode()


def daily(user_id: str, day: date, *, steps: int, meters: float, kcal: float) -> bytes:
    """A daily summary of Garmin's push."""
    return _packed(
        {
            "userId": user_id,
            "calendarDate": day.isoformat(),
            "steps": steps,
            "distanceInMeters": meters,
            "activeKilocalories": kcal,
        }
    )
