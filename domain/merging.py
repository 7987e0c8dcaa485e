"""Brings people's activities to what their records say: one workout, one activity. Pure; nothing is read or written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.activities import EnergySource, Report, in_order_of_trust, merged
from domain.arrivals import Arrivals, Holder
from domain.bangkok import local_date_of
from domain.base import uuid7
from domain.dedupe import clock_shifted, clusters
from domain.explaining import explained
from domain.reviews import Decided
from domain.rulebooks import Rulebooks

CLOCK_SHIFT = "CLOCK_SHIFT"
"""The reason to hold a workout that seems to be counted already, under a clock that was hours off."""


class Group(NamedTuple):
    """The records of one workout, its activity, and whether it seems to be counted already under another clock."""

    id: UUID
    reports: Sequence[Report]
    shifted: bool = False


class Standing(NamedTuple):
    """The local day a stored activity stands on, and whether it is held as one under another clock."""

    day: date
    shifted: bool


class Stored(NamedTuple):
    """A stored report, where its activity stands, and the newest decision on it if there is one."""

    report: Report
    standing: Standing
    decided: Decided | None


@dataclass(slots=True)
class Formed:
    """Workouts formed anew: columns of activities without credits, and what becomes of what was there.

    `fresh` have no row yet. `moved` are stored records (user, record, new activity) that did not change themselves;
    `gone` stored activities (user, activity) that no record belongs to any more. `belonging` gives for every record
    looked at, by the number that its id is, its activity and how many records that has.
    """

    fresh: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    moved: list[tuple[UUID, UUID, UUID]] = field(default_factory=list)
    gone: list[tuple[UUID, UUID]] = field(default_factory=list)
    belonging: dict[int, tuple[UUID, int]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Person:
    """One person's reports as they are now, those that arrived by number, and the days stored activities stand on."""

    holder: Holder
    reports: list[Report] = field(default_factory=list)
    arrived: set[int] = field(default_factory=set)
    standing: dict[UUID, Standing] = field(default_factory=dict)
    touched: set[UUID] = field(default_factory=set)
    decided: dict[int, Decided] = field(default_factory=dict)

    def holds(self, report: Report, standing: Standing, decided: Decided | None) -> None:
        """Enter a stored report, unless its record arrived; its activity and the decision on it in any case."""
        if decided:
            self.decided[report.id.int] = decided
        if report.activity_id:
            self.standing[report.activity_id] = standing
        if report.id.int not in self.arrived:
            self.reports.append(report)


def touched_by(arrivals: Arrivals) -> list[tuple[UUID, UUID]]:
    """The stored activities (user, activity) whose records change or go."""
    both = (*arrivals.changed, *arrivals.gone)
    changed = {(holder.id, held.activity_id) for holder, held in both if held.activity_id}
    return sorted(changed | {(holder.id, activity_id) for holder, activity_id in arrivals.reformed})


def formed(arrivals: Arrivals, stored: Iterable[Stored], rulebooks: Rulebooks, now: datetime) -> Formed:
    """The workouts of the records that arrived and of the stored ones near them, each with where it stands.

    Workouts that neither hold a changed record nor gained or lost one, and are as suspect as they were, are left as
    they are. The days that any of them stood or stands on are entered in their people.
    """
    people = _people(arrivals)
    for report, standing, decided in stored:
        people[report.user_id.int].holds(report, standing, decided)
    found = Formed()
    for person in people.values():
        _form(found, person, rulebooks, now)
    return found


def _people(arrivals: Arrivals) -> dict[int, _Person]:
    """Everybody of whom anything changed, with what arrived and what it touches."""
    people: dict[int, _Person] = {}
    for holder, held in (*arrivals.fresh, *arrivals.changed, *arrivals.gone):
        if (person := people.get(holder.id.int)) is None:
            person = people[holder.id.int] = _Person(holder)
        if held.report:
            person.reports.append(held.report)
        if held.id:
            person.arrived.add(held.id.int)
        if held.activity_id:
            person.touched.add(held.activity_id)
    for holder, activity_id in arrivals.reformed:
        if (person := people.get(holder.id.int)) is None:
            person = people[holder.id.int] = _Person(holder)
        person.touched.add(activity_id)
    return people


def _form(found: Formed, person: _Person, rulebooks: Rulebooks, now: datetime) -> None:
    holder, standing = person.holder, person.standing
    before, kept = set(person.touched), set()
    for group in _affected(found, person):
        activity_id = group.id
        row = _row(group, holder, rulebooks, now, person.decided)
        holder.day(row["local_date"]).arriving.append(row)
        if activity_id in standing:
            kept.add(activity_id)
            found.changed.append(row)
        else:
            found.fresh.append(row)
        for each in group.reports:
            if each.activity_id:
                before.add(each.activity_id)
                if each.activity_id != activity_id and each.id.int not in person.arrived:
                    found.moved.append((holder.id, each.id, activity_id))
    for old in sorted(before):
        # The day it stood on before, so that what it gave there can be taken back.
        holder.day(standing[old].day).replaced.add(old)
        if old not in kept:
            found.gone.append((holder.id, old))


