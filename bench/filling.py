"""Fills a migrated database with many people by set-based SQL: the shape and spread of real data, none of its detail.

One in twenty people exercises on most days, the others now and then, one workout a day at most. Activities lie
on disk in the order of their time, as they arrive, so that one person's are scattered. All people are of age.
Figures add up: day counters, ledger, balances and standings are sums of the activities. Not filled unless asked
for: records and payloads. Never filled: days of challenges, team standings.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from app.progress import Report
from app.seed.shared import SHARED
from domain.errors import BadInput
from domain.team_days import FILL_HOME_TEAMS

_COUNTERS = (
    "team_days",
    "members",
    "user_periods",
    "streaks",
    "place_periods",
    "withheld",
    "challenge_totals",
    "score_buckets",
)
SEASON_DAYS = 120
REGULAR_EVERY = 20
MOST_EACH = 110
"""Workouts of a regular exerciser: more than two pages of fifty."""
LEAST_EACH = 7

_LARGE = ("activities", "records", "payloads", "user_days", "credit_entries", "standings", "enrolments")
_SETTINGS = {
    "work_mem": "512MB",
    "maintenance_work_mem": "1GB",
    "synchronous_commit": "off",
    "timezone": "UTC",
    "jit": "off",
}

# Every number that looks random is a hash, so that the same sizes give the same figures.
_PEOPLE = """
CREATE SCHEMA bench;
CREATE UNLOGGED TABLE bench.people AS
SELECT n AS number, uuidv7(-(interval '400 days') + n * interval '10 seconds') AS id,
       hashint8(n) & 2147483647 AS h,
       CASE WHEN n % {every} = 0 THEN {most} ELSE
            {rest} / {others} + (CASE WHEN n - n / {every} - 1 < {rest} % {others} THEN 1 ELSE 0 END) END AS workouts
FROM generate_series(0, {people} - 1) n;
CREATE UNLOGGED TABLE bench.homes AS
SELECT code, left(code, 2) AS province, row_number() OVER (ORDER BY code) - 1 AS number
FROM places WHERE kind = 'subdistrict';
ALTER TABLE bench.homes ADD PRIMARY KEY (number);
INSERT INTO users (id, display_name, home_place_code, birth_year, sex, mass_kg, language, synthetic, created_at)
SELECT p.id, 'ผู้เข้าร่วม ' || p.number, h.code, 1955 + p.h % 45, (ARRAY['female', 'male'])[1 + p.h % 2],
       45 + p.h % 50, 'th', true, now() - interval '300 days'
FROM bench.people p JOIN bench.homes h ON h.number = p.h % (SELECT count(*) FROM bench.homes);
ALTER TABLE bench.people ADD PRIMARY KEY (number);
ANALYZE bench.people;
"""

_TEAMS = """
CREATE UNLOGGED TABLE bench.teams AS
SELECT n AS number, uuidv7(-(interval '390 days') + n * interval '1 second') AS id,
       CASE WHEN n < {teams} THEN 'organisation' ELSE 'club' END AS kind
FROM generate_series(0, {teams} + {clubs} - 1) n;
ALTER TABLE bench.teams ADD PRIMARY KEY (number);
INSERT INTO memberships (user_id, team_id, joined_on, kind, created_at)
SELECT p.id, t.id, current_date - {season} - p.h % 200, t.kind, now()
FROM bench.people p JOIN bench.teams t ON t.number = p.number % {teams}
UNION ALL
SELECT p.id, t.id, current_date - {season} - p.h % 150, t.kind, now()
FROM bench.people p JOIN bench.teams t ON t.number = {teams} + p.number / 4 % {clubs} WHERE p.number % 4 = 0;
INSERT INTO teams (id, kind, ancestor_ids, name_th, name_en, place_code, joining, members, synthetic, created_at)
SELECT t.id, t.kind, ARRAY[t.id], 'ทีมตัวอย่าง ' || t.number, 'Example team ' || t.number, h.province, 'open',
       0, true, now()
