from engine.model import Model
from schema import SCHEMA
from schema.demand import LIMITS, WEIGHTS


def test_every_weight_names_a_field_of_the_schema():
    types = Model(SCHEMA).types

    unknown = [key for key in WEIGHTS if key.split(".")[1] not in getattr(types.get(key.split(".")[0]), "fields", {})]

    assert unknown == []


def test_a_page_of_pages_of_the_largest_size_is_too_dear():
    assert LIMITS.most * LIMITS.most >= LIMITS.cost
