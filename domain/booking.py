"""Books what changed on people's days: credits, counters and standings, in one set-based pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.base import added_up, inserted, run, upserted, uuid7
from domain.challenges import ChallengeDay, Counted, Metric, Standing, TeamStanding, day_value
from domain.counters import PlaceDay, UserDay
from domain.credits import PROGRAMME, Balance, CreditEntry, CreditKind
from domain.rulebooks import Rulebooks
from domain.scoring import DayScore, Workout, score_of_day

Day = tuple[UUID, date]

_DAYS = "unnest(CAST(:users AS uuid[]), CAST(:dates AS date[])) AS d(user_id, local_date)"

# One row per accepted activity of the days.
_WORKOUTS = text(f"""
    SELECT a.user_id, a.local_date, a.id, a.sport, a.started_at, a.ended_at, a.elapsed_seconds, a.moving_seconds,
           a.distance_meters, a.energy_kcal, a.steps, a.manual, a.source, a.credits
    FROM {_DAYS} JOIN activities a USING (user_id, local_date)
    WHERE a.deleted_at IS NULL AND a.verdict = 'accepted'
""")  # noqa: S608

# One row per day: how it is counted and booked now, where its person lives, and their best day total of steps.
_STANDING_NOW = text(f"""
    SELECT d.user_id, d.local_date, u.home_place_code, ud.home_place_code AS counted_at,
           coalesce(ud.activities, 0) AS activities, coalesce(ud.moving_seconds, 0) AS moving_seconds,
           coalesce(ud.distance_meters, 0) AS distance_meters, coalesce(ud.energy_kcal, 0) AS energy_kcal,
           coalesce(ud.credits, 0) AS credits,
           coalesce(b.amount, 0) AS booked, coalesce(b.entries, 0) AS entries, b.last_positive, t.steps AS day_steps
    FROM {_DAYS} JOIN users u ON u.id = d.user_id
    LEFT JOIN user_days ud ON ud.user_id = d.user_id AND ud.local_date = d.local_date
    LEFT JOIN LATERAL (
        SELECT sum(e.amount) AS amount, count(*) AS entries,
               (array_agg(e.id ORDER BY e.id DESC) FILTER (WHERE e.amount > 0))[1] AS last_positive
        FROM credit_entries e
        WHERE e.user_id = d.user_id AND e.local_date = d.local_date AND e.cause = 'activities'
    ) b ON true
    LEFT JOIN LATERAL (
        SELECT t.steps FROM day_totals t
        WHERE t.user_id = d.user_id AND t.local_date = d.local_date AND t.steps IS NOT NULL
        ORDER BY array_position(ARRAY['device', 'phone', 'event', 'agency', 'manual'], t.source),
                 coalesce(array_position(u.source_order, t.partner_name), 1000), t.partner_name
        LIMIT 1
    ) t ON true
""")  # noqa: S608

# One row per day and open challenge of its person: its rules, what the day counts now, and their team on that day.
_CHALLENGES = text(f"""
    SELECT d.user_id, d.local_date, c.id, c.metric, c.eligibility, c.daily_cap, cd.value, cd.team_id,
           m.team_id AS team_now
    FROM {_DAYS} JOIN enrolments e ON e.user_id = d.user_id
    JOIN challenges c ON c.id = e.challenge_id AND d.local_date BETWEEN c.starts_on AND c.ends_on
         AND c.state IN ('running', 'grace')
    LEFT JOIN challenge_days cd ON cd.user_id = d.user_id AND cd.challenge_id = c.id AND cd.local_date = d.local_date
    LEFT JOIN LATERAL (
        SELECT a.id AS team_id FROM memberships ms JOIN teams t ON t.id = ms.team_id
        JOIN teams a ON a.id = ANY(t.ancestor_ids) AND a.kind = c.team_kind
        WHERE ms.user_id = d.user_id AND ms.joined_on <= d.local_date
          AND (ms.left_on IS NULL OR ms.left_on > d.local_date)
        ORDER BY a.id LIMIT 1
    ) m ON true
""")  # noqa: S608

_ANCESTORS = text(
    "SELECT place_code, ancestor_code FROM place_ancestors WHERE place_code = ANY(CAST(:codes AS text[]))"
)

_SHARE_OUT = text("""
    UPDATE activities a SET credits = n.credits
    FROM unnest(CAST(:users AS uuid[]), CAST(:ids AS uuid[]), CAST(:credits AS integer[])) AS n(user_id, id, credits)
    WHERE a.user_id = n.user_id AND a.id = n.id