FROM bench.teams t JOIN bench.homes h ON h.number = t.number % (SELECT count(*) FROM bench.homes);
{home_teams};
"""

_ACTIVITIES = """
INSERT INTO activities (user_id, id, sport, started_at, ended_at, local_date, elapsed_seconds, moving_seconds,
    distance_meters, energy_kcal, energy_source, steps, pulse_bpm, manual, source, speaks_record_id, partner_name,
    owner_only, record_count, verdict, credits, updated_at)
SELECT user_id, uuidv7(started_at + seconds * interval '1 second' - now()), sport, started_at,
       started_at + seconds * interval '1 second', local_date, seconds, seconds - h % 120,
       CASE WHEN sport IN ('run', 'walk', 'ride') THEN seconds * (2 + h % 8 * 0.5) / 2 END,
       kcal, 'active', CASE WHEN sport IN ('run', 'walk') THEN seconds * 2 END, 100 + h % 70, false, 'device',
       uuidv7(started_at + seconds * interval '1 second' - now()), partner, false, 1, 'accepted', kcal / 100,
       started_at + seconds * interval '1 second' + interval '5 minutes'
FROM (
    SELECT p.id AS user_id, w.h, 1200 + w.h % 4800 AS seconds, day.local_date,
           (day.local_date + interval '5 hours' + w.h % 50000 * interval '1 second') AT TIME ZONE 'Asia/Bangkok'
               AS started_at,
           (ARRAY['run', 'walk', 'ride', 'swim', 'yoga', 'badminton'])[1 + w.h % 6] AS sport,
           (ARRAY['garmin', 'strava', 'garmin'])[1 + p.h % 3] AS partner, 80 + w.h / 7 % 700 AS kcal
    FROM bench.people p
    CROSS JOIN LATERAL (SELECT k, hashint8(p.number * 1000 + k) & 2147483647 AS h
                        FROM generate_series(0, p.workouts - 1) k) w
    CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'Asia/Bangkok')::date - {season}
                               + (w.k * {season} + p.h % {season}) / p.workouts % {season} AS local_date) day
    ORDER BY started_at
) workouts
"""

_RECORDS = """
INSERT INTO records (user_id, id, activity_id, partner_name, partner_ref, version, sport, started_at, ended_at,
    local_date, elapsed_seconds, moving_seconds, distance_meters, energy_kcal, energy_kind, steps, pulse_bpm, manual,
    coarse, source, owner_only, raw_hash, received_at)
SELECT user_id, speaks_record_id, id, partner_name, id::text, 1, sport, started_at, ended_at, local_date,
       elapsed_seconds, moving_seconds, distance_meters, energy_kcal, 'active', steps, pulse_bpm, manual, false, source,
       owner_only, decode(md5(id::text), 'hex'), updated_at
FROM activities ORDER BY started_at;
INSERT INTO payloads (user_id, record_id, raw)
SELECT user_id, speaks_record_id, convert_to(json_build_object('id', id, 'sport', sport, 'start', started_at,
       'seconds', elapsed_seconds, 'meters', distance_meters, 'kcal', energy_kcal)::text, 'UTF8')
FROM activities ORDER BY started_at
"""

_DAYS = """
INSERT INTO user_days (user_id, local_date, home_place_code, activities, moving_seconds, vigorous_seconds,
    distance_meters, energy_kcal, credits)
SELECT a.user_id, a.local_date, u.home_place_code, 1, a.moving_seconds, 0, coalesce(a.distance_meters, 0),
       a.energy_kcal, a.credits
FROM activities a JOIN users u ON u.id = a.user_id ORDER BY a.started_at;
INSERT INTO credit_entries (user_id, id, kind, issuer, amount, balance_after, rulebook_version, local_date, cause,
    idempotency_key, created_at)
SELECT user_id, entry_id, 'exercise', 'ccc', credits, sum(credits) OVER (PARTITION BY user_id ORDER BY entry_id), 1,
       local_date, 'activities', 'day:' || local_date || ':0', updated_at
