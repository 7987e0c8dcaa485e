"""Whoever does not trust the hub recomputes the hash of a challenge, with the recipes of docs/verifying.md alone."""

import asyncio
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import psycopg
import pytest

from app import cli, db
from app.settings import settings
from tests.domain.over import crowd

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "verifying.md").read_text(encoding="utf-8")
RECIPES = {
    "sh": ["sh", "-eu", "-c", re.search(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)[1]],
    "python": [sys.executable, "-I", "-c", re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[1]],
}


def ran(*arguments):
    """The exit code of `ccc` with these arguments, run in this process."""
    with pytest.raises(SystemExit) as end:
        cli.main(list(arguments))
    return int(end.value.code or 0)


@pytest.fixture
def challenge(database_url, monkeypatch):
    """A challenge of 250 people that is over, in a database that `ccc` uses."""
    monkeypatch.setenv("CCC_DATABASE_URL", database_url)

    async def made():
        async with (
            db.opened(settings(database_url=database_url)) as databases,
            databases.worker.begin() as session,
        ):
            return await crowd(
                session, 250, starts_on=date(2024, 1, 1), ends_on=date(2024, 1, 31), title_en="Walk together"
            )

    return asyncio.run(made())


def hash_in(database_url):
    with psycopg.connect(database_url) as connection:
        return connection.execute("SELECT encode(standings_hash, 'hex') FROM challenges").fetchone()[0]


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_exported_lines_give_the_hash_by_the_recipes_of_the_manual(
    challenge, database_url, tmp_path, capsys, recipe
):
    assert ran("close", "Walk together") == 0
    assert ran("verify", str(challenge.id), "--export", str(tmp_path)) == 0
    shown = capsys.readouterr().out

    made = subprocess.run(RECIPES[recipe], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert made.strip() == hash_in(database_url)
    assert f"The hash of the standings is {made}" in shown
    assert "people: 250 lines" in shown


@pytest.mark.parametrize("recipe", RECIPES)
def test_one_changed_line_gives_another_hash(challenge, database_url, tmp_path, recipe):
    ran("close", str(challenge.id))
    ran("verify", str(challenge.id), "--export", str(tmp_path))
    lines = (tmp_path / "people.txt").read_text().splitlines(keepends=True)
    lines[120] = lines[120].replace("121 ", "121 1", 1)
    (tmp_path / "people.txt").write_text("".join(lines))

    made = subprocess.run(RECIPES[recipe], cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    assert made.strip() != hash_in(database_url)


def test_what_was_changed_past_the_database_s_guard_is_found(challenge, database_url, capsys):
    ran("close", str(challenge.id))
    with psycopg.connect(database_url) as connection:
        connection.execute("SET session_replication_role = replica")  # triggers are off, as for an intruder who may
        connection.execute("UPDATE final_standings SET score = score + 1 WHERE position = 120")
        connection.execute("UPDATE final_prizes SET credits = credits + 1 WHERE position = 1")

    verified, checked = ran("verify", str(challenge.id)), ran("check")

    shown = capsys.readouterr().out
    assert (verified, checked) == (1, 1)
    assert "people, level 1: " in shown
    assert "the seal hashes to" in shown
    assert "level 1, group 1: the hash is not that of its lines" in shown
    assert "final standings: 3 differences" in shown


def test_the_database_refuses_to_change_what_is_final(challenge, database_url):
    ran("close", str(challenge.id))

    for change in (
        "UPDATE final_standings SET score = 1",
        "DELETE FROM final_standings",
        "TRUNCATE final_hashes",
        "DELETE FROM final_seals",
    ):
        with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(change)


def test_closing_again_and_verifying_what_is_open_say_what_is_the_matter(challenge, capsys):
    assert ran("verify", str(challenge.id)) == 2
    assert ran("close", "Nobody's") == 2
    ran("close", str(challenge.id))
    assert ran("close", str(challenge.id)) == 0

    shown = capsys.readouterr()
    assert "verify them once it is final" in shown.err
    assert "No challenge has the id or title" in shown.err
    assert "Standings frozen: 0 of people, 0 of teams." in shown.out


def test_the_hash_stays_when_a_participant_is_erased(challenge, database_url, tmp_path):
    ran("close", str(challenge.id))
    before = hash_in(database_url)
    with psycopg.connect(database_url) as connection:
        (user,) = connection.execute("SELECT user_id FROM standings ORDER BY score DESC LIMIT 1").fetchone()
        for table in ("standings", "challenge_days", "enrolments"):
            connection.execute(f"DELETE FROM {table} WHERE user_id = %s", [user])  # noqa: S608
        connection.execute("DELETE FROM users WHERE id = %s", [user])

    assert ran("verify", str(challenge.id), "--export", str(tmp_path)) == 0
    made = subprocess.run(RECIPES["python"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert made.strip() == before == hash_in(database_url)
