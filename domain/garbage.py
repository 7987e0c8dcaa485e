"""Keeps the cycle collector out of a batch's way."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection of cycles during the block, which must not await: others of this process need it.

    A batch makes tens of thousands of objects that all live until it is written. The collector went through them, and
    through everything the process has loaded, time and again: a third of the CPU of ingest. What it missed meanwhile it
    does once, after the block.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
