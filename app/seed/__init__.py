"""Fills a database with a plausible country of people who do not exist; see docs/seed.md."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import secrets
import signal
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from pwdlib import PasswordHash
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Sessions
from app.progress import Report
from app.seed.challenges import all_challenges
from app.seed.days import Chunk, drawn
from app.seed.people import DEMO, somebody
from app.seed.plan import CHUNK, Plan
from app.seed.shared import SHARED
from app.seed.teams import all_teams
from app.seed.writing import Sheets
from domain import reference
from domain.base import run, table_of
from domain.challenges import Challenge
from domain.errors import BadInput, Conflict
from domain.places import all_ancestors
from domain.rulebooks import Rulebooks, approved
from domain.teams import Team
from domain.users import Login

__all__ = ["DemoUser", "SeedReport", "seeded"]
