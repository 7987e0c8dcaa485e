"""Health Connect's exercise types: their numbers, their words and our sports.

Source: androidx.health.connect.client.records.ExerciseSessionRecord, constants EXERCISE_TYPE_*, read 2026-11-23.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.sports import Sport

# Number, word without EXERCISE_TYPE_, our sport; None: the word says no sport that we know.
_TYPES: tuple[tuple[int, str, Sport | None], ...] = (
    (0, "OTHER_WORKOUT", None),
    (2, "BADMINTON", Sport.BADMINTON),
    (4, "BASEBALL", Sport.BASEBALL),
    (5, "BASKETBALL", Sport.BASKETBALL),
    (8, "BIKING", Sport.RIDE),
    (9, "BIKING_STATIONARY", Sport.INDOOR_CYCLING),
    (10, "BOOT_CAMP", Sport.CALISTHENICS),
    (11, "BOXING", Sport.BOXING),
    (13, "CALISTHENICS", Sport.CALISTHENICS),
    (14, "CRICKET", Sport.CRICKET),
    (16, "DANCING", Sport.DANCE),
    (25, "ELLIPTICAL", Sport.ELLIPTICAL),
    (26, "EXERCISE_CLASS", Sport.AEROBICS),
    (27, "FENCING", Sport.FENCING),
    (28, "FOOTBALL_AMERICAN", None),
    (29, "FOOTBALL_AUSTRALIAN", None),
    (31, "FRISBEE_DISC", Sport.FRISBEE),
    (32, "GOLF", Sport.GOLF),
    (33, "GUIDED_BREATHING", Sport.MEDITATION),
    (34, "GYMNASTICS", Sport.GYMNASTICS),
    (35, "HANDBALL", Sport.HANDBALL),
    (36, "HIGH_INTENSITY_INTERVAL_TRAINING", Sport.HIIT),
    (37, "HIKING", Sport.HIKE),
    (38, "ICE_HOCKEY", Sport.ICE_HOCKEY),
    (39, "ICE_SKATING", Sport.ICE_SKATE),
    (44, "MARTIAL_ARTS", Sport.MARTIAL_ARTS),
    (46, "PADDLING", Sport.CANOE),
    (47, "PARAGLIDING", None),
    (48, "PILATES", Sport.PILATES),
    (50, "RACQUETBALL", Sport.SQUASH),
    (51, "ROCK_CLIMBING", Sport.CLIMBING),
    (52, "ROLLER_HOCKEY", Sport.HOCKEY),
    (53, "ROWING", Sport.ROWING),
    (54, "ROWING_MACHINE", Sport.ROWING_MACHINE),
    (55, "RUGBY", Sport.RUGBY),
    (56, "RUNNING", Sport.RUN),
    (57, "RUNNING_TREADMILL", Sport.TREADMILL_RUN),
    (58, "SAILING", Sport.SAIL),
    (59, "SCUBA_DIVING", Sport.DIVE),
    (60, "SKATING", Sport.INLINE_SKATE),
    (61, "SKIING", Sport.SKI),
    (62, "SNOWBOARDING", Sport.SNOWBOARD),
    (63, "SNOWSHOEING", Sport.SNOWSHOE),
    (64, "SOCCER", Sport.FOOTBALL),
    (65, "SOFTBALL", Sport.SOFTBALL),
    (66, "SQUASH", Sport.SQUASH),
    (68, "STAIR_CLIMBING", Sport.STAIRS),
    (69, "STAIR_CLIMBING_MACHINE", Sport.STAIR_MACHINE),
    (70, "STRENGTH_TRAINING", Sport.STRENGTH),
    (71, "STRETCHING", Sport.STRETCHING),
    (72, "SURFING", Sport.SURF),
    (73, "SWIMMING_OPEN_WATER", Sport.OPEN_WATER_SWIM),
    (74, "SWIMMING_POOL", Sport.POOL_SWIM),
    (75, "TABLE_TENNIS", Sport.TABLE_TENNIS),
    (76, "TENNIS", Sport.TENNIS),
    (78, "VOLLEYBALL", Sport.VOLLEYBALL),
    (79, "WALKING", Sport.WALK),
    (80, "WATER_POLO", Sport.WATER_POLO),
    (81, "WEIGHTLIFTING", Sport.WEIGHTLIFTING),
    (82, "WHEELCHAIR", Sport.WHEELCHAIR),
    (83, "YOGA", Sport.YOGA),
)
WORDS: Mapping[int, str] = MappingProxyType({number: word for number, word, _ in _TYPES})
SPORTS: Mapping[str, Sport] = MappingProxyType({word: sport for _, word, sport in _TYPES if sport is not None})


def sport_of(word: str | None) -> Sport:
    """Our sport for a word, with or without EXERCISE_TYPE_ and in either case; OTHER for any other."""
    return SPORTS.get((word or "").upper().removeprefix("EXERCISE_TYPE_"), Sport.OTHER)
