"""Places as partners see them."""

from __future__ import annotations

from domain import places as rows
from domain.scopes import Scope
from domain.statistics import LEAST_PEOPLE, MOST_CELLS
from engine.declare import Order
from resolvers import places, statistics
from schema.enums import described
from schema.statistics import PlaceStatistics
from schema.words import Connection, Node, column, connection, one, shows, text

described(
    rows.PlaceKind,
    says="The level of a place.",
    values={
        "country": "Thailand, the root of the tree.",
        "region": "One of the six geographic regions, R1 to R6.",
        "health_zone": "One of the thirteen health zones of the ministry of public health, HZ01 to HZ13.",
        "province": "One of the 77 provinces (จังหวัด), two digits.",
        "district": "A district (อำเภอ, เขต), four digits.",
        "subdistrict": "A subdistrict (ตำบล, แขวง), six digits.",
    },
)


class PlaceOrder(Order):
    """Orders of places."""

    NAME = "name"
    CODE = "code"


described(
    PlaceOrder,
    says="The order of places.",
    values={"name": "By Thai name, as in the Thai dictionary.", "code": "By code."},
)
ORDERS = {PlaceOrder.NAME: ("sort_key_th", "code"), PlaceOrder.CODE: ("code",)}


@shows(rows.Place, node=places.by_id, key="code", says="A node of Thailand's tree of places, by DOPA code.")
class Place(Node):
    """A place."""

    code: str = column(says="The DOPA code: 2 digits for a province, 4 for a district, 6 for a subdistrict.")
    kind: rows.PlaceKind = column(says="The level.")
    iso_code: str | None = column(says="ISO 3166-2, such as `TH-10`; on provinces and the country only.")
    name: str = text(th="name_th", en="name_en", says="The name.")
    parent: Place | None = one(
        places.parent_of,
        says="The place above: of a province its region, of a region or a health zone the country.",
    )
    health_zone: Place | None = one(places.health_zone_of, says="The health zone of a province; null on other levels.")
    children: Connection[Place] = connection(
        places.children_of, orders=ORDERS, says="The places directly under this one; under a health zone its provinces."
    )
    statistics_by_period: Connection[PlaceStatistics] | None = connection(
        statistics.series_of_place,
        orders=("starts_on",),
        needs=Scope.STATS_READ,
        says=f"What its people did in one period after another, the earliest first, {MOST_CELLS} periods at most. "
        "Figures are withheld as in `statistics`.",
    )
    # It comes last: the field's name hides the module within the class.
    statistics: PlaceStatistics | None = one(
        statistics.of_place,
        needs=Scope.STATS_READ,
        says=f"What its people did in one period. Figures about fewer than {LEAST_PEOPLE} people are withheld, and as "
        "many more as it takes that they cannot be found by subtracting places from the one above.",
    )
