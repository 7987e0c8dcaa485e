import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from app import cli
from app.demo import Demo, written
from auth import tokens
from auth.tokens import Tokens
from auth.viewer import USUAL_SCOPES, ViewerKind

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "samples"
SOMCHAI = "01890a5d-ac96-774b-bcce-b302099a8057"
COMMANDS = [
    "demo",
    "serve",
    "migrate",
    "seed",
    "partners",
    "partner",
    "normalise",
    "import",
    "check",
    "rebook",
    "schema",
    "rules",
    "sports",
    "token",
]


def ran(*arguments: str) -> int:
    """The exit code of `ccc` with these arguments, run in this process."""
    with pytest.raises(SystemExit) as end:
        cli.main(list(arguments))
    return int(end.value.code or 0)


@pytest.fixture
def place(tmp_path) -> Path:
    """A demo folder as `ccc demo` leaves it, without its database."""
    demo = Demo(tmp_path / "demo")
    demo.folder.mkdir()
    tokens.generated_key(demo.key)
    clients = [
        {"client_id": f"demo-{kind}", "kind": kind.value, "partner": partner, "scopes": sorted(USUAL_SCOPES[kind])}
        for kind, partner in [
            (ViewerKind.CITIZEN, None),
            (ViewerKind.PARTNER, "garmin"),
            (ViewerKind.PARTNER, "strava"),
            (ViewerKind.MINISTRY, None),
            (ViewerKind.SPONSOR, "mots"),
            (ViewerKind.ADMIN, None),
        ]
    ]
    card = {
        "graphql": "http://127.0.0.1:8000/graphql",
        "issuer": "http://127.0.0.1:8000",
        "users": [{"username": "citizen1", "password": "secret", "id": SOMCHAI}],
        "clients": clients,
    }
    written(demo.card, orjson.dumps(card))
    return demo.folder


def spoken_for(folder: Path, token: str):
    card = Demo(folder).read()
    verifier = Tokens(tokens.key_at(Demo(folder).key), issuer=card["issuer"], audience=card["graphql"])
    return verifier.verified(token.strip())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_its_use(command, capsys):
    assert ran(command, "--help") == 0
    assert len(capsys.readouterr().out) > 200


def test_help_lists_every_command(capsys):
    assert ran("--help") == 0

    text = capsys.readouterr().out
    assert all(command in text for command in COMMANDS)


def test_help_does_not_wait_for_heavy_imports():
    script = "import sys, app.cli; print([m for m in ('sqlmodel', 'strawberry', 'starlette') if m in sys.modules])"

    shown = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("role", [kind for kind in ViewerKind if kind is not ViewerKind.ANONYMOUS])
def test_a_token_speaks_for_the_role_asked_for(place, capsys, role):
    assert ran("token", role, "--dir", str(place)) == 0

    viewer = spoken_for(place, capsys.readouterr().out)
    assert viewer.kind is role
    assert viewer.scopes == USUAL_SCOPES[role]
    assert str(viewer.user_id) == (SOMCHAI if role is ViewerKind.CITIZEN else "None")


def test_a_token_can_be_for_one_partner_or_one_user(place, capsys):
    assert ran("token", "partner", "--partner", "strava", "--dir", str(place)) == 0
    assert spoken_for(place, capsys.readouterr().out).partner_name == "strava"

    for role in ("citizen", "admin"):
        assert ran("token", role, "--user", SOMCHAI, "--dir", str(place)) == 0
        assert str(spoken_for(place, capsys.readouterr().out).user_id) == SOMCHAI


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("citizen", "--user", "nobody"), "citizen1"),
        (("partner", "--partner", "nobody"), "garmin, strava"),
        (("ministry", "--user", "citizen1"), "leave --user out"),
        (("admin", "--user", "nobody"), "citizen1"),
        (("citizen", "--minutes", "61"), "60"),
        (("emperor",), "emperor"),
    ],
)
def test_a_token_for_somebody_who_is_not_there_is_refused(place, capsys, arguments, said):
    assert ran("token", *arguments, "--dir", str(place)) == 2

    assert said in capsys.readouterr().err


def test_a_token_before_the_first_demo_is_refused_in_one_sentence(tmp_path, capsys):
    assert ran("token", "citizen", "--dir", str(tmp_path)) == 2

    assert capsys.readouterr().err.startswith("ccc: ")


def test_what_the_demo_writes_is_readable_by_its_owner_only(place):
    assert (place / "demo.json").stat().st_mode & 0o777 == 0o600


def test_partners_lists_every_adapter(capsys):
    assert ran("partners") == 0

    assert [line.split("\t")[1] for line in capsys.readouterr().out.splitlines()][:2] == ["Strava", "Garmin Connect"]


def test_normalise_prints_workouts_as_json_lines_in_our_words(capfdbinary):
    assert ran("normalise", "strava", str(next((SAMPLES / "strava").glob("*detail*.json")))) == 0

    shown = capfdbinary.readouterr()
    (draft,) = [orjson.loads(line) for line in shown.out.splitlines()]
    assert list(draft)[:4] == ["partner_ref", "sport", "started_at", "local_date"]
    assert {"elapsed_seconds", "moving_seconds", "distance_meters", "energy_kcal", "steps", "manual"} <= set(draft)
    assert not {"raw", "citizen_number"} & set(draft)


def test_normalise_of_a_file_that_cannot_be_read_is_one_problem_line(tmp_path, capfdbinary):
    (tmp_path / "broken.json").write_text('{"id": 1,')

    assert ran("normalise", "strava", str(tmp_path / "broken.json")) == 2

    shown = capfdbinary.readouterr()
    problem = orjson.loads(shown.err.splitlines()[0])
    assert shown.out == b""
    assert (problem["kind"], problem["code"]) == ("problem", "BAD_PAYLOAD")


def test_normalise_for_an_unknown_partner_names_the_known_ones(tmp_path, capsys):
    (tmp_path / "any.json").write_text("{}")

    assert ran("normalise", "nobody", str(tmp_path / "any.json")) == 2

    assert "strava" in capsys.readouterr().err


def test_a_wrong_setting_stops_serve_with_its_name(monkeypatch, capsys):
    monkeypatch.setenv("CCC_PORT", "eighty")

    assert ran("serve") == 2

    assert "CCC_PORT" in capsys.readouterr().err


def test_serve_without_a_database_says_which_variable_is_missing(capsys):
    assert ran("serve") == 2

    assert "CCC_DATABASE_URL" in capsys.readouterr().err


def test_output_into_a_closed_pipe_ends_quietly():
    sample = next((SAMPLES / "strava").glob("*detail*.json"))
    reading, writing = os.pipe()
    os.close(reading)

    shown = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "normalise", "strava", str(sample)],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)

    assert shown.stderr == b""
