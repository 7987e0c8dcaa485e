"""Which records of one person are the same workout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.activities import Report
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


def same_workout(one: Report, other: Report) -> bool:
    """Whether two records of one person report one workout, looked at as a pair.

    By an upstream reference; or, the sports being compatible, by an overlap of at least 80 % of the shorter;
    or from different partners by any overlap with starts within 3 minutes and lengths within 10 %. Rows that
    give rounded minutes are allowed 10 minutes of start and of length. What lasts over 48 hours, or not at all,
    overlaps nothing.
    """
    if one.user_id != other.user_id:
        return False
    if _names_the_same(one, other):
        return True
    overlap = (min(one.ended_at, other.ended_at) - max(one.started_at, other.started_at)).total_seconds()
    if overlap <= 0 or not compatible(one.sport, other.sport) or not (_lasts(one) and _lasts(other)):
        return False
    shorter, longer = sorted((one.elapsed_seconds, other.elapsed_seconds))
    if overlap >= MOST_OF_THE_SHORTER * shorter:
        return True
    if one.partner_name == other.partner_name:
        return False
    apart = abs(one.started_at - other.started_at)
    if one.coarse or other.coarse:
        return apart <= COARSE and longer - shorter <= COARSE.total_seconds()
    return apart <= NEAR_START and longer - shorter <= SAME_LENGTH * longer


def clusters(reports: Sequence[Report]) -> list[list[Report]]:
    """The workouts behind one person's records: the connected components of `same_workout`.

    Each record stands in exactly one; neither the components nor their order depend on the order given.
    """
    ordered = sorted(reports, key=lambda each: (each.started_at, each.partner_name, each.partner_ref))
    parent = list(range(len(ordered)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for here, one in enumerate(ordered):
        for there in range(here + 1, len(ordered)):
            other = ordered[there]
            if other.started_at - one.started_at > LONGEST:
                break  # sorted by start: nothing later can touch this one
            if same_workout(one, other):
                parent[max(root(here), root(there))] = min(root(here), root(there))
    groups: dict[int, list[Report]] = {}
    for index, report in enumerate(ordered):
        groups.setdefault(root(index), []).append(report)
    return list(groups.values())


def joined(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Overlapping (from, to) spans united, in order of time; none for none."""
    united: list[tuple[datetime, datetime]] = []
    for low, high in sorted(spans):
        if united and low <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], high))
        else:
            united.append((low, high))
    return united
