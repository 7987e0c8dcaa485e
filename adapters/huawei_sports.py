"""Huawei's words and numbers for sports: those of Health Kit and those of the export.

Source: https://developer.huawei.com/consumer/en/doc/HMSCore-References/hihealthactivities-0000001050071717 for the
words. The numbers are published nowhere; the ones here were seen with their meaning in exports and answers, the
others are not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.sports import Sport

# Health Kit. Our sport: the vendor's words.
_WORDS: Mapping[Sport, str] = MappingProxyType(
    {
        Sport.BALLROOM: "latin",
        Sport.BEACH_VOLLEYBALL: "beach_volleyball",
        Sport.CARDIO: "circuit_training ergometer physical_training functional_training",
        Sport.CLEANING: "housework",
        Sport.CLIMBING: "rock_climbing mountin_climbing mountain_climbing",
        Sport.CORE: "core_training",
        Sport.CROSSFIT: "cross_fit crossfit",
        Sport.DANCE: "dancing belly_dance jazz",
        Sport.DIVE: "diving scuba_diving",
        Sport.FENCING: "fencing kendo",
        Sport.FOOTBALL: "football_soccer beach_soccer",
        Sport.FRISBEE: "flying_disc",
        Sport.HIIT: "hiit interval_training",
        Sport.HIKE: "hiking",
        Sport.HORSE_RIDING: "horse_riding",
        Sport.HULA_HOOP: "hu_la_hoop",
        Sport.ICE_SKATE: "ice_skating",
        Sport.INDOOR_CYCLING: "cycling.indoor cycling_indoor",
        Sport.KAYAK: "kayaking",
        Sport.KITE_FLYING: "fly_a_kite",
        Sport.KITESURF: "kitesurfing",
        Sport.LINE_DANCE: "square_dance",
        Sport.LONG_BOAT: "dragon_boat",
        Sport.MARTIAL_ARTS: "martial_arts mixed_martial_arts free_sparring body_combat",
        Sport.OBSTACLE_RUN: "obstacle_race",
        Sport.OPEN_WATER_SWIM: "swimming.open_water swimming_open_water",
        Sport.POOL_SWIM: "swimming.pool swimming_pool",
        Sport.RAFTING: "drifting",
        Sport.RIDE: "cycling",
        Sport.ROLLER_SKATE: "roller_skating",
        Sport.ROPE_JUMP: "jumping_rope",
        Sport.ROWING_MACHINE: "rowing.machine rowing_machine",
        Sport.RUN: "running",
        Sport.SAIL: "sailing",
        Sport.SKATEBOARD: "skateboarding",
        Sport.SKI: "skiing",
        Sport.SNOOKER: "billiards",
        Sport.SNOWBOARD: "snowboarding",
        Sport.SNOWSHOE: "snowshoeing",
        Sport.SQUASH: "squash racquetball",
        Sport.STAIRS: "stair_climbing",
        Sport.STAIR_MACHINE: "stair_climbing.machine stair_climbing_machine",
        Sport.STREET_DANCE: "hip_hop",
        Sport.STRENGTH: "strength_training kettlebell_training horizontal_bar parallel_bars",
        Sport.SUP: "standup_paddleboarding sup",
        Sport.SURF: "surfing",
        Sport.SWIM: "swimming",
        Sport.TAKRAW: "sepaktakraw",
        Sport.TRAIL_RUN: "cross_country_race",
        Sport.TREADMILL_RUN: "running.machine running_machine treadmill indoor_running",
        Sport.TREADMILL_WALK: "indoor_walk stroll_machine",
        Sport.TRIATHLON: "triathlons",
        Sport.WAKEBOARD: "wakeboarding",
        Sport.WALK: "walking",
        Sport.WINDSURF: "windsurfing",
        Sport.XC_SKI: "crosscountry_skiing",
    }
)
_SAME_WORDS = (
    "aerobics archery badminton ballet baseball basketball bmx bowling boxing calisthenics cricket darts elliptical "
    "gardening golf gymnastics handball hockey ice_hockey karate kickboxing meditation orienteering pilates rowing "
    "rugby softball spinning table_tennis tai_chi tennis volleyball water_polo weightlifting wheelchair yoga zumba"
)
SPORTS: Mapping[str, Sport] = MappingProxyType(
    {word: sport for sport, words in _WORDS.items() for word in words.split()}
    | {word: Sport(word) for word in _SAME_WORDS.split()}
    | {"57": Sport.TREADMILL_RUN, "90": Sport.WALK}  # numbers that newer answers give instead of words
)

# The export, `sportType`.
EXPORTED: Mapping[int, Sport] = MappingProxyType(
    {
        2: Sport.HIKE,
        3: Sport.RIDE,
        4: Sport.RUN,
        5: Sport.WALK,
        101: Sport.TREADMILL_RUN,
        102: Sport.POOL_SWIM,
        103: Sport.INDOOR_CYCLING,
        104: Sport.OPEN_WATER_SWIM,
        111: Sport.ELLIPTICAL,
        118: Sport.TRAIL_RUN,
        145: Sport.CROSSFIT,
        282: Sport.HIKE,
    }
)

NOT_EXERCISE: Mapping[str, str] = MappingProxyType(
    {"escalator": "on an escalator", "racing_car": "in a car", "still": "still", "tilting": "the device was tilted"}
)