FROM (SELECT *, uuidv7(updated_at - now()) AS entry_id FROM activities WHERE credits > 0 OFFSET 0) a
ORDER BY started_at;
INSERT INTO credit_balances (user_id, balance, entries)
SELECT user_id, sum(amount), count(*) FROM credit_entries GROUP BY user_id
"""

# The first challenge takes everybody, nine more a tenth each.
_CHALLENGES = """
CREATE UNLOGGED TABLE bench.challenges AS
SELECT n AS number, uuidv7(-(interval '130 days') + n * interval '1 second') AS id FROM generate_series(0, 9) n;
INSERT INTO standings (user_id, challenge_id, score)
SELECT s.user_id, c.id, s.score
FROM (SELECT user_id, sum(energy_kcal) AS score FROM user_days GROUP BY user_id) s
JOIN bench.people p ON p.id = s.user_id
JOIN bench.challenges c ON c.number = 0 OR p.h / 3 % 10 = c.number;
INSERT INTO enrolments (user_id, challenge_id, enrolled_at)
SELECT user_id, challenge_id, now() - interval '125 days' FROM standings;
INSERT INTO challenges (id, sponsor_name, title_th, title_en, description_th, description_en, metric, mode, ranking,
    starts_on, ends_on, grace_days, state, participants, synthetic, created_at)
SELECT c.id, 'mots', 'การแข่งขันตัวอย่าง ' || c.number, 'Example challenge ' || c.number, 'ตัวอย่าง', 'Example',
       'energy_kcal', 'individuals', 'total', current_date - {season}, current_date + 30, 7, 'running',
       (SELECT count(*) FROM standings s WHERE s.challenge_id = c.id), true, now() - interval '130 days'
FROM bench.challenges c
"""


def fill(url: str, *, people: int, activities: int, records: bool = False, progress: Report | None = None) -> float:
    """Seconds it took to fill the migrated and otherwise empty database at `url`, as its owner.

    `records` adds a record and a payload for every activity. Raises BadInput for sizes that do not fit each other.
    """
    regular = -(-people // REGULAR_EVERY)
    others, rest = people - regular, activities - regular * MOST_EACH
    if people < 2 * REGULAR_EVERY or not 1 <= rest // others < MOST_EACH:
        low, high = people * LEAST_EACH, people * MOST_EACH
        raise BadInput(f"Give 40 people or more, and for {people:,} people {low:,} to {high:,} activities.")
    sizes = {
        "every": REGULAR_EVERY,
        "most": MOST_EACH,
        "rest": rest,
        "others": others,
        "people": people,
        "teams": max(people // 50, 20),
        "clubs": max(people // 200, 5),
        "season": SEASON_DAYS,
    }
    steps = {"people": _PEOPLE, "teams": _TEAMS, "activities": _ACTIVITIES}
    if records:
        steps["records"] = _RECORDS
    steps |= {
        "days": _DAYS,
        "challenges": _CHALLENGES,
        "counters": "; ".join(SHARED[each] for each in _COUNTERS),
    }
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True, options=_options()) as connection:
        with connection.transaction(), _without_indexes(connection, *_LARGE):
            for number, (what, text) in enumerate(steps.items()):
                if progress:
                    progress(what, number, len(steps))
                connection.execute(_sized(text, sizes))
        if progress:
            progress("vacuum", len(steps), len(steps))
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    return time.monotonic() - began


def _sized(text: str, sizes: dict[str, int]) -> str:
    text = text.replace("{home_teams}", FILL_HOME_TEAMS)
    for name, size in sizes.items():
        text = text.replace("{" + name + "}", str(size))
    return text


def _options() -> str:
    return " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())


@contextmanager
def _without_indexes(connection: psycopg.Connection, *tables: str) -> Iterator[None]:
    """Makes the tables' indexes anew after the block: building one is several times faster than keeping it."""
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid::regclass::text = ANY(%s) AND contype IN ('p', 'u')",
        [list(tables)],
    ).fetchall()
    for table, name, _ in constraints:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*map(sql.Identifier, (table, name))))
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s)",
        [list(tables)],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for table, name, definition in constraints:
        connection.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                sql.Identifier(table), sql.Identifier(name), sql.SQL(definition)
            )
        )
    for _, definition in indexes:
        connection.execute(definition)
