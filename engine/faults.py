"""The errors of an answer, and faults of ours: logged once, shown to the client as a reference only."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from engine.answer import Path, Refusal, Spot

_LOG = logging.getLogger("engine")


def fault(error: BaseException | str) -> dict[str, Any]:
    """The error a client is shown for a fault, logged here under its reference."""
    reference = uuid.uuid4().hex[:12]
    caught = error if isinstance(error, BaseException) else None
    _LOG.error("fault %s: %s", reference, type(error).__name__ if caught else error, exc_info=caught)
    return {
        "message": "Internal server error",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "errorId": reference},
    }


class Errors(list[dict[str, Any]]):
    """The errors of one answer, in the order of its fields."""

    def report(self, path: Path, refusal: Refusal, spot: Spot) -> None:
        """Notes a refusal at its path."""
        self.append({"message": refusal.message, **_place(path, spot), "extensions": {"code": refusal.code}})

    def fault(self, path: Path, error: BaseException | str, spot: Spot) -> None:
        """Notes a fault at its path."""
        self.append({**fault(error), **_place(path, spot)})


def _place(path: Path, spot: Spot) -> dict[str, Any]:
    return {"locations": [dict(place) for place in spot], "path": list(path)}
