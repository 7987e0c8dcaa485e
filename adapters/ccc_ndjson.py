"""CCC's own neutral format in bulk: NDJSON, one JSON object a line.

The format is ours, docs/partners/ccc_ndjson.md: a line is an item of `recordActivities` with the same names, or a
day's totals. Quirks:

- A line that cannot be read is one problem with its number; the others are taken.
- A byte order mark, CRLF, empty lines and a last line without its end are all fine.
- A name that the format does not know is refused: a misspelt figure would be lost without a word.
- `sport` is one of our words in either case. Any other word makes OTHER and is kept as `sportWord`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from mmap import mmap

from adapters.base import Adapter, Reads, decoded_json
from adapters.lines import LONGEST_LINE, batches
from adapters.reading import Part, problem_of, storable
from domain.drafts import DayTotal, Deletion, Draft, EnergyKind, Item, Problem, Source
from domain.errors import BadPayload
from domain.sports import Sport

_NAME = "ccc_ndjson"
_PIECE_BYTES = 64 * 1024
_MARK = b"\xef\xbb\xbf"
_VERSION_LIMIT = 2**53
_STEPS_LIMIT, _METERS_LIMIT, _KCAL_LIMIT = 2_000_000, 10_000_000, 1_000_000

_BOTH = ["personRef", "version", "steps", "distanceMeters", "energyKcal", "source"]
_DAY = frozenset([*_BOTH, "localDate"])
_WORKOUT = frozenset(
    [
        *_BOTH,
        "partnerRef",
        "sport",
        "sportWord",
        "startedAt",
        "elapsedSeconds",
        "movingSeconds",
        "energyIsTotal",
        "pulseBpm",
        "manual",
        "title",
        "deleted",
    ]
)


def normalise(payload: object) -> Iterator[Item]:
    """The items of the lines, one by one as they are read; `payload` is bytes, a mapped file or an iterable of bytes.

    The path of a problem is ("line", number from 1) and the field. Raises BadPayload when the first thousand
    lines, or all there are, cannot be read; an empty file is an empty delivery.
    """
    found = batches(_pieces(payload), LONGEST_LINE)
    first = next(found, [])
    return chain(lines(first, 1), _following(found, 1 + len(first)))


def lines(given: Sequence[bytes], first: int) -> Iterable[Item]:
    """What these lines say, of which the first has the number `first`.

    Raises BadPayload when they are the first of a file and none is a JSON object.
    """
    if first > 1:
        return _items(given, first)
    given = [each.removeprefix(_MARK) if at == 0 else each for at, each in enumerate(given)]
    found = list(_items(given, first))
    if found and all(map(_is_no_object, found)):
        raise BadPayload(_NAME, ("line", 1), "found no JSON object on any line; send one object a line in UTF-8")
    return found


def _is_no_object(item: Item) -> bool:
    # A path that ends with the number says that the line as a whole could not be read.
    return isinstance(item, Problem) and isinstance(item.path[-1], int)


def _pieces(payload: object) -> Iterator[bytes]:
    if isinstance(payload, bytes | mmap):
        yield from (payload[at : at + _PIECE_BYTES] for at in range(0, len(payload), _PIECE_BYTES))
        return
    pieces = payload if isinstance(payload, Iterable) and not isinstance(payload, Mapping) else (None,)
    for piece in pieces:
        if not isinstance(piece, bytes):
            raise BadPayload(_NAME, (), "expected the bytes of a file")
        yield piece


def _following(found: Iterator[list[bytes]], first: int) -> Iterator[Item]:
    for batch in found:
        yield from _items(batch, first)
        first += len(batch)


def _items(given: Sequence[bytes], first: int) -> Iterator[Item]:
    for number, each in enumerate(given, first):
        if len(each) > LONGEST_LINE:
            reason = f"the line is over {LONGEST_LINE:,} bytes; send one item a line"
            yield problem_of(BadPayload(_NAME, ("line", number), reason), raw=each[:1_000])
        elif line := each.strip():
            yield _item(number, line)


def _item(number: int, line: bytes) -> Item:
    person_ref = None
    try:
        part = Part.of(_NAME, ("line", number), decoded_json(_NAME, line))
        person_ref = part.reference("personRef")
        return _day(part, person_ref) if part.has("localDate") else _workout(part, person_ref, line)
    except BadPayload as error:
        reason = BadPayload(_NAME, error.path or ("line", number), error.reason)
        return problem_of(reason, person_ref=person_ref, raw=line)


def _known(part: Part, names: frozenset[str]) -> None:
    for name in part.fields:
        if name not in names:
            raise BadPayload(
                _NAME, (*part.path, storable(name)[:80]), "this name is not known here; see the format for the names"
            )


def _workout(part: Part, person_ref: str | None, line: bytes) -> Item:
    _known(part, _WORKOUT)
    partner_ref = part.must(Part.reference, "partnerRef")
    version = part.whole("version", low=0, high=_VERSION_LIMIT)
    if part.flag("deleted"):
        return Deletion(partner_ref=partner_ref, person_ref=person_ref, version=version)
    sport, word = _sport(part)
    return Draft(
        partner_ref=partner_ref,
        person_ref=person_ref,
        version=version,
        sport=sport,
        sport_word=word,
        title=part.label("title"),
        started_at=part.must(Part.moment, "startedAt"),
        utc_offset_seconds=part.printed_offset("startedAt"),
        elapsed_seconds=part.must(Part.number, "elapsedSeconds"),
        moving_seconds=part.number("movingSeconds"),
        distance_meters=part.number("distanceMeters"),
        energy_kcal=part.number("energyKcal"),
        energy_kind=EnergyKind.TOTAL if part.flag("energyIsTotal") else EnergyKind.ACTIVE,
        steps=part.whole("steps"),
        pulse_bpm=part.whole("pulseBpm"),
        manual=part.flag("manual") or False,
        source=_source(part),
        raw=line,
    )


def _sport(part: Part) -> tuple[Sport, str | None]:
    given, word = part.label("sport"), part.label("sportWord")
    if given is None:
        return Sport.OTHER, word
    try:
        return Sport(given.lower()), word
    except ValueError:
        return Sport.OTHER, word or given


def _source(part: Part) -> Source:
    given = part.label("source")
    if given is None:
        return Source.DEVICE
    try:
        return Source(given.lower())
    except ValueError as error:
        names = ", ".join(source.name for source in Source)
        raise part.refused("source", f"is not one of {names}") from error


def _day(part: Part, person_ref: str | None) -> DayTotal:
    _known(part, _DAY)
    return DayTotal(
        local_date=part.must(Part.day, "localDate"),
        person_ref=person_ref,
        version=part.whole("version", low=0, high=_VERSION_LIMIT),
        steps=part.whole("steps", low=0, high=_STEPS_LIMIT),
        distance_meters=part.number("distanceMeters", low=0, high=_METERS_LIMIT),
        energy_kcal=part.number("energyKcal", low=0, high=_KCAL_LIMIT),
        source=_source(part),
        raw=part.raw(),
    )


ADAPTER = Adapter(
    name=_NAME,
    title="CCC bulk (NDJSON)",
    normalise=normalise,
    reads=Reads.FILE,
    accepts=("application/x-ndjson", "application/jsonl", "application/ndjson", ".ndjson", ".jsonl"),
    vocabulary=lambda: ((sport.value, sport) for sport in Sport),
    orders_updates_by="version",
    streams=True,
    lines=lines,
)
