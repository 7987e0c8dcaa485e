"""What a night's round costs a person, in time and in bytes, beside one statement for all that cannot be cut off.

`python -m bench.rounds [--people 200000] [--days 4]` prints a line for each day and for the reference, in one run.
Scores are spread over as many numbers as there are people, which makes the ranks of a round as many as they can be;
everybody has a day that counts on two days of three. The database is the embedded one, on this machine alone.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from datetime import date, timedelta

import psycopg

from app import db, migrate
from app.embedded import EmbeddedPostgres
from app.settings import settings
from bench.report import machine
from domain.base import utc_now
from domain.ranks import filling
from domain.snapshots import kept

FIRST = date(2026, 1, 5)
_WORLD = f"""
    INSERT INTO challenges (id, sponsor_name, title_th, title_en, description_th, description_en, metric, mode, ranking,
                            starts_on, ends_on, grace_days, state, participants, synthetic, created_at)
    SELECT uuidv7(), 'mots', '', '', '', '', 'steps', 'individuals', 'total', DATE '{FIRST}' - 10, DATE '{FIRST}' + 80,
           7, 'running', %(people)s, true, TIMESTAMPTZ '{FIRST}' - interval '20 days';
    INSERT INTO standings (user_id, challenge_id, score)
    SELECT uuidv7(), c.id, (random() * %(people)s * 10)::bigint FROM challenges c, generate_series(1, %(people)s);
    INSERT INTO enrolments (user_id, challenge_id, enrolled_at)
    SELECT user_id, challenge_id, TIMESTAMPTZ '{FIRST}' FROM standings;
    INSERT INTO challenge_days (user_id, challenge_id, local_date, value)
    SELECT s.user_id, s.challenge_id, DATE '{FIRST}' - ago, 5000 FROM standings s, generate_series(0, 9) ago
    WHERE ago % 3 <> 0;
    {filling()};
    ANALYZE
"""  # noqa: S608
_REFERENCE = """
    INSERT INTO standing_days (user_id, challenge_id, local_date, score, rank)
    SELECT user_id, challenge_id, %(day)s, score, rank() OVER (PARTITION BY challenge_id ORDER BY score DESC)
    FROM standings
"""
_BYTES = "SELECT pg_total_relation_size('standing_days'), count(*) FROM standing_days"


async def _round(url: str, day: date) -> int:
    """How many parts the round after a day took."""
    parts, ended = 0, False
    async with db.opened(settings(database_url=url, database_connections=2)) as databases:
        while not ended:
            async with databases.worker.begin() as session:
                ended = await kept(session, day, utc_now())
            parts += 1
    return parts


def main() -> None:
    """Fill a database, keep some days, and print what each cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=4)
    given = parser.parse_args()
    print(", ".join(machine().values()))
    with EmbeddedPostgres() as server:
        url = server.url()
        migrate.upgrade(url)
        with psycopg.connect(url, autocommit=True) as owner:
            for sql in _WORLD.split(";"):
                owner.execute(sql.replace("%(people)s", str(given.people)))
            days = [FIRST + timedelta(days=number) for number in range(given.days)]
            for day in days:
                began = time.perf_counter()
                parts = asyncio.run(_round(url, day))
                _tell(owner, f"round of {day}, {parts} parts", time.perf_counter() - began, given.people)
            began = time.perf_counter()
            owner.execute(_REFERENCE, {"day": days[-1] + timedelta(days=1)})
            _tell(owner, "one statement, no activity looked at", time.perf_counter() - began, given.people)


def _tell(owner: psycopg.Connection, what: str, seconds: float, people: int) -> None:
    size, lines = owner.execute(_BYTES).fetchone() or (0, 1)
    each = f"{seconds * 1e6 / people:.1f} us a person, {size / max(lines, 1):.0f} bytes a line so far"
    print(f"{what}: {seconds:.1f} s for {people:,} people, {each}", flush=True)


if __name__ == "__main__":
    main()