def reformed(
    holders: Mapping[int, Holder], stored: Sequence[Stored], before: Rulebooks, after: Rulebooks, now: datetime
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Stored workouts that come out differently by other rulebooks: (by those before, by those after), no others.

    Their records stay together as they are. The days that any of them stood or stands on are entered in their people,
    whom `holders` gives by number.
    """
    found = []
    decided = _decided(stored)
    for group, stands_on in _gathered(stored):
        holder = holders[group.reports[0].user_id.int]
        was, now_is = (_row(group, holder, rules, now, decided) for rules in (before, after))
        if was != now_is:
            found.append((was, now_is))
            _enter(holder, now_is, stands_on)
    return found


def judged(
    holders: Mapping[int, Holder], stored: Sequence[Stored], rulebooks: Rulebooks, now: datetime
) -> list[dict[str, Any]]:
    """Stored workouts as they are now by the decisions on them and the marks of their records, which stay together."""
    rows = []
    decided = _decided(stored)
    for group, stands_on in _gathered(stored):
        holder = holders[group.reports[0].user_id.int]
        rows.append(_row(group, holder, rulebooks, now, decided))
        _enter(holder, rows[-1], stands_on)
    return rows


def _gathered(stored: Iterable[Stored]) -> list[tuple[Group, date]]:
    """Each workout as it is, and the day it stands on."""
    groups: dict[UUID, list[Report]] = {}
    standings: dict[UUID, Standing] = {}
    for report, standing, _ in stored:
        if report.activity_id:
            groups.setdefault(report.activity_id, []).append(report)
            standings[report.activity_id] = standing
    return [(Group(key, group, standings[key].shifted), standings[key].day) for key, group in groups.items()]


def _decided(stored: Iterable[Stored]) -> dict[int, Decided]:
    """The newest decision of each record that has one, by the number that its id is."""
    return {report.id.int: decided for report, _, decided in stored if decided}


def _enter(holder: Holder, row: dict[str, Any], stands_on: date) -> None:
    holder.day(stands_on).replaced.add(row["id"])
    holder.day(row["local_date"]).arriving.append(row)


def _row(
    group: Group, holder: Holder, rulebooks: Rulebooks, now: datetime, decided: Mapping[int, Decided]
) -> dict[str, Any]:
    """The columns of a workout, by the rules of the day that it stands on, which is the speaker's."""
    reports = group.reports
    speaker = in_order_of_trust(reports, holder.source_order)[0] if len(reports) > 1 else reports[0]
    day = local_date_of(speaker.started_at)
    figures, mass_kg = rulebooks.on(day).figures, holder.mass_on(day)
    if not mass_kg and holder.birth_year:
        figures = figures.of_age(day.year - holder.birth_year)
    row = merged(
        group.id,
        reports,
        figures,
        mass_kg=mass_kg,
        source_order=holder.source_order,
        now=now,
        decisions=[decided[each.id.int] for each in reports if each.id.int in decided] if decided else (),
        suspicions=(CLOCK_SHIFT,) if group.shifted else (),
    )
    row["credits"] = 0
    estimated = row["energy_source"] == EnergySource.ESTIMATED.value
    if len(reports) > 1 or holder.said or estimated:
        row["decisions"] = explained(
            reports,
            figures,
            mass_kg=mass_kg,
            source_order=holder.source_order,
            said=holder.said,
            estimated=estimated,
        )
    return row


def _named(groups: Sequence[Sequence[Report]]) -> list[Group]:
    """Each group with its activity id: the oldest its records already have, unless an earlier group took it."""
    taken: set[UUID] = set()
    suspects = clock_shifted(groups)
    named = []
    for place, group in enumerate(groups):
        held = sorted({each.activity_id for each in group if each.activity_id} - taken)
        activity_id = held[0] if held else uuid7()
        taken.add(activity_id)
        named.append(Group(activity_id, group, place in suspects))
    return named


def _affected(found: Formed, person: _Person) -> list[Group]:
    """The groups that hold a changed record or activity, that gained or lost a record, or became suspect or clear."""
    if len(person.reports) == 1 and not person.standing:
        only = person.reports[0]  # what nearly every record is: new, and alone; the rest comes to the same
        activity_id = uuid7()
        found.belonging[only.id.int] = (activity_id, 1)
        return [Group(activity_id, person.reports)]
    groups = _named(clusters(person.reports, person.holder.said))
    for activity_id, group, _ in groups:
        for each in group:
            found.belonging[each.id.int] = (activity_id, len(group))
    lost = {each.activity_id for activity_id, group, _ in groups for each in group if each.activity_id != activity_id}
    return [
        each
        for each in groups
        if each.id in person.touched
        or each.id in lost
        or (each.id in person.standing and person.standing[each.id].shifted is not each.shifted)
        or any(record.id.int in person.arrived or record.activity_id != each.id for record in each.reports)
    ]
