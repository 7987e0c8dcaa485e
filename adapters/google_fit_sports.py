"""Google Fit's numbers of activities: our sports, and what is no exercise.

Source: https://developers.google.com/fit/rest/v1/reference/activity-types.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.sports import Sport

# Our sport: the vendor's numbers. 2 is "on foot", 56 jogging, 57 on sand, 93 for fitness, 116 with a stroller.
_NUMBERS: Mapping[Sport, str] = MappingProxyType(
    {
        Sport.AEROBICS: "9",
        Sport.ARCHERY: "119",
        Sport.BADMINTON: "10",
        Sport.BASEBALL: "11",
        Sport.BASKETBALL: "12",
        Sport.BEACH_VOLLEYBALL: "90",
        Sport.BOXING: "20",
        Sport.CALISTHENICS: "21",
        Sport.CARDIO: "22 103",
        Sport.CLIMBING: "52",
        Sport.CRICKET: "23",
        Sport.CROSSFIT: "113",
        Sport.DANCE: "24",
        Sport.DIVE: "60 102",
        Sport.ELLIPTICAL: "25",
        Sport.FENCING: "26",
        Sport.FOOTBALL: "29",
        Sport.FRISBEE: "30",
        Sport.GARDENING: "31",
        Sport.GOLF: "32",
        Sport.GYMNASTICS: "33",
        Sport.HANDBALL: "34",
        Sport.HANDCYCLE: "14",
        Sport.HIIT: "114 115",
        Sport.HIKE: "35",
        Sport.HOCKEY: "36",
        Sport.HORSE_RIDING: "37",
        Sport.CLEANING: "38",
        Sport.ICE_SKATE: "104 105",
        Sport.INDOOR_CYCLING: "18",
        Sport.INLINE_SKATE: "64",
        Sport.KAYAK: "40",
        Sport.KICKBOXING: "42",
        Sport.KITESURF: "43",
        Sport.MARTIAL_ARTS: "44 46",
        Sport.MEDITATION: "45 122",
        Sport.MOUNTAIN_BIKE: "15",
        Sport.NORDIC_WALK: "94",
        Sport.OPEN_WATER_SWIM: "84",
        Sport.PILATES: "49",
        Sport.POOL_SWIM: "83",
        Sport.RIDE: "1 19",
        Sport.ROAD_RIDE: "16",
        Sport.ROLLER_SKI: "70",
        Sport.ROPE_JUMP: "39",
        Sport.ROWING: "53",
        Sport.ROWING_MACHINE: "54",
        Sport.RUGBY: "55",
        Sport.RUN: "8 56 57",
        Sport.SAIL: "59",
        Sport.SKATEBOARD: "61",
        Sport.SKI: "65 66 68",
        Sport.SNOWBOARD: "73",
        Sport.SNOWSHOE: "75",
        Sport.SOFTBALL: "120",
        Sport.SPINNING: "17",
        Sport.SQUASH: "51 76",
        Sport.STAIRS: "77",
        Sport.STAIR_MACHINE: "78",
        Sport.STRENGTH: "41 80",
        Sport.SUP: "79",
        Sport.SURF: "81",
        Sport.SWIM: "82",
        Sport.TABLE_TENNIS: "85",
        Sport.TENNIS: "87",
        Sport.TREADMILL_RUN: "58",
        Sport.TREADMILL_WALK: "88 95",
        Sport.VOLLEYBALL: "89 91",
        Sport.WAKEBOARD: "92",
        Sport.WALK: "2 7 93 116",
        Sport.WATER_POLO: "96",
        Sport.WEIGHTLIFTING: "97",
        Sport.WHEELCHAIR: "98",
        Sport.WINDSURF: "99",
        Sport.XC_SKI: "67",
        Sport.YOGA: "100",
        Sport.ZUMBA: "101",
    }
)
SPORTS: Mapping[int, Sport] = MappingProxyType(
    {int(number): sport for sport, numbers in _NUMBERS.items() for number in numbers.split()}
)

NOT_EXERCISE: Mapping[int, str] = MappingProxyType(
    {
        0: "in a vehicle",
        3: "still",
        5: "the device was tilted",
        72: "asleep",
        74: "on a snowmobile",
        109: "asleep",
        110: "asleep",
        111: "asleep",
        112: "awake in bed",
        117: "in a lift",
        118: "on an escalator",
    }
)
UNDETECTED = 4
"""Google could not tell what it was."""