""")

_COUNTED = ("activities", "moving_seconds", "distance_meters", "energy_kcal", "credits")


@dataclass(frozen=True)
class _Now:
    """What the database holds of the days before they are booked anew."""

    days: Mapping[Day, Mapping[str, Any]]
    workouts: Mapping[Day, Sequence[Workout]]
    shares: Mapping[UUID, int]
    challenges: Sequence[Mapping[str, Any]]
    ancestors: Mapping[str, Sequence[str]]


async def _read(session: AsyncSession, days: Sequence[Day]) -> _Now:
    binds = {"users": [user for user, _ in days], "dates": [day for _, day in days]}
    held = {
        (row["user_id"], row["local_date"]): dict(row) for row in (await run(session, _STANDING_NOW, binds)).mappings()
    }
    workouts: dict[Day, list[Workout]] = defaultdict(list)
    shares: dict[UUID, int] = {}
    for user_id, local_date, *figures, credits_now in await run(session, _WORKOUTS, binds):
        names = Workout.__slots__
        workouts[(user_id, local_date)].append(Workout(**dict(zip(names, figures, strict=True))))
        shares[figures[0]] = credits_now
    challenges = (await run(session, _CHALLENGES, binds)).mappings().all()
    codes = {code for row in held.values() for code in (row["home_place_code"], row["counted_at"]) if code}
    ancestors: dict[str, list[str]] = defaultdict(list)
    for place, ancestor in await run(session, _ANCESTORS, {"codes": sorted(codes)}):
        ancestors[place].append(ancestor)
    return _Now(held, workouts, shares, [dict(row) for row in challenges], ancestors)


async def rebook(session: AsyncSession, days: Iterable[Day], rulebooks: Rulebooks, now: datetime) -> None:
    """Credits, counters and standings of `days` brought to what their accepted activities are worth.

    Books only the difference to what is booked, so that doing it again changes nothing. The caller holds the
    people's locks. A fixed number of statements, whatever the number of days.
    """
    wanted = sorted(set(days))
    if not wanted:
        return
    held = await _read(session, wanted)
    scores = {day: score_of_day(held.workouts.get(day, ()), rulebooks.on(day[1]).figures) for day in wanted}
    await _share_out(session, held, scores)
    await _count(session, held, scores)
    await _book_credits(session, held, scores, rulebooks, now)
    await _move_standings(session, held, scores)


async def differences(session: AsyncSession, days: Iterable[Day], rulebooks: Rulebooks) -> list[str]:
    """What `rebook` would change on `days`, one line each; empty when everything is booked as it should be."""
    wanted = sorted(set(days))
    if not wanted:
        return []
    held = await _read(session, wanted)
    scores = {day: score_of_day(held.workouts.get(day, ()), rulebooks.on(day[1]).figures) for day in wanted}
    found = []
    for day, score in scores.items():
        old, where = held.days[day], f"user {day[0]} on {day[1]}"
        found += [
            f"{where}: {name} is counted as {int(old[name])}, its activities give {getattr(score, name)}"
            for name in _COUNTED
            if int(old[name]) != getattr(score, name)
        ]
        if int(old["booked"]) != score.credits:
            found.append(f"{where}: {int(old['booked'])} credits are booked, its activities give {score.credits}")
        found += [
            f"{where}: activity {share.workout.id} shows {held.shares[share.workout.id]} credits, not {share.credits}"
            for share in score.shares
            if held.shares[share.workout.id] != share.credits
        ]
    for row in held.challenges:
        day = (row["user_id"], row["local_date"])
        value = _challenge_value(row, held, scores[day])
        if value != (row["value"] or 0):
            found.append(
                f"user {day[0]} on {day[1]}: challenge {row['id']} holds {row['value'] or 0}, the day is worth {value}"
            )
    return found


def _challenge_value(row: Mapping[str, Any], held: _Now, score: DayScore) -> int:
    day = held.days[(row["user_id"], row["local_date"])]
    places = frozenset(held.ancestors.get(day["home_place_code"] or "", ()))
    return day_value(
        Metric(row["metric"]), row["eligibility"], row["daily_cap"], counted(score, places), day["day_steps"]
    )


async def _share_out(session: AsyncSession, held: _Now, scores: Mapping[Day, DayScore]) -> None:
    changed = [
        (day[0], share.workout.id, share.credits)
        for day, score in scores.items()
        for share in score.shares
        if held.shares[share.workout.id] != share.credits
    ]
    if changed:
        users, ids, amounts = zip(*changed, strict=True)
        await run(session, _SHARE_OUT, {"users": list(users), "ids": list(ids), "credits": list(amounts)})


async def _count(session: AsyncSession, held: _Now, scores: Mapping[Day, DayScore]) -> None:
    rows: list[dict[str, Any]] = []
    places: dict[tuple[str, date], dict[str, int]] = defaultdict(lambda: dict.fromkeys(("participants", *_COUNTED), 0))

    def at(place: str | None, day: date, sign: int, figures: Mapping[str, int]) -> None:
        for ancestor in held.ancestors.get(place or "", ()):
            sums = places[(ancestor, day)]
            sums["participants"] += sign * (figures["activities"] > 0)
            for name in _COUNTED:
                sums[name] += sign * figures[name]

    for day, score in scores.items():
        old = held.days[day]
        new = {name: getattr(score, name) for name in _COUNTED}
        before = {name: int(old[name]) for name in _COUNTED}
        if new == before and (old["home_place_code"] == old["counted_at"] or not score.activities):
            continue
        at(old["counted_at"], day[1], -1, before)
        at(old["home_place_code"], day[1], +1, new)
        rows.append(
            {
                "user_id": day[0],
                "local_date": day[1],
                "home_place_code": old["home_place_code"],
                "vigorous_seconds": score.vigorous_seconds,
                **new,
            }
        )
    await upserted(session, UserDay, rows)
    moved = [
        {"place_code": place, "local_date": day, **sums}
        for (place, day), sums in sorted(places.items())
        if any(sums.values())
    ]
    await added_up(session, PlaceDay, moved)


async def _book_credits(
    session: AsyncSession, held: _Now, scores: Mapping[Day, DayScore], rulebooks: Rulebooks, now: datetime
) -> None:
    entries: list[dict[str, Any]] = []
    balances: dict[UUID, dict[str, Any]] = {}
    for (user_id, local_date), score in scores.items():
        old = held.days[(user_id, local_date)]
        difference = score.credits - int(old["booked"])
        if not difference:
            continue
        entries.append(
            {
                "user_id": user_id,
                "id": uuid7(now),
                "kind": (CreditKind.EXERCISE if difference > 0 else CreditKind.REVERSAL).value,
                "issuer": PROGRAMME,
                "amount": difference,
                "rulebook_version": rulebooks.on(local_date).version,
                "local_date": local_date,
                "cause": "activities",
                # The n-th booking of a day exists once: two writers that both missed the other's would collide here.
                "idempotency_key": f"day:{local_date}:{old['entries']}",
                "reverses": old["last_positive"] if difference < 0 else None,
                "created_at": now,
            }
        )
        balance = balances.setdefault(user_id, {"user_id": user_id, "balance": 0, "entries": 0})
        balance["balance"] += difference
        balance["entries"] += 1
    await inserted(session, CreditEntry, entries)
    await added_up(session, Balance, list(balances.values()))


async def _move_standings(session: AsyncSession, held: _Now, scores: Mapping[Day, DayScore]) -> None:
    days: list[dict[str, Any]] = []
    people: dict[tuple[UUID, UUID], int] = defaultdict(int)
    teams: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for row in held.challenges:
        day = (row["user_id"], row["local_date"])
        value = _challenge_value(row, held, scores[day])
        before, team_before, team_now = row["value"] or 0, row["team_id"], row["team_now"]
        if value == before and (team_before == team_now or row["value"] is None):
            continue
        days.append(
            {"user_id": day[0], "challenge_id": row["id"], "local_date": day[1], "value": value, "team_id": team_now}
        )
        people[(day[0], row["id"])] += value - before
        if team_before is not None:
            teams[(row["id"], team_before)] -= before
        if team_now is not None:
            teams[(row["id"], team_now)] += value
    await upserted(session, ChallengeDay, days)
    scored = [
        {"user_id": user, "challenge_id": challenge, "score": by}
        for (user, challenge), by in sorted(people.items())
        if by
    ]
    await added_up(session, Standing, scored)
    grouped = [
        {"challenge_id": challenge, "team_id": team, "score": by}
        for (challenge, team), by in sorted(teams.items())
        if by
    ]
    await added_up(session, TeamStanding, grouped)


def counted(score: DayScore, places: frozenset[str]) -> list[Counted]:
    """The day's workouts as challenges see them."""
    return [
        Counted(
            sport=share.workout.sport,
            source=share.workout.source,
            place_codes=places,
            energy_kcal=share.energy_kcal,
            distance_meters=share.workout.distance_meters or 0.0,
            moving_seconds=share.moving_seconds,
            steps=share.workout.steps or 0,
            credits=share.credits,
        )
        for share in score.shares
    ]
