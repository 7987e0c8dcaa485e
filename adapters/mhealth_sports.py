"""The names that Open mHealth and IEEE 1752.1 data points give to activities, and ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from domain.sports import Sport, all_facts

# Neither standard has a closed list: names come from the Compendium, the CDC's table, HealthKit or plain English.
# Our sport: further names in lower case. Our own words and English names are known too.
_NAMES: Mapping[Sport, tuple[str, ...]] = MappingProxyType(
    {
        Sport.AEROBICS: ("aerobic dancing", "step training", "group exercise"),
        Sport.CALISTHENICS: ("callisthenics", "bodyweight exercise"),
        Sport.CARDIO: ("mixed cardio", "cross training", "circuit training", "mixed metabolic cardio training"),
        Sport.CLIMBING: ("rock climbing", "mountaineering"),
        Sport.DANCE: ("dancing", "social dance", "cardio dance"),
        Sport.DIVE: ("scuba diving", "underwater diving"),
        Sport.FOOTBALL: ("soccer",),
        Sport.HANDCYCLE: ("hand cycling",),
        Sport.HIIT: ("high intensity interval training",),
        Sport.HIKE: ("hiking", "backpacking", "trekking"),
        Sport.HOCKEY: ("field hockey",),
        Sport.HORSE_RIDING: ("horseback riding", "equestrian sports"),
        Sport.ICE_SKATE: ("ice skating", "skating sports"),
        Sport.INDOOR_CYCLING: ("stationary cycling", "stationary bicycling"),
        Sport.INLINE_SKATE: ("inline skating", "rollerblading"),
        Sport.KAYAK: ("kayaking",),
        Sport.CANOE: ("canoeing", "paddle sports"),
        Sport.MEDITATION: ("mind and body",),
        Sport.MOUNTAIN_BIKE: ("mountain biking",),
        Sport.NORDIC_WALK: ("nordic walking",),
        Sport.OPEN_WATER_SWIM: ("open water swimming",),
        Sport.POOL_SWIM: ("lap swimming", "pool swimming"),
        Sport.RACE_WALK: ("race walking",),
        Sport.RIDE: ("cycling", "bicycling", "biking"),
        Sport.ROPE_JUMP: ("jump rope", "rope jumping", "jumping rope", "rope skipping"),
        Sport.RUN: ("running", "jogging"),
        Sport.SAIL: ("sailing",),
        Sport.SKI: ("skiing", "downhill skiing", "alpine skiing"),
        Sport.SNOWBOARD: ("snowboarding",),
        Sport.SNOWSHOE: ("snowshoeing",),
        Sport.STAIRS: ("stairs", "climbing stairs", "stair climbing"),
        Sport.STAIR_MACHINE: ("stair stepper", "step machine"),
        Sport.STRENGTH: (
            "strength training",
            "weight training",
            "functional strength training",
            "traditional strength training",
            "resistance training",
        ),
        Sport.STRETCHING: ("flexibility", "preparation and recovery", "cooldown"),
        Sport.SUP: ("stand up paddling", "paddleboarding"),
        Sport.SURF: ("surfing", "surfing sports"),
        Sport.SWIM: ("swimming",),
        Sport.TAI_CHI: ("taichi",),
        Sport.TRAIL_RUN: ("trail running",),
        Sport.TREADMILL_RUN: ("treadmill running",),
        Sport.TREADMILL_WALK: ("treadmill walking",),
        Sport.WALK: ("walking", "brisk walking"),
        Sport.WATER_AEROBICS: ("water fitness", "aqua fitness"),
        Sport.WHEELCHAIR: ("wheelchair walk pace", "wheelchair"),
        Sport.WHEELCHAIR_RUN: ("wheelchair run pace",),
        Sport.XC_SKI: ("cross country skiing", "nordic skiing"),
    }
)
_RESTING = frozenset(
    {"sedentary", "sitting", "lying", "lying down", "standing", "still", "sleeping", "resting", "rest"}
)
_HEALTHKIT = "HKWorkoutActivityType"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def known_names() -> Mapping[str, Sport]:
    """Each name that we know, in small letters, its parts separated by spaces, and our sport."""
    ours = {name: facts.sport for facts in all_facts().values() for name in (facts.sport.value, facts.name_en)}
    further = {name: sport for sport, names in _NAMES.items() for name in names}
    return MappingProxyType({_plain(name): sport for name, sport in (ours | further).items()})


def sport_of(activity_name: str) -> Sport:
    """The sport of that name, whatever its case, hyphens and underscores; OTHER for a name nobody knows."""
    return known_names().get(_plain(activity_name), Sport.OTHER)


def is_rest(activity_name: str) -> bool:
    """True if the name says that the person did not exercise: IEEE 1752.1 calls sitting a physical activity too."""
    return _plain(activity_name) in _RESTING


def _plain(name: str) -> str:
    words = _CAMEL.sub(" ", name.removeprefix(_HEALTHKIT)).replace("_", " ").replace("-", " ")
    return " ".join(words.lower().split())
