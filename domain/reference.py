"""The rows that every installation has: sports, places and their teams, partners and the first rulebook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Text
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import Row, inserted_if_new, table_of, upserted, utc_now
from domain.energy import met_for
from domain.partners import AgreementState, Partner, PartnerKind
from domain.places import Place, PlaceAncestor, all_ancestors, all_places
from domain.rulebooks import Rulebook, first_rulebook
from domain.sports import Sport, facts_of
from domain.teams import Team, teams_of_places


class SportRow(Row, table=True):
    """A sport of the taxonomy as a row, so that queries can filter and join it."""

    __tablename__ = "sports"

    word: str = Field(primary_key=True, sa_type=Text)
    name_th: str = Field(sa_type=Text)
    name_en: str = Field(sa_type=Text)
    group_word: str = Field(sa_type=Text)
    parent_word: str | None = Field(default=None, sa_type=Text)
    met_code: str = Field(sa_type=Text)
    met: float
    met_verified: bool


def _sports() -> list[SportRow]:
    rows = []
    for sport in Sport:
        facts, met = facts_of(sport), met_for(sport)
        rows.append(
            SportRow(
                word=sport.value,
                name_th=facts.name_th,
                name_en=facts.name_en,
                group_word=facts.group.value,
                parent_word=facts.parent.value if facts.parent else None,
                met_code=met.code,
                met=met.value,
                met_verified=met.verified,
            )
        )
    return rows


# name, Thai and English title, kind, adapter, owner_only
_PARTNERS: tuple[tuple[str, str, str, PartnerKind, str | None, bool], ...] = (
    ("strava", "สตราวา", "Strava", PartnerKind.VENDOR, "strava", True),
    ("garmin", "การ์มิน คอนเนคต์", "Garmin Connect", PartnerKind.VENDOR, "garmin", False),
    ("apple_health", "แอปเปิล เฮลท์", "Apple Health", PartnerKind.VENDOR, "apple_health", False),
    ("coros", "โครอส", "COROS", PartnerKind.VENDOR, "coros", False),
    ("fitbit", "ฟิตบิต", "Fitbit", PartnerKind.VENDOR, "fitbit", False),
    ("google_fit", "กูเกิล ฟิต", "Google Fit", PartnerKind.VENDOR, "google_fit", False),
    ("google_health", "กูเกิล เฮลท์", "Google Health", PartnerKind.VENDOR, "google_health", False),
    ("health_connect", "เฮลท์ คอนเนคต์", "Health Connect", PartnerKind.VENDOR, "health_connect", False),
    ("huawei", "หัวเว่ย เฮลท์", "Huawei Health", PartnerKind.VENDOR, "huawei", False),
    ("oura", "อูรา", "Oura", PartnerKind.VENDOR, "oura", False),
    ("polar", "โพลาร์", "Polar", PartnerKind.VENDOR, "polar", False),
    ("samsung_health", "ซัมซุง เฮลท์", "Samsung Health", PartnerKind.VENDOR, "samsung_health", False),
    ("suunto", "ซุนโต", "Suunto", PartnerKind.VENDOR, "suunto", False),
    ("wahoo", "วาฮู", "Wahoo", PartnerKind.VENDOR, "wahoo", False),
    ("withings", "วิทธิงส์", "Withings", PartnerKind.VENDOR, "withings", False),
    ("parkrun", "พาร์ครันไทยแลนด์", "parkrun Thailand", PartnerKind.EVENT, "parkrun", False),
    ("gpx_file", "ไฟล์เส้นทาง (GPX)", "Track files (GPX)", PartnerKind.FILES, "gpx_file", False),
    ("tcx_file", "ไฟล์ฝึกซ้อม (TCX)", "Training files (TCX)", PartnerKind.FILES, "tcx_file", False),
    ("fit_file", "ไฟล์จากอุปกรณ์ (FIT)", "Device files (FIT)", PartnerKind.FILES, "fit_file", False),
    ("thai_agency", "แบบรายงานกลางของหน่วยงาน", "Agencies' common report", PartnerKind.AGENCY, "thai_agency", False),
    ("dpe", "กรมพลศึกษา", "Department of Physical Education", PartnerKind.AGENCY, "thai_agency", False),
    ("rtaf", "กองทัพอากาศ", "Royal Thai Air Force", PartnerKind.AGENCY, "thai_agency", False),
    ("bma", "กรุงเทพมหานคร", "Bangkok Metropolitan Administration", PartnerKind.LOCAL_GOVERNMENT, "thai_agency", False),
    ("mots", "กระทรวงการท่องเที่ยวและกีฬา", "Ministry of Tourism and Sports", PartnerKind.SPONSOR, None, False),
    ("demo_sponsor", "ผู้สนับสนุนตัวอย่าง", "Example sponsor", PartnerKind.SPONSOR, None, False),
)


def partners() -> list[Partner]:
    """The partners that an installation starts with."""
    return [
        Partner(
            name=name,
            title_th=title_th,
            title_en=title_en,
            kind=kind.value,
            adapter=adapter,
            owner_only=owner_only,
            agreement=AgreementState.SIGNED.value,
            agreed_on=date(2025, 10, 1),
        )
        for name, title_th, title_en, kind, adapter, owner_only in _PARTNERS
    ]


def _values(rows: Sequence[SQLModel]) -> list[dict[str, Any]]:
    return [{column.name: getattr(row, column.name) for column in table_of(type(row)).columns} for row in rows]


async def load(session: AsyncSession) -> None:
    """Sports and places as the code knows them; their teams, partners and the rulebook only where they are missing.

    Safe to run again: an administrator's changes to partners and rulebooks stay.
    """
    await upserted(session, SportRow, _values(_sports()))
    await upserted(session, Place, _values(all_places()))
    pairs = [{"place_code": place, "ancestor_code": ancestor} for place, ancestor in all_ancestors()]
    await inserted_if_new(session, PlaceAncestor, pairs)
    teams = [{**columns, "members": 0, "synthetic": False, "created_at": utc_now()} for columns in teams_of_places()]
    await inserted_if_new(session, Team, teams)
    await inserted_if_new(session, Partner, _values(partners()))
    first = first_rulebook()
    if await session.get(Rulebook, first.version) is None:
        session.add(first)
        await session.flush()
