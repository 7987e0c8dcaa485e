"""HealthKit's words for sports, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.sports import Sport

PREFIX = "HKWorkoutActivityType"

# OTHER stands where HealthKit's word covers several of our sports, or none; the word is kept.
SPORTS: Mapping[str, Sport] = MappingProxyType(
    {
        "AmericanFootball": Sport.OTHER,
        "Archery": Sport.ARCHERY,
        "AustralianFootball": Sport.OTHER,
        "Badminton": Sport.BADMINTON,
        "Barre": Sport.OTHER,
        "Baseball": Sport.BASEBALL,
        "Basketball": Sport.BASKETBALL,
        "Bowling": Sport.BOWLING,
        "Boxing": Sport.BOXING,
        "CardioDance": Sport.AEROBICS,
        "Climbing": Sport.CLIMBING,
        "Cooldown": Sport.STRETCHING,
        "CoreTraining": Sport.CORE,
        "Cricket": Sport.CRICKET,
        "CrossCountrySkiing": Sport.XC_SKI,
        "CrossTraining": Sport.CARDIO,
        "Curling": Sport.OTHER,
        "Cycling": Sport.RIDE,
        "Dance": Sport.DANCE,
        "DanceInspiredTraining": Sport.AEROBICS,
        "DiscSports": Sport.FRISBEE,
        "DownhillSkiing": Sport.SKI,
        "Elliptical": Sport.ELLIPTICAL,
        "EquestrianSports": Sport.HORSE_RIDING,
        "Fencing": Sport.FENCING,
        "Fishing": Sport.OTHER,
        "FitnessGaming": Sport.OTHER,
        "Flexibility": Sport.STRETCHING,
        "FunctionalStrengthTraining": Sport.STRENGTH,
        "Golf": Sport.GOLF,
        "Gymnastics": Sport.GYMNASTICS,
        "HandCycling": Sport.HANDCYCLE,
        "Handball": Sport.HANDBALL,
        "HighIntensityIntervalTraining": Sport.HIIT,
        "Hiking": Sport.HIKE,
        "Hockey": Sport.HOCKEY,
        "Hunting": Sport.OTHER,
        "JumpRope": Sport.ROPE_JUMP,
        "Kickboxing": Sport.KICKBOXING,
        "Lacrosse": Sport.OTHER,
        "MartialArts": Sport.MARTIAL_ARTS,
        "MindAndBody": Sport.OTHER,
        "MixedCardio": Sport.CARDIO,
        "MixedMetabolicCardioTraining": Sport.CARDIO,
        "Other": Sport.OTHER,
        "PaddleSports": Sport.CANOE,
        "Pickleball": Sport.PICKLEBALL,
        "Pilates": Sport.PILATES,
        "Play": Sport.OTHER,
        "PreparationAndRecovery": Sport.STRETCHING,
        "Racquetball": Sport.SQUASH,
        "Rowing": Sport.ROWING,
        "Rugby": Sport.RUGBY,
        "Running": Sport.RUN,
        "Sailing": Sport.SAIL,
        "SkatingSports": Sport.OTHER,
        "SnowSports": Sport.OTHER,
        "Snowboarding": Sport.SNOWBOARD,
        "Soccer": Sport.FOOTBALL,
        "SocialDance": Sport.DANCE,
        "Softball": Sport.SOFTBALL,
        "Squash": Sport.SQUASH,
        "StairClimbing": Sport.STAIR_MACHINE,
        "Stairs": Sport.STAIRS,
        "StepTraining": Sport.STEP_AEROBICS,
        "SurfingSports": Sport.SURF,
        "SwimBikeRun": Sport.MULTI_SPORT,
        "Swimming": Sport.SWIM,
        "TableTennis": Sport.TABLE_TENNIS,
        "TaiChi": Sport.TAI_CHI,
        "Tennis": Sport.TENNIS,
        "TrackAndField": Sport.ATHLETICS,
        "TraditionalStrengthTraining": Sport.STRENGTH,
        "Transition": Sport.OTHER,
        "UnderwaterDiving": Sport.DIVE,
        "Volleyball": Sport.VOLLEYBALL,
        "Walking": Sport.WALK,
        "WaterFitness": Sport.WATER_AEROBICS,
        "WaterPolo": Sport.WATER_POLO,
        "WaterSports": Sport.OTHER,
        "WheelchairRunPace": Sport.WHEELCHAIR_RUN,
        "WheelchairWalkPace": Sport.WHEELCHAIR,
        "Wrestling": Sport.WRESTLING,
        "Yoga": Sport.YOGA,
    }
)
_INDOORS = {
    Sport.RUN: Sport.TREADMILL_RUN,
    Sport.WALK: Sport.TREADMILL_WALK,
    Sport.RIDE: Sport.INDOOR_CYCLING,
    Sport.ROWING: Sport.ROWING_MACHINE,
}
_SWUM_IN = {"1": Sport.POOL_SWIM, "2": Sport.OPEN_WATER_SWIM}


def sport_of(word: str | None, metadata: Mapping[str, str]) -> Sport:
    """Our sport for HealthKit's word, refined by where the metadata say it was done; OTHER for an unknown word."""
    sport = SPORTS.get((word or "").removeprefix(PREFIX), Sport.OTHER)
    if sport is Sport.SWIM:
        return _SWUM_IN.get(metadata.get("HKSwimmingLocationType", ""), sport)
    return _INDOORS.get(sport, sport) if metadata.get("HKIndoorWorkout") == "1" else sport
