"""The people of the synthetic country: where they live, who they are, what they carry, how often they move."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

from app.seed.plan import Draws, Key, Plan, midnight
from domain.placenames import names_by_code
from domain.places import ancestors_of
from domain.users import Language, Sex

# The most common given names, each held by very many; an initial stands for a family name.
_WOMEN = [
    "สมหมาย",
    "สุภาพร",
    "วันเพ็ญ",
    "มาลี",
    "สมใจ",
    "นิภา",
    "อรทัย",
    "สุนีย์",
    "พรทิพย์",
    "กัญญา",
    "วิไล",
    "รัตนา",
    "จันทร์เพ็ญ",
    "ศิริพร",
    "ปราณี",
    "อัมพร",
    "ดวงใจ",
    "นงลักษณ์",
    "สายฝน",
    "น้ำฝน",
    "พิมพ์ใจ",
    "ชลธิชา",
    "กนกวรรณ",
    "ปิยะดา",
    "ณัฐธิดา",
    "ธิดารัตน์",
    "สุดารัตน์",
    "เบญจมาศ",
    "อารีย์",
    "ลัดดา",
]
_MEN = [
    "สมชาย",
    "สมศักดิ์",
    "สมบัติ",
    "ประเสริฐ",
    "วิชัย",
    "สุรชัย",
    "ประยูร",
    "บุญมี",
    "สมพร",
    "สุชาติ",
    "ณรงค์",
    "มานพ",
    "วีระ",
    "อนุชา",
    "ธนพล",
    "กิตติ",
    "ชัยวัฒน์",
    "พงศกร",
    "ธีรพงษ์",
    "ณัฐพล",
    "อภิชาติ",
    "ศักดิ์ชัย",
    "วรวุฒิ",
    "เอกชัย",
    "ปิยะ",
    "สุทธิพงษ์",
    "จักรพันธ์",
    "ภูมิพัฒน์",
    "ธนากร",
    "พีรพัฒน์",
]
_INITIALS = "กขคจชซดตทธนบปผพภมยรลวศสหอ"

_AGES: Sequence[tuple[int, int, float]] = (
    (8, 17, 0.09),
    (18, 24, 0.11),
    (25, 39, 0.26),
    (40, 59, 0.34),
    (60, 74, 0.16),
    (75, 85, 0.04),
)
_ADULT = 18
_CAPITAL_WEIGHT = 3.0
AGENCIES = ("bma", "dpe", "rtaf")
"""The agencies that people are known to, each by its name."""
_WITHOUT_HOME, _WITH_SUBDISTRICT = 0.01, 0.15
_WITHOUT_MASS, _WITHOUT_SEX, _WITHOUT_BIRTH_YEAR = 0.25, 0.02, 0.04
_BANGKOK = "10"


class Kit(Enum):
    """What somebody records with, by the partners that then report it, and how many do."""

    WATCH = (("garmin",), 0.23)
    WATCH_AND_APP = (("garmin", "strava"), 0.11)
    APP = (("strava",), 0.25)
    APP_AND_AGENCY = (("strava", "agency"), 0.04)
    AGENCY = (("agency",), 0.37)

    def __init__(self, partners: tuple[str, ...], share: float) -> None:
        self.partners = partners
        self.share = share


class Habit(Enum):
    """How often somebody exercises: the chance of a usual day, and how many are like that."""

    INACTIVE = (0.0, 0.35)
    CASUAL = (0.11, 0.40)
    REGULAR = (0.35, 0.19)
    DAILY = (0.75, 0.06)

    def __init__(self, chance: float, share: float) -> None:
        self.chance = chance
        self.share = share


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What is known beforehand of a person whom a demo logs in as."""

    home: str
    kit: Kit
    ministry: str | None = None


DEMO: Sequence[Demo] = (
    Demo(home="1001", kit=Kit.WATCH_AND_APP, ministry="mots"),
    Demo(home="5001", kit=Kit.WATCH, ministry="moph"),
    Demo(home="4001", kit=Kit.APP_AND_AGENCY, ministry="moi"),
    Demo(home="9011", kit=Kit.APP),
)
"""The first people of every country."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Somebody:
    """A person as the rest of the country is drawn around them.

    `columns` is their row. `weight_kg` is what their energy depends on, also where the row has no mass.
    `places` are the codes that hold their home. `partners` leads from each partner of theirs to its name for them.
    """

    number: int
    id: Key
    columns: Mapping[str, Any]
    province: str
    places: frozenset[str]
    age: int
    weight_kg: float
    kit: Kit
    habit: Habit
    partners: Mapping[str, str]
    connected_at: datetime
    demo: Demo | None


@cache
def province_weights() -> Mapping[str, float]:
    """How many thousand people each province has, roughly. Source: data/provinces.csv."""
    text = files("app.seed").joinpath("data/provinces.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["province"]: float(row["thousands"]) for row in rows}


@cache
def _districts() -> tuple[list[str], list[float]]:
    """All districts and their cumulative weights: a province's people, its capital district counting three times."""
    parts: dict[str, float] = {}
    whole: dict[str, float] = defaultdict(float)
    for code in names_by_code():
        if len(code) == len("1001"):
            parts[code] = _CAPITAL_WEIGHT if code[2:] == "01" and code[:2] != _BANGKOK else 1.0
            whole[code[:2]] += parts[code]
    people = province_weights()
    return list(parts), list(accumulate(people[code[:2]] * part / whole[code[:2]] for code, part in parts.items()))


