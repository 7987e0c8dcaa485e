"""The teams of the synthetic country, and who belonged to which on which days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from app.seed.people import Somebody
from app.seed.plan import Draws, Key, Plan, midnight
from domain.admissions import id_of
from domain.bangkok import local_date_of
from domain.placenames import names_by_code
from domain.teams import Joining, Role, ShownAs, TeamKind, home_teams

# A word for each, the Thai and the English name, and a weight: roughly how large its staff is beside the others.
MINISTRIES: Sequence[tuple[str, str, str, float]] = (
    ("opm", "สำนักนายกรัฐมนตรี", "Office of the Prime Minister", 3),
    ("mod", "กระทรวงกลาโหม", "Ministry of Defence", 10),
    ("mof", "กระทรวงการคลัง", "Ministry of Finance", 4),
    ("mfa", "กระทรวงการต่างประเทศ", "Ministry of Foreign Affairs", 1),
    ("mots", "กระทรวงการท่องเที่ยวและกีฬา", "Ministry of Tourism and Sports", 2),
    (
        "msdhs",
        "กระทรวงการพัฒนาสังคมและความมั่นคงของมนุษย์",
        "Ministry of Social Development and Human Security",
        2,
    ),
    (
        "mhesi",
        "กระทรวงการอุดมศึกษา วิทยาศาสตร์ วิจัยและนวัตกรรม",
        "Ministry of Higher Education, Science, Research and Innovation",
        8,
    ),
    ("moac", "กระทรวงเกษตรและสหกรณ์", "Ministry of Agriculture and Cooperatives", 6),
    ("mot", "กระทรวงคมนาคม", "Ministry of Transport", 4),
    ("mnre", "กระทรวงทรัพยากรธรรมชาติและสิ่งแวดล้อม", "Ministry of Natural Resources and Environment", 5),
    ("mdes", "กระทรวงดิจิทัลเพื่อเศรษฐกิจและสังคม", "Ministry of Digital Economy and Society", 1),
    ("moen", "กระทรวงพลังงาน", "Ministry of Energy", 1),
    ("moc", "กระทรวงพาณิชย์", "Ministry of Commerce", 1),
    ("moi", "กระทรวงมหาดไทย", "Ministry of Interior", 12),
    ("moj", "กระทรวงยุติธรรม", "Ministry of Justice", 3),
    ("mol", "กระทรวงแรงงาน", "Ministry of Labour", 2),
    ("moculture", "กระทรวงวัฒนธรรม", "Ministry of Culture", 1),
    ("moe", "กระทรวงศึกษาธิการ", "Ministry of Education", 22),
    ("moph", "กระทรวงสาธารณสุข", "Ministry of Public Health", 20),
    ("moind", "กระทรวงอุตสาหกรรม", "Ministry of Industry", 1),
)
_TRADES: Sequence[tuple[str, str]] = (
    ("สิ่งทอตัวอย่าง", "Example Textiles"),
    ("อาหารตัวอย่าง", "Example Foods"),
    ("ยานยนต์ตัวอย่าง", "Example Motors"),
    ("ขนส่งตัวอย่าง", "Example Logistics"),
    ("ค้าปลีกตัวอย่าง", "Example Retail"),
    ("โรงแรมตัวอย่าง", "Example Hotels"),
    ("พลังงานตัวอย่าง", "Example Power"),
    ("ซอฟต์แวร์ตัวอย่าง", "Example Software"),
)
_CLUBS: Sequence[tuple[str, str]] = (
    ("ชมรมเดินวิ่งตัวอย่าง", "Example Walkers and Runners"),
    ("ชมรมจักรยานตัวอย่าง", "Example Cyclists"),
)

_PUPIL_AGES, _STAFF_AGES = range(8, 19), range(20, 61)
# 46 % of those of working age come to 30 % of everybody.
_IN_MINISTRY, _IN_ORGANISATION, _IN_SCHOOL, _IN_CLUB, _MOVED = 0.46, 0.18, 0.55, 0.08, 0.03
_MOVERS_FIRST_DAY, _MOVERS_LAST_DAY = 20, 100


@dataclass(frozen=True, slots=True)
class Belonging:
    """Somebody's time in a team."""

    team_id: Key
    kind: TeamKind
    joined_on: date
    left_on: date | None


@dataclass(frozen=True)
class Teams:
    """All teams: their rows without members, and the ways to find one."""

    rows: Mapping[Key, dict[str, Any]]
    of_ministry: Mapping[tuple[str, str], Key]
    schools: Mapping[str, Key]
    organisations: Sequence[Key]
    clubs: Mapping[str, Sequence[Key]]


