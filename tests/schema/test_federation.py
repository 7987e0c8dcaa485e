"""What a gateway asks of a subgraph: entities by reference, and the schema."""

from auth.viewer import ANONYMOUS
from schema import SCHEMA
from tests.schema import factories as make

ENTITIES = """
query($of: [_Any!]!) { _entities(representations: $of) {
  __typename ... on Team { name(language: EN) } ... on User { displayName } ... on Place { code }
} }
"""


async def test_entities_are_found_by_reference_and_hidden_ones_are_not(ask, worker_sessions):
    club = await make.team(worker_sessions, name_en="Runners")
    malee, somchai = [await make.person(worker_sessions, name) for name in ("Malee", "Somchai")]
    wanted = [("Team", club.id), ("User", malee), ("User", somchai), ("Place", "10")]
    of = [{"__typename": name, "id": make.gid(name, key)} for name, key in wanted]

    own = (await ask(ENTITIES, make.citizen(malee), of=of))["_entities"]

    assert own == [
        {"__typename": "Team", "name": "Runners"},
        {"__typename": "User", "displayName": "Malee"},
        None,
        {"__typename": "Place", "code": "10"},
    ]


async def test_the_subgraph_tells_its_schema(ask):
    data = await ask("{ _service { sdl } }", ANONYMOUS)

    assert data["_service"]["sdl"].strip() == SCHEMA.as_str().strip()
