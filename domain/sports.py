"""The sports we know, each with its names, its group, its parent and its default MET code."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType


class SportGroup(StrEnum):
    """The coarse shelf of a sport, the one that statistics count by."""

    RUNNING = "running"
    WALKING = "walking"
    CYCLING = "cycling"
    SWIMMING = "swimming"
    WATER = "water"
    BALL = "ball"
    RACKET = "racket"
    FITNESS = "fitness"
    DANCE = "dance"
    MARTIAL = "martial"
    SKATING = "skating"
    WINTER = "winter"
    ADAPTIVE = "adaptive"
    OTHER = "other"


GROUP_NAMES: Mapping[SportGroup, tuple[str, str]] = MappingProxyType(
    {
        SportGroup.RUNNING: ("วิ่ง", "Running"),
        SportGroup.WALKING: ("เดิน", "Walking"),
        SportGroup.CYCLING: ("จักรยาน", "Cycling"),
        SportGroup.SWIMMING: ("ว่ายน้ำ", "Swimming"),
        SportGroup.WATER: ("กีฬาทางน้ำ", "Water sports"),
        SportGroup.BALL: ("กีฬาใช้ลูกบอล", "Ball sports"),
        SportGroup.RACKET: ("กีฬาใช้ไม้แร็กเกต", "Racket sports"),
        SportGroup.FITNESS: ("ฟิตเนสและกายบริหาร", "Fitness"),
        SportGroup.DANCE: ("เต้นรำและนาฏศิลป์", "Dance"),
        SportGroup.MARTIAL: ("กีฬาต่อสู้", "Martial arts"),
        SportGroup.SKATING: ("สเกต", "Skating"),
        SportGroup.WINTER: ("กีฬาฤดูหนาว", "Winter sports"),
        SportGroup.ADAPTIVE: ("กีฬาคนพิการ", "Adaptive sports"),
        SportGroup.OTHER: ("อื่น ๆ", "Other"),
    }
)
"""The Thai and the English name of each group."""


class Sport(StrEnum):
    """A kind of exercise, named by a neutral lower-case word that never changes once stored."""

    RUN = "run"
    TRAIL_RUN = "trail_run"
    TREADMILL_RUN = "treadmill_run"
    TRACK_RUN = "track_run"
    VIRTUAL_RUN = "virtual_run"
    MARATHON = "marathon"
    OBSTACLE_RUN = "obstacle_run"
    ORIENTEERING = "orienteering"

    WALK = "walk"
    TREADMILL_WALK = "treadmill_walk"
    NORDIC_WALK = "nordic_walk"
    RACE_WALK = "race_walk"
    HIKE = "hike"
    STAIRS = "stairs"
    RUNNING_STAIRS = "running_stairs"
    STAIR_MACHINE = "stair_machine"

    RIDE = "ride"
    ROAD_RIDE = "road_ride"
    TRACK_RIDE = "track_ride"
    MOUNTAIN_BIKE = "mountain_bike"
    GRAVEL_RIDE = "gravel_ride"
    BMX = "bmx"
    EBIKE = "ebike"
    EBIKE_MOUNTAIN = "ebike_mountain"
    INDOOR_CYCLING = "indoor_cycling"
    SPINNING = "spinning"
    VIRTUAL_RIDE = "virtual_ride"
    HANDCYCLE = "handcycle"

    SWIM = "swim"
    POOL_SWIM = "pool_swim"
    OPEN_WATER_SWIM = "open_water_swim"
    WATER_AEROBICS = "water_aerobics"
    WATER_POLO = "water_polo"
    SNORKEL = "snorkel"
    DIVE = "dive"

    AEROBICS = "aerobics"
    STEP_AEROBICS = "step_aerobics"
    HULA_HOOP = "hula_hoop"
    HIIT = "hiit"
    CROSSFIT = "crossfit"
    STRENGTH = "strength"
    WEIGHTLIFTING = "weightlifting"
    CALISTHENICS = "calisthenics"
    CORE = "core"
    CARDIO = "cardio"
    ROPE_JUMP = "rope_jump"
    ELLIPTICAL = "elliptical"
    TRAMPOLINE = "trampoline"
    GYMNASTICS = "gymnastics"
    HOME_EXERCISE = "home_exercise"
    STICK_EXERCISE = "stick_exercise"
    RUESI_DATTON = "ruesi_datton"
    RUBBER_BAND_EXERCISE = "rubber_band_exercise"

    YOGA = "yoga"
    PILATES = "pilates"
    STRETCHING = "stretching"
    TAI_CHI = "tai_chi"
    QIGONG = "qigong"
    MEDITATION = "meditation"

    DANCE = "dance"
    ZUMBA = "zumba"
    BALLROOM = "ballroom"
    LINE_DANCE = "line_dance"
    BALLET = "ballet"
    STREET_DANCE = "street_dance"
    RAM_WONG = "ram_wong"
    BASLOP = "baslop"
    SERNG = "serng"
    FON = "fon"
    RONGNGENG = "rongngeng"
    MANORA = "manora"

    ROWING = "rowing"
    ROWING_MACHINE = "rowing_machine"
    LONG_BOAT = "long_boat"
    CANOE = "canoe"
    KAYAK = "kayak"
    SUP = "sup"
    RAFTING = "rafting"
    SURF = "surf"
    WINDSURF = "windsurf"
    KITESURF = "kitesurf"
    WAKEBOARD = "wakeboard"
    SAIL = "sail"

    BADMINTON = "badminton"
    TENNIS = "tennis"
    TABLE_TENNIS = "table_tennis"
    SQUASH = "squash"
    PADEL = "padel"
    PICKLEBALL = "pickleball"

    FOOTBALL = "football"
    WALKING_FOOTBALL = "walking_football"
    FUTSAL = "futsal"
    VOLLEYBALL = "volleyball"
    BEACH_VOLLEYBALL = "beach_volleyball"
    BASKETBALL = "basketball"
    CHAIRBALL = "chairball"
    NETBALL = "netball"
    RUGBY = "rugby"
    HANDBALL = "handball"
    HOCKEY = "hockey"
    FLOORBALL = "floorball"
    BASEBALL = "baseball"
    SOFTBALL = "softball"
    CRICKET = "cricket"
    FRISBEE = "frisbee"
    TAKRAW = "takraw"
    WOODBALL = "woodball"

    PETANQUE = "petanque"
    GOLF = "golf"
    BOWLING = "bowling"
    SNOOKER = "snooker"
    DARTS = "darts"
    ARCHERY = "archery"
    SHOOTING = "shooting"

    MUAY_THAI = "muay_thai"
    BOXING = "boxing"
    KICKBOXING = "kickboxing"
    MARTIAL_ARTS = "martial_arts"
    TAEKWONDO = "taekwondo"
    JUDO = "judo"
    KARATE = "karate"
    WRESTLING = "wrestling"
    FENCING = "fencing"
    KRABI_KRABONG = "krabi_krabong"

    CLIMBING = "climbing"
    HORSE_RIDING = "horse_riding"
    ATHLETICS = "athletics"
    KITE_FLYING = "kite_flying"

    SKATEBOARD = "skateboard"
    INLINE_SKATE = "inline_skate"
    ROLLER_SKATE = "roller_skate"
    ROLLER_SKI = "roller_ski"
    KICK_SCOOTER = "kick_scooter"

    ICE_SKATE = "ice_skate"
    ICE_HOCKEY = "ice_hockey"
    SKI = "ski"
    XC_SKI = "xc_ski"
    SNOWBOARD = "snowboard"
    SNOWSHOE = "snowshoe"

    WHEELCHAIR = "wheelchair"
    WHEELCHAIR_RUN = "wheelchair_run"
    BOCCIA = "boccia"
    SITTING_VOLLEYBALL = "sitting_volleyball"

    MULTI_SPORT = "multi_sport"
    TRIATHLON = "triathlon"
    DUATHLON = "duathlon"
    AQUATHLON = "aquathlon"

    GARDENING = "gardening"
    CLEANING = "cleaning"

    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class SportFacts:
    """What is said about one sport.

    `parent` is the sport that this one is a variety of, None for the root of a family. `met_code`
    is the sport's own row of the MET table; None: the parent's, or the generic row for a root.
    """

    sport: Sport
    parent: Sport | None
    group: SportGroup
    met_code: str | None
    name_th: str
    name_en: str


@cache
def all_facts() -> Mapping[Sport, SportFacts]:
    """The facts of every sport, in the order of the enum. Source: domain/data/sports.csv."""
    text = files("domain").joinpath("data/sports.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    rows = {row["sport"]: row for row in csv.DictReader(lines)}
    return MappingProxyType({sport: _facts(sport, rows[sport]) for sport in Sport})


def _facts(sport: Sport, row: Mapping[str, str]) -> SportFacts:
    return SportFacts(
        sport=sport,
        parent=Sport(row["parent"]) if row["parent"] else None,
        group=SportGroup(row["group"]),
        met_code=row["met_code"] or None,
        name_th=row["th"],
        name_en=row["en"],
    )


def facts_of(sport: Sport) -> SportFacts:
    """The names, group, parent and MET code of one sport."""
    return all_facts()[sport]


@cache
def lineage(sport: Sport) -> tuple[Sport, ...]:
    """The sport, its parent and so on up to the root of its family; never empty."""
    parent = facts_of(sport).parent
    return (sport,) if parent is None else (sport, *lineage(parent))


def compatible(one: Sport, other: Sport) -> bool:
    """Whether two sources may mean the same workout by these two words: both are of one family.

    OTHER is a family of its own. If it fitted everything, an unnamed record of a whole triathlon
    would tie its swim to its run.
    """
    return lineage(one)[-1] is lineage(other)[-1]
