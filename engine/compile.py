"""SQLAlchemy expressions to the text and parameters that the driver executes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, String, Text
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg

from engine.placeholders import Placeholder, PlanError


class _Compiler(PGCompiler_psycopg):
    """Writes the small constants of resolvers into the text: less to send, and a plan made for them."""

    def visit_bindparam(self, bindparam: Any, *args: Any, **kwargs: Any) -> Any:
        value = bindparam.value
        constant = isinstance(value, int | str) and not isinstance(bindparam, Placeholder)
        if constant and not (bindparam.expanding or bindparam.literal_execute or isinstance(value, bool)):
            literal = self._literal(bindparam.type, value)
            if literal is not None:
                return literal
        return super().visit_bindparam(bindparam, *args, **kwargs)  # type: ignore[no-untyped-call]

    def _literal(self, kind: Any, value: int | str) -> str | None:
        """The constant with its type, as a parameter has it; None for types that convert their values."""
        if type(kind) in (Integer, BigInteger) and type(value) is int:
            return f"({value})::{self.dialect.type_compiler_instance.process(kind)}"
        if type(kind) in (String, Text) and isinstance(value, str):
            text = str(value.value) if isinstance(value, Enum) else value
            if _WORD.fullmatch(text):
                return f"'{text}'::{self.dialect.type_compiler_instance.process(kind)}"
        return None


_WORD = re.compile(r"[A-Za-z0-9_ .-]*", re.ASCII)
"""Texts that mean nothing to SQL or to SQLAlchemy's own templates, whatever stands around them."""
_DIALECT = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_DIALECT.statement_compiler = _Compiler


@dataclass(frozen=True)
class Compiled:
    """A statement's text with $1, $2, ...; `names` are its parameters in order, `constants` those with fixed values."""

    sql: str
    names: Sequence[str]
    constants: Mapping[str, Any]

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters in order."""
        constants = self.constants
        return [constants[name] if name in constants else values[name] for name in self.names]


def compiled(made: Select[Any]) -> Compiled:
    """The statement, compiled once; values that resolvers wrote into their queries become constants.

    Raises PlanError when an argument stands where SQLAlchemy would need its value, as in `.in_(argument)`.
    """
    text: Any = made.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    binds: dict[str, Any] = text.binds
    processors = {name: bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) for name, bind in binds.items()}
    constants = {}
    for name in text.positiontup or ():
        bind = binds.get(name)
        if isinstance(bind, Placeholder):
            continue
        constants[name] = _plain(text.params[name], processors.get(name))
    for bind in binds.values():
        if isinstance(bind, Placeholder) and bind.expanding:
            raise PlanError(f"write `column == any_(argument)` instead of in_() for {bind.key}")
    for name, bind in binds.items():
        if bind.expanding and (process := processors.get(name)) is not None:
            for key in constants:
                if key.startswith(f"{name}_"):
                    constants[key] = _plain(text.params[key], process)
    return Compiled(str(text.string), tuple(text.positiontup or ()), constants)


def _plain(value: Any, process: Any) -> Any:
    made = process(value) if process is not None else value
    return made.value if isinstance(made, Enum) else made  # the driver would send an enum's name
