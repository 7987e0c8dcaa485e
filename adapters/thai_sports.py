"""Thai and English words for sports as agencies write them, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from adapters.thai_text import plain
from domain.sports import Sport, all_facts

# Beside the Thai and English names of our own list.
_WORDS: Mapping[Sport, str] = {
    Sport.RUN: "วิ่งเหยาะ,วิ่งออกกำลังกาย,จ๊อกกิ้ง,จ็อกกิ้ง,วิ่งถนน,วิ่ง 5 กม,ฟันรัน,มินิมาราธอน,ฮาล์ฟมาราธอน,running,jogging,fun run",
    Sport.MARATHON: "มาราธอน",
    Sport.TRAIL_RUN: "เทรล,วิ่งเทรล,trail,trail running",
    Sport.TREADMILL_RUN: "วิ่งบนลู่,ลู่วิ่ง,วิ่งลู่,วิ่งลู่ไฟฟ้า,treadmill",
    Sport.WALK: "เดินเร็ว,เดินออกกำลังกาย,เดินเพื่อสุขภาพ,walking,brisk walk,brisk walking",
    Sport.HIKE: "เดินเขา,เดินขึ้นเขา,ปีนเขา,hiking,trekking",
    Sport.STAIRS: "ขึ้นบันได,เดินขึ้นลงบันได,stairs",
    Sport.RIDE: "ปั่นจักรยาน,จักรยาน,ขี่จักรยาน,ปั่น,cycling,bike,biking,bicycle",
    Sport.MOUNTAIN_BIKE: "จักรยานเสือภูเขา,เสือภูเขา,mtb",
    Sport.ROAD_RIDE: "จักรยานเสือหมอบ,เสือหมอบ",
    Sport.INDOOR_CYCLING: "จักรยานในร่ม,จักรยานอยู่กับที่,ปั่นจักรยานอยู่กับที่,stationary bike",
    Sport.SWIM: "ว่ายน้ำ,swimming",
    Sport.AEROBICS: "แอโรบิก,แอโรบิค,แอโรบิคส์,แอโรบิกส์,เต้นแอโรบิก,เต้นแอโรบิค,แอโรบิกแดนซ์,แอโรบิคแดนซ์,aerobic,aerobic dance",
    Sport.YOGA: "โยคะ,โยคะร้อน",
    Sport.TAI_CHI: "รำมวยจีน,ไทเก็ก,ไท้เก๊ก,ไทเก๊ก,ไทชิ,มวยไท้เก๊ก,tai chi,taichi",
    Sport.QIGONG: "ชี่กง,qigong",
    Sport.TAKRAW: "ตะกร้อ,เซปักตะกร้อ,ตะกร้อวง,sepak takraw",
    Sport.BADMINTON: "แบดมินตัน,แบด",
    Sport.TABLE_TENNIS: "เทเบิลเทนนิส,ปิงปอง,ping pong",
    Sport.TENNIS: "เทนนิส",
    Sport.FOOTBALL: "ฟุตบอล,เตะบอล,soccer",
    Sport.FUTSAL: "ฟุตซอล",
    Sport.VOLLEYBALL: "วอลเลย์บอล,วอลเล่ย์บอล",
    Sport.BASKETBALL: "บาสเกตบอล,บาส,บาสเก็ตบอล",
    Sport.PETANQUE: "เปตอง",
    Sport.GOLF: "กอล์ฟ,ตีกอล์ฟ",
    Sport.MUAY_THAI: "มวยไทย,ชกมวยไทย,ต่อยมวยไทย,แอโรบิกมวยไทย,muaythai,thai boxing",
    Sport.BOXING: "มวย,มวยสากล,ชกมวย,ต่อยมวย",
    Sport.BALLROOM: "ลีลาศ,เต้นลีลาศ",
    Sport.RAM_WONG: "รำวง,รำวงย้อนยุค,รำวงมาตรฐาน",
    Sport.BASLOP: "บาสโลบ,บาสโลป,เต้นบาสโลบ",
    Sport.LINE_DANCE: "ไลน์แดนซ์,เต้นไลน์แดนซ์",
    Sport.ZUMBA: "ซุมบ้า,เต้นซุมบ้า",
    Sport.STICK_EXERCISE: "ไม้พลองป้าบุญมี,ไม้พลอง,รำไม้พลอง,รำไม้พลองป้าบุญมี,กระบองป้าบุญมี,รำกระบอง",
    Sport.DANCE: "เต้น,เต้นรำ,เต้นเข้าจังหวะ,dancing",
    Sport.STRENGTH: "เวท,เวทเทรนนิ่ง,เล่นเวท,ฟิตเนส,ยกเวท,weight training,strength training",
    Sport.WEIGHTLIFTING: "ยกน้ำหนัก,weight lifting",
    Sport.HULA_HOOP: "ฮูลาฮูป,เล่นฮูลาฮูป",
    Sport.ROPE_JUMP: "กระโดดเชือก,jump rope,rope jumping",
    Sport.STRETCHING: "ยืดเหยียด,ยืดกล้ามเนื้อ,ยืดเหยียดกล้ามเนื้อ",
    Sport.RUESI_DATTON: "ฤๅษีดัดตน,ฤาษีดัดตน",
    Sport.HOME_EXERCISE: "กายบริหาร,บริหารร่างกาย",
    Sport.PILATES: "พิลาทิส",
    Sport.WOODBALL: "วู้ดบอล",
}


def _key(text: str) -> str:
    return plain(text).lower().replace(" ", "").replace("-", "").strip(".()")


@cache
def known_words() -> Mapping[str, Sport]:
    """Each word that we know, in small letters without spaces and hyphens, and our sport."""
    names = {
        _key(name): sport for sport, facts in all_facts().items() for name in (facts.name_th, facts.name_en, sport)
    }
    return names | {_key(word): sport for sport, words in _WORDS.items() for word in words.split(",")}


@lru_cache(maxsize=4096)
def sport_of(word: str) -> Sport:
    """Our sport for an agency's word; `วิ่ง/เดิน` and other words that we do not know are OTHER."""
    key = _key(word)
    return known_words().get(key) or known_words().get(key.removeprefix("การ"), Sport.OTHER)
