"""Our own server as it is operated: `ccc serve`, with bearer tokens, scopes, visibility and the request log."""

from __future__ import annotations

import base64
import secrets
import sys
from pathlib import Path
from typing import Any

import orjson

from auth import tokens
from auth.tokens import LONGEST_MINUTES, Tokens
from auth.viewer import Viewer
from bench.contenders import CONNECTIONS, Launch, Place, Post
from bench.workloads import W1, W2, W3, W4, W5, Ask, same_form
from engine import ids

DOCUMENTS = {
    W1: "{ viewer { user { displayName creditBalance memberships { team { name } } } } }",
    W2: """{ viewer { user { activities(first: 50) {
        edges { cursor node { id sport startedAt movingSeconds distanceMeters energyKcal credits verdict } }
        pageInfo { hasNextPage endCursor }
    } } } }""",
    W3: """query ($month: Date!) { places(where: {kind: PROVINCE}, first: 77) { nodes {
        code name statistics(period: MONTH, on: $month) {
            participants activities movingSeconds distanceMeters energyKcal credits withheld
        }
    } } }""",
    W4: """query ($challenge: ID!) { node(id: $challenge) { ... on Challenge {
        title leaderboard(first: 100) { nodes { rank score displayName } } myStanding { rank score }
    } } }""",
    W5: """query ($teams: [ID!]!) { nodes(ids: $teams) { ... on Team {
        name members(first: 10) { nodes { user {
            displayName activities(first: 3) { nodes { sport startedAt energyKcal credits } }
        } } }
    } } }""",
}
KINDS = {"challenge": "Challenge", "teams": "Team"}


class Ours:
    """The hub."""

    name = "ours"
    title = "CCC Hub: tokens, scopes, visibility and request log on"

    def __init__(self) -> None:
        self._tokens: Tokens | None = None
        self._minted: dict[Viewer, str] = {}

    def prepare(self, place: Place) -> Launch:
        """What `ccc serve` needs; its log goes where its other output goes."""
        issuer = f"http://127.0.0.1:{place.port}"
        pem = place.folder / "key.pem"
        self._tokens = Tokens(tokens.generated_key(pem), issuer=issuer, audience=f"{issuer}/graphql")
        environment = {
            "CCC_DATABASE_URL": place.owner_url,
            "CCC_DATABASE_CONNECTIONS": str(CONNECTIONS),
            "CCC_PORT": str(place.port),
            "CCC_SIGNING_KEY": str(pem),
            "CCC_CITIZEN_NUMBER_KEY": secrets.token_hex(32),
            "CCC_LOG_FORMAT": "json",
        }
        return Launch([str(Path(sys.executable).with_name("ccc")), "serve"], environment)

    def renew(self) -> None:
        """Forget the tokens minted so far: they last an hour, and a long run longer."""
        self._minted.clear()

    def post(self, workload: str, ask: Ask) -> Post:
        """The document with its variables, and the bearer of whoever asks."""
        assert self._tokens is not None  # noqa: S101 - prepared first
        token = self._minted.get(ask.viewer)
        if token is None:
            token = self._minted[ask.viewer] = self._tokens.mint(ask.viewer, minutes=LONGEST_MINUTES)
        return Post("/graphql", body_of(DOCUMENTS[workload], ask), {"Authorization": f"Bearer {token}"})

    def form(self, workload: str, answer: Any) -> Any:
        """Its data, global ids as the keys they name."""
        if workload == W2:
            for edge in answer["data"]["viewer"]["user"]["activities"]["edges"]:
                edge["node"]["id"] = key_of(edge["node"]["id"])
        return same_form(workload, answer["data"])


def body_of(document: str, ask: Ask, **more: str) -> bytes:
    """The JSON of a request to our schema, identifiers as global ids."""
    given = {
        name: [ids.encoded(KINDS[name], each) for each in value]
        if isinstance(value, list)
        else ids.encoded(KINDS[name], value)
        if name in KINDS
        else value
        for name, value in ask.arguments.items()
        if f"${name}:" in document
    }
    return orjson.dumps({"query": document, "variables": given | more})


def key_of(global_id: str) -> str:
    """The key in a global id."""
    return base64.urlsafe_b64decode(global_id + "=" * (-len(global_id) % 4)).decode().partition(":")[2]
