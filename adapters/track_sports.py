"""The words for sports in files of points, which their formats leave to whoever writes them, and ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from domain.sports import Sport, all_facts

# Recorded by the same devices, but nobody exercises.
NOT_EXERCISE = frozenset({"driving", "motorcycling", "flying", "snowmobiling", "car", "motorcycle", "motorsports"})

# Beside the names of our own list.
_WORDS: Mapping[Sport, str] = {
    Sport.RUN: "running,jog,jogging,street running,road running,virtual running",
    Sport.TRAIL_RUN: "trail running,trailrun",
    Sport.TREADMILL_RUN: "treadmill running,indoor running",
    Sport.TRACK_RUN: "track running",
    Sport.WALK: "walking,casual walking,speed walking",
    Sport.TREADMILL_WALK: "indoor walking",
    Sport.HIKE: "hiking,trekking",
    Sport.RIDE: "biking,cycling,bike,bike ride,bicycle",
    Sport.ROAD_RIDE: "road biking,road cycling",
    Sport.MOUNTAIN_BIKE: "mountain biking,mtb,mountainbikeride,mountain bike ride",
    Sport.GRAVEL_RIDE: "gravel cycling,gravelride,cyclocross",
    Sport.EBIKE: "ebikeride,e bike,e biking,e bike fitness",
    Sport.EBIKE_MOUNTAIN: "e bike mountain,emountainbikeride",
    Sport.INDOOR_CYCLING: "indoor cycling,spinning",
    Sport.VIRTUAL_RIDE: "virtualride,virtual ride",
    Sport.VIRTUAL_RUN: "virtualrun,virtual run",
    Sport.SWIM: "swimming",
    Sport.POOL_SWIM: "lap swimming,pool swimming",
    Sport.OPEN_WATER_SWIM: "open water swimming",
    Sport.XC_SKI: "cross country skiing,nordicski,nordic skiing,xc skiing",
    Sport.SKI: "skiing,alpineski,alpine skiing,resort skiing,downhill skiing,backcountry skiing",
    Sport.SNOWBOARD: "snowboarding",
    Sport.SNOWSHOE: "snowshoeing",
    Sport.ICE_SKATE: "ice skating,skating,iceskate",
    Sport.INLINE_SKATE: "inline skating,inlineskate",
    Sport.SUP: "stand up paddleboarding,standuppaddling,stand up paddling,paddleboarding",
    Sport.ROWING: "row",
    Sport.KAYAK: "kayaking",
    Sport.CANOE: "canoeing,paddling",
    Sport.SURF: "surfing",
    Sport.SAIL: "sailing",
    Sport.HORSE_RIDING: "horseback riding",
    Sport.WHEELCHAIR: "wheelchair push walk",
    Sport.WHEELCHAIR_RUN: "wheelchair push run",
    Sport.STRENGTH: "strength training,weight training",
    Sport.CARDIO: "indoor cardio",
    Sport.AEROBICS: "aerobic",
    Sport.MULTI_SPORT: "multisport,multi sport",
    Sport.FOOTBALL: "soccer",
}
# What a title may say in passing without naming another sport.
_IN_TITLES: Mapping[str, Sport] = {
    "run": Sport.RUN,
    "running": Sport.RUN,
    "jog": Sport.RUN,
    "jogging": Sport.RUN,
    "walk": Sport.WALK,
    "walking": Sport.WALK,
    "hike": Sport.HIKE,
    "hiking": Sport.HIKE,
    "ride": Sport.RIDE,
    "cycling": Sport.RIDE,
    "biking": Sport.RIDE,
    "swim": Sport.SWIM,
    "swimming": Sport.SWIM,
    "วิ่ง": Sport.RUN,
    "เดิน": Sport.WALK,
    "ปั่นจักรยาน": Sport.RIDE,
    "ปั่น": Sport.RIDE,
    "ว่ายน้ำ": Sport.SWIM,
}
_WORD = re.compile(r"[a-z]+")


def plain(word: str) -> str:
    """`word` in small letters, its parts separated by single spaces."""
    return " ".join(re.split(r"[\s_-]+", word.strip().lower()))


@cache
def known_words() -> Mapping[str, Sport]:
    """Each word or phrase that we know, as `plain` gives it, and our sport."""
    names = {
        plain(name): sport for sport, facts in all_facts().items() for name in (facts.name_th, facts.name_en, sport)
    }
    return names | {word: sport for sport, words in _WORDS.items() for word in words.split(",")}


def sport_called(word: str | None) -> Sport | None:
    """Our sport for the whole of a word or phrase; None for one that we do not know."""
    return known_words().get(plain(word)) if word else None


def sport_in_title(title: str | None) -> tuple[Sport, str] | None:
    """The one sport a title names, and the word it does it with; None for none, or for several.

    English words stand anywhere; Thai ones begin the title, since Thai does not part its words.
    """
    if not title:
        return None
    thai = max((word for word in _IN_TITLES if title.strip().startswith(word)), key=len, default=None)
    if thai is not None and not thai.isascii():
        return _IN_TITLES[thai], thai
    words = [word for word in _WORD.findall(title.lower()) if word in _IN_TITLES]
    return (_IN_TITLES[words[0]], words[0]) if len({_IN_TITLES[word] for word in words}) == 1 else None