@lru_cache(maxsize=2)
def all_teams(plan: Plan) -> Teams:
    """20 ministries with a team for each of 77 provinces, a school and two clubs a province, eight companies."""
    made_at = midnight(plan.first_day) - timedelta(days=30)
    draws = plan.draws("teams")
    rows: dict[Key, dict[str, Any]] = {}

    def team(kind: TeamKind, name_th: str, name_en: str, *, place: str | None = None, parent: Key | None = None) -> Key:
        made = draws.key(made_at)
        rows[made] = {
            "id": made,
            "kind": kind.value,
            "parent_id": parent,
            "ancestor_ids": [*(rows[parent]["ancestor_ids"] if parent else ()), made],
            "name_th": name_th,
            "name_en": name_en,
            "place_code": place,
            "joining": (Joining.CLOSED if kind is TeamKind.MINISTRY and parent is None else Joining.OPEN).value,
            "members": 0,
            "most_members": None,
            "partner_name": None,
            "made_by": None,
            "synthetic": True,
            "created_at": made_at,
        }
        return made

    provinces = {code: names for code, names in names_by_code().items() if len(code) == len("10")}
    of_ministry = {}
    for word, name_th, name_en, _ in MINISTRIES:
        ministry = team(TeamKind.MINISTRY, name_th, name_en)
        for code, (province_th, province_en) in provinces.items():
            of_ministry[(word, code)] = team(
                TeamKind.MINISTRY,
                f"{name_th} {province_th}",
                f"{name_en}, {province_en}",
                place=code,
                parent=ministry,
            )
    schools = {
        code: team(TeamKind.SCHOOL, f"โรงเรียนตัวอย่าง {names[0]}", f"Example School, {names[1]}", place=code)
        for code, names in provinces.items()
    }
    organisations = [team(TeamKind.ORGANISATION, f"บริษัท{name_th}", name_en) for name_th, name_en in _TRADES]
    clubs = {
        code: [team(TeamKind.CLUB, f"{th} {names[0]}", f"{en}, {names[1]}", place=code) for th, en in _CLUBS]
        for code, names in provinces.items()
    }
    return Teams(rows=rows, of_ministry=of_ministry, schools=schools, organisations=organisations, clubs=clubs)


_MINISTRY_WEIGHTS = list(accumulate(weight for *_, weight in MINISTRIES))


def _ministry(draws: Draws) -> str:
    return draws.choices(MINISTRIES, cum_weights=_MINISTRY_WEIGHTS)[0][0]


def belongings(plan: Plan, person: Somebody, draws: Draws) -> list[Belonging]:
    """The teams of one person, each joined before the season, or on the day they left another of its kind.

    Whoever has a home belongs to the teams of its places from the day of their own making on.
    """
    teams = all_teams(plan)
    found: list[Belonging] = []

    def join(team_id: Key, joined_on: date, left_on: date | None = None) -> None:
        row = teams.rows[team_id]
        found.append(Belonging(team_id, TeamKind(row["kind"]), joined_on, left_on))

    if home := person.columns["home_place_code"]:
        since = local_date_of(person.columns["created_at"])
        found += [
            Belonging(Key(team_id.hex), kind, since, None)
            for kind, team_id in zip((TeamKind.PROVINCE, TeamKind.DISTRICT), home_teams(home), strict=True)
        ]
    before = plan.first_day - timedelta(days=draws.randint(1, 13))
    ministry = person.demo.ministry if person.demo else None
    if ministry or (person.demo is None and person.age in _STAFF_AGES and draws.random() < _IN_MINISTRY):
        team_id = teams.of_ministry[(ministry or _ministry(draws), person.province)]
        other = teams.of_ministry[(_ministry(draws), person.province)]
        if ministry is None and other != team_id and draws.random() < _MOVED:
            moved_on = plan.season[draws.randint(_MOVERS_FIRST_DAY, _MOVERS_LAST_DAY)].date
            join(team_id, before, moved_on)
            join(other, moved_on)
        else:
            join(team_id, before)
    elif person.age in _PUPIL_AGES and draws.random() < _IN_SCHOOL:
        join(teams.schools[person.province], before)
    elif person.age in _STAFF_AGES and (person.demo is not None or draws.random() < _IN_ORGANISATION):
        join(draws.choice(teams.organisations), before)
    if person.habit.chance and draws.random() < _IN_CLUB:
        join(draws.choice(teams.clubs[person.province]), before)
    return found


def team_of(kind: str, day: date, belonging: Sequence[Belonging]) -> Key | None:
    """The team of `kind` that somebody had joined by the `day`; the one made first where there are several."""
    return min(
        (
            each.team_id
            for each in belonging
            if each.kind == kind and each.joined_on <= day and (each.left_on is None or day < each.left_on)
        ),
        default=None,
    )


def rows_of(person: Somebody, belonging: Sequence[Belonging]) -> Iterator[dict[str, Any]]:
    """The membership rows of one person."""
    for each in belonging:
        yield {
            "user_id": person.id,
            "team_id": each.team_id,
            "joined_on": each.joined_on,
            "left_on": each.left_on,
            "kind": each.kind.value,
            "role": (Role.CAPTAIN if person.demo and each.kind is TeamKind.MINISTRY else Role.MEMBER).value,
            "shown_as": ShownAs.NAME.value,
            # repeatable like the rest of the country
            "pseudonym_id": id_of(person.id, each.team_id).hex,
            "created_at": midnight(each.joined_on),
        }
