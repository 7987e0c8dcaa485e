"""Samsung Health's predefined exercise types: our sports.

Source: https://developer.samsung.com/health/android/data/api-reference/EXERCISE_TYPE.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.sports import Sport

# Our sport: the vendor's numbers. Single exercises of a gym (10011 to 10022, 10026, 10027) are strength training;
# hang gliding, ice dancing, American football and the like have no sport of ours and keep their number.
_NUMBERS: Mapping[Sport, str] = MappingProxyType(
    {
        Sport.AEROBICS: "12001",
        Sport.ARCHERY: "11004",
        Sport.BADMINTON: "6003",
        Sport.BALLET: "8001",
        Sport.BALLROOM: "8003",
        Sport.BASEBALL: "2001",
        Sport.BASKETBALL: "4003",
        Sport.BEACH_VOLLEYBALL: "5002",
        Sport.BOWLING: "3003",
        Sport.BOXING: "7002",
        Sport.CALISTHENICS: "10004 10005 10006 10008 10009 10010 10012 10013",
        Sport.CANOE: "14003",
        Sport.CARDIO: "10007",
        Sport.CLIMBING: "13002",
        Sport.CORE: "10023 10024 10025",
        Sport.CRICKET: "2003",
        Sport.DANCE: "8002",
        Sport.DIVE: "14005",
        Sport.ELLIPTICAL: "15006",
        Sport.FOOTBALL: "4004",
        Sport.FRISBEE: "11008",
        Sport.GOLF: "3001",
        Sport.HANDBALL: "4005",
        Sport.HIKE: "13001 13003",
        Sport.HOCKEY: "4001",
        Sport.HORSE_RIDING: "11005",
        Sport.HULA_HOOP: "10003",
        Sport.ICE_HOCKEY: "16006",
        Sport.ICE_SKATE: "16004",
        Sport.INDOOR_CYCLING: "15003",
        Sport.INLINE_SKATE: "11001",
        Sport.KAYAK: "14007",
        Sport.KITESURF: "14008",
        Sport.MARTIAL_ARTS: "7003",
        Sport.MOUNTAIN_BIKE: "13004",
        Sport.ORIENTEERING: "13005",
        Sport.PILATES: "9001",
        Sport.RAFTING: "14009",
        Sport.RIDE: "11007",
        Sport.ROLLER_SKATE: "11009",
        Sport.ROPE_JUMP: "10002",
        Sport.ROWING_MACHINE: "14010 15004",
        Sport.RUGBY: "4002",
        Sport.RUN: "1002",
        Sport.SAIL: "14004 14012",
        Sport.SHOOTING: "11003",
        Sport.SKI: "16002 16008",
        Sport.SNOOKER: "3002",
        Sport.SNORKEL: "14006",
        Sport.SNOWBOARD: "16007",
        Sport.SNOWSHOE: "16009",
        Sport.SOFTBALL: "2002",
        Sport.SQUASH: "6001 6005",
        Sport.STAIR_MACHINE: "15001",
        Sport.STRENGTH: "10011 10014 10015 10016 10017 10018 10019 10020 10021 10022 10026 10027 15002",
        Sport.STRETCHING: "10001",
        Sport.SWIM: "14001",
        Sport.TABLE_TENNIS: "6004",
        Sport.TENNIS: "6002",
        Sport.TREADMILL_RUN: "15005",
        Sport.VOLLEYBALL: "5001",
        Sport.WAKEBOARD: "14013",
        Sport.WALK: "1001",
        Sport.WATER_AEROBICS: "14002",
        Sport.WINDSURF: "14011",
        Sport.XC_SKI: "16001",
        Sport.YOGA: "9002",
    }
)
SPORTS: Mapping[str, Sport] = MappingProxyType(
    {number: sport for sport, numbers in _NUMBERS.items() for number in numbers.split()}
)
