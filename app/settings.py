"""The settings: the only reader of the environment, checked once at start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import Refused

PREFIX = "CCC_"
WORKER = "ccc_worker"
API = "ccc_api"


class BadSettings(Refused):
    """An environment variable that is missing or cannot be used; the message names it."""

    code = "BAD_SETTINGS"
    status = 500


def _postgresql(url: str) -> str:
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise ValueError("is not a database URL such as postgresql://user@host/database") from error
    if made.drivername not in {"postgresql", "postgres"} or not made.database or not made.username:
        raise ValueError("must look like postgresql://user@host/database")
    return url


DatabaseUrl = Annotated[str, AfterValidator(_postgresql)]


class Settings(BaseSettings):
    """Every setting, its meaning and its default; `docs/operations.md` lists the same names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: DatabaseUrl | None = None
    """The PostgreSQL to use as its owner; unset: `ccc demo` starts the embedded one."""
    worker_database_url: DatabaseUrl | None = None
    """The same database as the worker role; unset: the owner's URL with the user `ccc_worker`."""
    api_database_url: DatabaseUrl | None = None
    """The same database as the API role; unset: the owner's URL with the user `ccc_api`."""
    database_connections: int = Field(default=10, ge=1, le=200)
    """Connections each process may open per role."""
    fold_seconds: float = Field(default=1.0, ge=0.1, le=60)
    """How often each process looks whether counters wait to be folded."""
    reconcile_people: int = Field(default=1_000, ge=1, le=100_000)
    """Whose figures are recomputed and compared by each reconciliation, every five minutes."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port to listen on; 0 takes a free one. `PORT=8123 make demo` sets it too."""
    issuer: HttpUrl | None = None
    """Who signs our tokens (`iss`), as clients reach it; unset: http://127.0.0.1:<port>."""
    signing_key: Path | None = None
    """PEM file of the ES256 private key that signs tokens; `ccc demo` makes one under `.demo/`."""
    citizen_number_key: SecretStr | None = Field(default=None, min_length=32)
    """Secret of the hash under which citizen numbers are known, 32 characters or more; never changes."""
    partner_secrets: dict[str, SecretStr] = Field(default_factory=dict)
    """What a vendor's deliveries are verified by: a JSON object of secrets by partner name."""
    uploads_dir: Path | None = None
    """Where uploaded files wait for a worker, shared by servers and workers; unset: a private temporary folder."""
    upload_bytes: int = Field(default=2_000_000_000, ge=1_000_000, le=50_000_000_000)
    """The largest file that is taken."""
    uploads_under_way: int = Field(default=8, ge=1, le=1_000)
    """How many files of one partner may wait or be read at the same time, and deliveries by line in each process."""
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """Whoever bears it may read `/metrics`; unset: only this machine may, without a proxy between."""
    log_format: str = Field(default="auto", pattern="^(auto|json|console)$")
    """`json`, `console`, or `auto`: console on a terminal."""
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """The least important level that is written."""
    forwarded_allow_ips: str = "127.0.0.1"
    """Proxies whose X-Forwarded-* headers are believed, comma separated; `*` for any."""

    def issued_by(self) -> str:
        """The issuer as it stands in tokens, without a trailing slash."""
        return str(self.issuer).rstrip("/") if self.issuer else f"http://127.0.0.1:{self.port}"

    def url_of(self, role: str | None = None) -> str:
        """The database URL of the owner (None), `ccc_worker` or `ccc_api`. Raises BadSettings without a database."""
        if self.database_url is None:
            raise BadSettings(
                f"Set {PREFIX}DATABASE_URL to a PostgreSQL database, or run `ccc demo`, which brings one."
            )
        given = {WORKER: self.worker_database_url, API: self.api_database_url}.get(role or "")
        if role is None or given is not None:
            return given or self.database_url
        return with_user(self.database_url, role)

    def citizen_number_secret(self) -> bytes:
        """The key of the citizen numbers' hash. Raises BadSettings without one."""
        if self.citizen_number_key is None:
            raise BadSettings(f"{PREFIX}CITIZEN_NUMBER_KEY: give a secret of 32 characters or more, and keep it.")
        return self.citizen_number_key.get_secret_value().encode()


def with_user(url: str, user: str) -> str:
    """`url` for another user of the same database."""
    return make_url(url).set(username=user).render_as_string(hide_password=False)


def settings(**overrides: object) -> Settings:
    """The settings from the environment, with `overrides` on top.

    Raises BadSettings naming every variable that cannot be used.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # names and types are checked by pydantic
    except SettingsError as error:
        # Only a value that must be JSON ends here, before validation; the message quotes no value.
        field = re.search(r'field "(\w+)"', str(error))
        raise BadSettings(f"{PREFIX}{field[1].upper() if field else ''}: must be a JSON object.") from None
    except ValidationError as error:
        problems = []
        for each in error.errors(include_input=False, include_url=False):
            name = PREFIX + "_".join(str(part) for part in each["loc"][:1]).upper()
            problems.append(f"{name}: {each['msg'].removeprefix('Value error, ')}")
        raise BadSettings("; ".join(problems)) from None
