"""Whole numbers beyond 32 bits, for inputs; `schema.scalars` says how they travel."""

from __future__ import annotations

from typing import NewType

BigInt = NewType("BigInt", int)
"""A whole number up to 2^53, sent as a JSON number."""
