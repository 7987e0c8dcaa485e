"""FIT's words for sports, and ours."""

from __future__ import annotations

from collections.abc import Iterator

from domain.sports import Sport

# Recorded by the same devices, but nobody exercises.
NOT_EXERCISE = frozenset({"driving", "motorcycling", "flying", "snowmobiling", "jumpmaster"})

_BY_SPORT = {
    "running": Sport.RUN,
    "cycling": Sport.RIDE,
    "e_biking": Sport.EBIKE,
    "swimming": Sport.SWIM,
    "walking": Sport.WALK,
    "hiking": Sport.HIKE,
    "mountaineering": Sport.CLIMBING,
    "rock_climbing": Sport.CLIMBING,
    "floor_climbing": Sport.STAIRS,
    "basketball": Sport.BASKETBALL,
    "soccer": Sport.FOOTBALL,
    "tennis": Sport.TENNIS,
    "volleyball": Sport.VOLLEYBALL,
    "baseball": Sport.BASEBALL,
    "cricket": Sport.CRICKET,
    "rugby": Sport.RUGBY,
    "hockey": Sport.HOCKEY,
    "golf": Sport.GOLF,
    "disc_golf": Sport.FRISBEE,
    "boxing": Sport.BOXING,
    "mixed_martial_arts": Sport.MARTIAL_ARTS,
    "hiit": Sport.HIIT,
    "jump_rope": Sport.ROPE_JUMP,
    "dance": Sport.DANCE,
    "meditation": Sport.MEDITATION,
    "rowing": Sport.ROWING,
    "paddling": Sport.CANOE,
    "kayaking": Sport.KAYAK,
    "rafting": Sport.RAFTING,
    "stand_up_paddleboarding": Sport.SUP,
    "surfing": Sport.SURF,
    "windsurfing": Sport.WINDSURF,
    "kitesurfing": Sport.KITESURF,
    "wakeboarding": Sport.WAKEBOARD,
    "wakesurfing": Sport.WAKEBOARD,
    "water_skiing": Sport.WAKEBOARD,
    "sailing": Sport.SAIL,
    "diving": Sport.DIVE,
    "snorkeling": Sport.SNORKEL,
    "cross_country_skiing": Sport.XC_SKI,
    "alpine_skiing": Sport.SKI,
    "snowboarding": Sport.SNOWBOARD,
    "snowshoeing": Sport.SNOWSHOE,
    "ice_skating": Sport.ICE_SKATE,
    "inline_skating": Sport.INLINE_SKATE,
    "horseback_riding": Sport.HORSE_RIDING,
    "wheelchair_push_walk": Sport.WHEELCHAIR,
    "wheelchair_push_run": Sport.WHEELCHAIR_RUN,
    "multisport": Sport.MULTI_SPORT,
}

# Refinements that mean one thing whatever they refine; makers attach them to generic, training or fitness_equipment.
_BY_SUB_SPORT = {
    "indoor_cycling": Sport.INDOOR_CYCLING,
    "spin": Sport.SPINNING,
    "hand_cycling": Sport.HANDCYCLE,
    "indoor_hand_cycling": Sport.HANDCYCLE,
    "indoor_rowing": Sport.ROWING_MACHINE,
    "elliptical": Sport.ELLIPTICAL,
    "stair_climbing": Sport.STAIR_MACHINE,
    "indoor_running": Sport.TREADMILL_RUN,
    "indoor_walking": Sport.TREADMILL_WALK,
    "lap_swimming": Sport.POOL_SWIM,
    "flexibility_training": Sport.STRETCHING,
    "strength_training": Sport.STRENGTH,
    "cardio_training": Sport.CARDIO,
    "yoga": Sport.YOGA,
    "pilates": Sport.PILATES,
    "hiit": Sport.HIIT,
    "amrap": Sport.HIIT,
    "emom": Sport.HIIT,
    "tabata": Sport.HIIT,
    "indoor_climbing": Sport.CLIMBING,
    "bouldering": Sport.CLIMBING,
    "e_bike_mountain": Sport.EBIKE_MOUNTAIN,
    "e_bike_fitness": Sport.EBIKE,
    "pickleball": Sport.PICKLEBALL,
    "padel": Sport.PADEL,
    "squash": Sport.SQUASH,
    "badminton": Sport.BADMINTON,
    "table_tennis": Sport.TABLE_TENNIS,
    "indoor_wheelchair_walk": Sport.WHEELCHAIR,
    "indoor_wheelchair_run": Sport.WHEELCHAIR_RUN,
}

_BY_BOTH = {
    ("running", "treadmill"): Sport.TREADMILL_RUN,
    ("running", "trail"): Sport.TRAIL_RUN,
    ("running", "track"): Sport.TRACK_RUN,
    ("running", "obstacle"): Sport.OBSTACLE_RUN,
    ("running", "virtual_activity"): Sport.VIRTUAL_RUN,
    ("fitness_equipment", "treadmill"): Sport.TREADMILL_RUN,
    ("walking", "treadmill"): Sport.TREADMILL_WALK,
    ("cycling", "road"): Sport.ROAD_RIDE,
    ("cycling", "mountain"): Sport.MOUNTAIN_BIKE,
    ("cycling", "downhill"): Sport.MOUNTAIN_BIKE,
    ("cycling", "gravel_cycling"): Sport.GRAVEL_RIDE,
    ("cycling", "cyclocross"): Sport.GRAVEL_RIDE,
    ("cycling", "track_cycling"): Sport.TRACK_RIDE,
    ("cycling", "bmx"): Sport.BMX,
    ("cycling", "virtual_activity"): Sport.VIRTUAL_RIDE,
    ("swimming", "open_water"): Sport.OPEN_WATER_SWIM,
}


def vocabulary() -> Iterator[tuple[str, Sport]]:
    """Each word that we know and our sport: a sport, a sub-sport, or both as `sport/sub_sport`."""
    yield from _BY_SPORT.items()
    yield from _BY_SUB_SPORT.items()
    yield from (("/".join(both), sport) for both, sport in _BY_BOTH.items())


def sport_of(sport: str | None, sub_sport: str | None) -> Sport:
    """Our sport for FIT's two words; OTHER for what neither of us names."""
    if (both := _BY_BOTH.get((sport or "", sub_sport or ""))) is not None:
        return both
    return _BY_SUB_SPORT.get(sub_sport or "") or _BY_SPORT.get(sport or "", Sport.OTHER)
