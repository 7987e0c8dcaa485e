"""Which records of one person are the same workout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.activities import Report, trust
from domain.links import Word, Words
from domain.sports import compatible

# These are of no rulebook, since a change would merge and part workouts of the past; docs/rules.md states them.
MOST_OF_THE_SHORTER = 0.8
NEAR_START = timedelta(minutes=3)
SAME_LENGTH = 0.10
COARSE = timedelta(minutes=10)
# A copy may carry a wrong zone, at most 14 hours off; further apart a quoted name is no proof: vendors' own
# examples quote one upstream name for two rides two days apart.
SAME_DAY = timedelta(hours=24)
# What lasts longer, or does not last at all, is no workout that others could overlap. So far back one looks for what a
# record might join, and what may merge must be exactly what is looked at.
LONGEST = timedelta(hours=48)
# What is the same but for the clock: time zones differ by half hours, up to 14 hours from UTC.
HALF_AN_HOUR = 1800
FARTHEST_ZONE = timedelta(hours=14)
SAME_COPY = 0.01

NOTHING_SAID: Words = {}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _names_the_same(one: Report, other: Report) -> bool:
    """Whether an upstream reference says that one was copied from the other, or both from a third."""

    def copied(copy: Report, origin: Report) -> bool:
        return copy.upstream_partner == origin.partner_name and copy.upstream_ref in (
            origin.partner_ref,
            *origin.known_as,
        )

    if one.partner_name == other.partner_name or abs(one.started_at - other.started_at) > SAME_DAY:
        return False
    siblings = one.upstream_ref is not None and (one.upstream_partner, one.upstream_ref) == (
        other.upstream_partner,
        other.upstream_ref,
    )
    return copied(one, other) or copied(other, one) or siblings


def reach(report: Report) -> datetime:
    """The moment before which another record must start in order to overlap this one; its start if none can."""
    return report.ended_at if _lasts(report) else report.started_at


def _lasts(report: Report) -> bool:
    return 0 < report.elapsed_seconds <= LONGEST.total_seconds()


class Bond(StrEnum):
    """What makes two records one workout."""

    UPSTREAM = "upstream"
    OVERLAP = "overlap"
    COARSE = "coarse"
    NEAR_START = "near_start"


def same_workout(one: Report, other: Report) -> bool:
    """Whether two records of one person report one workout, looked at as a pair."""
    return bond(one, other) is not None


def bond(one: Report, other: Report) -> Bond | None:
    """What makes two records of one person one workout, looked at as a pair; None if they are two.

    By an upstream reference; or, the sports being compatible, by an overlap of at least 80 % of the shorter;
    or from different partners by any overlap with starts within 3 minutes and lengths within 10 %. Rows that
    give rounded minutes are allowed 10 minutes of start and of length. What lasts over 48 hours, or not at all,
    overlaps nothing.
    """
    if one.user_id != other.user_id:
        return None
    if _names_the_same(one, other):
        return Bond.UPSTREAM
    overlap = (min(one.ended_at, other.ended_at) - max(one.started_at, other.started_at)).total_seconds()
    if overlap <= 0 or not compatible(one.sport, other.sport) or not (_lasts(one) and _lasts(other)):
        return None
    shorter, longer = sorted((one.elapsed_seconds, other.elapsed_seconds))
    if overlap >= MOST_OF_THE_SHORTER * shorter:
        return Bond.OVERLAP
    if one.partner_name == other.partner_name:
        return None
    apart = abs(one.started_at - other.started_at)
    if one.coarse or other.coarse:
        near = apart <= COARSE and longer - shorter <= COARSE.total_seconds()
        return Bond.COARSE if near else None
    near = apart <= NEAR_START and longer - shorter <= SAME_LENGTH * longer
    return Bond.NEAR_START if near else None


def clusters(reports: Sequence[Report], said: Words = NOTHING_SAID) -> list[list[Report]]:
    """The workouts behind one person's records: the connected components of `same_workout`, but for what they `said`.

    Two records of which they said that they are apart are never in one workout. What binds records binds in order of
    its strength: the person's own word, the latest first, then an upstream reference, then the longest overlap; what
    would bring such a pair together does not bind. Each record stands in exactly one workout; neither the workouts nor
    their order depend on the order given.
    """
    ordered = sorted(reports, key=lambda each: (each.started_at, each.partner_name, each.partner_ref))
    parent = list(range(len(ordered)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    if said:
        for here, there in _binding(ordered, said):
            parent[there] = here
    else:
        for here, there in _pairs(ordered):
            parent[max(root(here), root(there))] = min(root(here), root(there))
    groups: dict[int, list[Report]] = {}
    for index, report in enumerate(ordered):
        groups.setdefault(root(index), []).append(report)
    return list(groups.values())


def _pairs(ordered: Sequence[Report]) -> Iterator[tuple[int, int]]:
    """The places in `ordered` of each two that the rules take for one workout."""
    for here, one in enumerate(ordered):
        for there in range(here + 1, len(ordered)):
            if ordered[there].started_at - one.started_at > LONGEST:
                break  # sorted by start: nothing later can touch this one
            if same_workout(one, ordered[there]):
                yield here, there


def _binding(ordered: Sequence[Report], said: Words) -> Iterator[tuple[int, int]]:
    """The heads (this, of which that becomes a part) of workouts to be united, one after the other."""
    places = {(each.partner_name, each.partner_ref): place for place, each in enumerate(ordered)}
    strengths = {pair: _strength(ordered[pair[0]], ordered[pair[1]]) for pair in _pairs(ordered)}
    apart: dict[int, set[int]] = {}
    for name, words in said.items():
        for other_name, last in words.items():
            if name < other_name and name in places and other_name in places:
                here, there = sorted((places[name], places[other_name]))
                if last.word is Word.SAME:
                    strengths[here, there] = (0, -last.said_at.timestamp())
                else:
                    apart.setdefault(here, set()).add(there)
                    apart.setdefault(there, set()).add(here)
    heads = list(range(len(ordered)))
    members = {place: {place} for place in heads}
    for here, there in sorted(strengths, key=lambda pair: (strengths[pair], pair)):
        one, other = sorted((heads[here], heads[there]))
        if one == other or any(not members[other].isdisjoint(apart.get(each, ())) for each in members[one]):
            continue
        for each in members[other]:
            heads[each] = one
        members[one] |= members.pop(other)
        yield one, other


def _strength(one: Report, other: Report) -> tuple[int, float]:
    """How strongly two records are bound that are one workout; the least is the strongest."""
    if _names_the_same(one, other):
        return (1, 0.0)
    overlap = min(one.ended_at, other.ended_at) - max(one.started_at, other.started_at)
    return (2, -overlap.total_seconds() / max(one.elapsed_seconds, other.elapsed_seconds))


def shifted(one: Report, other: Report) -> bool:
    """Whether one looks like a copy of the other under a clock that is whole or half hours off.

    They start in the same second of a half hour, at most 14 hours apart, last the same within 1 %, their sports are
    compatible and their partners not the same. Of two that are typed in or rounded it proves nothing: those all start
    on the hour and last an hour.
    """
    apart = _second(one.started_at) - _second(other.started_at)
    if apart % HALF_AN_HOUR or not 0 < abs(apart) <= FARTHEST_ZONE.total_seconds():
        return False
    shorter, longer = sorted((one.elapsed_seconds, other.elapsed_seconds))
    return (
        one.partner_name != other.partner_name
        and shorter > 0
        and longer - shorter <= SAME_COPY * longer
        and compatible(one.sport, other.sport)
        and not ((one.manual or one.coarse) and (other.manual or other.coarse))
    )


def clock_shifted(groups: Sequence[Sequence[Report]]) -> set[int]:
    """The places in `groups`, workouts of one person, of those that may be counted already under another clock.

    Of two such copies the less trusted is suspected: by how it was measured, then by (partner, partner_ref).
    """
    if len(groups) < 2:  # noqa: PLR2004 - it takes two
        return set()
    ordered = sorted(((each, place) for place, group in enumerate(groups) for each in group), key=_by_start)
    found = set()
    for n, (one, here) in enumerate(ordered):
        for m in range(n + 1, len(ordered)):
            other, there = ordered[m]
            if other.started_at - one.started_at > FARTHEST_ZONE + timedelta(seconds=1):
                break
            if here != there and shifted(one, other):
                found.add(there if _standing(one) < _standing(other) else here)
    return found


def _by_start(placed: tuple[Report, int]) -> datetime:
    return placed[0].started_at


def _standing(report: Report) -> tuple[int, str, str]:
    return (trust(report), report.partner_name, report.partner_ref)


def _second(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def joined(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Overlapping (from, to) spans united, in order of time; none for none."""
    united: list[tuple[datetime, datetime]] = []
    for low, high in sorted(spans):
        if united and low <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], high))
        else:
            united.append((low, high))
    return united
