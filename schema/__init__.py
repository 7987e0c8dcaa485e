"""The public contract, as text in `schema.graphql` and as objects here."""

from __future__ import annotations

from schema.queries import Query
from schema.root import PRINTED, SCHEMA, Mutation

__all__ = ["PRINTED", "SCHEMA", "Mutation", "Query"]
