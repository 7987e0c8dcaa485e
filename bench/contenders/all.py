"""The contenders by name, in the order of the table."""

from __future__ import annotations

from collections.abc import Mapping

from bench.contenders import Contender
from bench.contenders.canned import Canned
from bench.contenders.ours import Ours
from bench.contenders.postgraphile import PostGraphile
from bench.contenders.stock import Stock

CONTENDERS: Mapping[str, type[Contender]] = {each.name: each for each in (Ours, Canned, PostGraphile, Stock)}
"""Ours first; the others are measured against it."""