@cache
def _subdistricts() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for code in names_by_code():
        if len(code) == len("100101"):
            found.setdefault(code[:4], []).append(code)
    return found


@cache
def _cumulative(kind: type[Kit | Habit]) -> tuple[list[Any], list[float]]:
    return list(kind), list(accumulate(each.share for each in kind))


@lru_cache(maxsize=16_384)
def _places(home: str | None) -> frozenset[str]:
    return frozenset(ancestors_of(home)) if home else frozenset()


def somebody(plan: Plan, number: int, draws: Draws) -> Somebody:
    """The person `number` of the country, by the first of the random numbers that are theirs."""
    demo = DEMO[number] if number < len(DEMO) else None
    codes, weights = _districts()
    district = demo.home if demo else draws.choices(codes, cum_weights=weights)[0]
    home: str | None = district
    if demo is None:
        at = draws.random()
        if at < _WITHOUT_HOME:
            home = None
        elif at < _WITHOUT_HOME + _WITH_SUBDISTRICT:
            home = draws.choice(_subdistricts().get(district, [district]))
    age = _age(draws, adult=demo is not None)
    sex = draws.choices((Sex.FEMALE, Sex.MALE, Sex.OTHER), cum_weights=(51, 99, 100))[0]
    weight_kg = _weight_kg(draws, age, sex)
    kits, kit_weights = _cumulative(Kit)
    habits, habit_weights = _cumulative(Habit)
    kit: Kit = demo.kit if demo else draws.choices(kits, cum_weights=kit_weights)[0]
    habit: Habit = Habit.REGULAR if demo else draws.choices(habits, cum_weights=habit_weights)[0]
    created_at = midnight(plan.first_day) - timedelta(days=14) + timedelta(seconds=number)
    user_id = draws.key(created_at)
    partners = dict(_known_as(each, number, draws, district, demo) for each in kit.partners)
    order = sorted(partners, reverse=True) if len(partners) > 1 and draws.random() < 0.3 else []  # noqa: PLR2004
    told = demo is not None
    columns = {
        "id": user_id,
        "display_name": _display_name(draws, sex),
        "home_place_code": home,
        "birth_year": plan.today.year - age if told or draws.random() >= _WITHOUT_BIRTH_YEAR else None,
        "sex": sex.value if told or draws.random() >= _WITHOUT_SEX else None,
        "mass_kg": weight_kg if told or draws.random() >= _WITHOUT_MASS else None,
        "language": (Language.EN if draws.random() < 0.03 else Language.TH).value,  # noqa: PLR2004
        "source_order": order,
        "synthetic": True,
        "created_at": created_at,
    }
    return Somebody(
        number=number,
        id=user_id,
        columns=columns,
        province=district[:2],
        places=_places(home),
        age=age,
        weight_kg=weight_kg,
        kit=kit,
        habit=habit,
        partners=partners,
        connected_at=created_at + timedelta(minutes=5),
        demo=demo,
    )


def _age(draws: Draws, *, adult: bool) -> int:
    if adult:
        return draws.randint(30, 45)
    low, high, _ = draws.choices(_AGES, weights=[share for *_, share in _AGES])[0]
    return draws.randint(low, high)


def _weight_kg(draws: Draws, age: int, sex: Sex) -> float:
    middle, spread = {Sex.FEMALE: (58.0, 10.0), Sex.MALE: (68.0, 11.0), Sex.OTHER: (63.0, 11.0)}[sex]
    if age < _ADULT:
        middle, spread = 26.0 + 3.2 * (age - 8), 5.0
    return round(min(max(draws.gauss(middle, spread), 20.0), 130.0), 1)


def _display_name(draws: Draws, sex: Sex) -> str:
    names = {Sex.FEMALE: _WOMEN, Sex.MALE: _MEN, Sex.OTHER: _WOMEN + _MEN}[sex]
    return f"{draws.choice(names)} {draws.choice(_INITIALS)}."


def _known_as(partner: str, number: int, draws: Draws, district: str, demo: Demo | None) -> tuple[str, str]:
    """The partner, an agency now by its name, and its own name for the person."""
    match partner:
        case "garmin":
            return partner, f"{draws.getrandbits(128):032x}"
        case "strava":
            return partner, str(90_000_000 + number)
        case _:
            agency = "bma" if district[:2] == _BANGKOK and draws.random() < 0.6 else "dpe"  # noqa: PLR2004
            agency = "rtaf" if demo is None and draws.random() < 0.05 else agency  # noqa: PLR2004
            return agency, f"P{number:07d}"
