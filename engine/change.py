"""One field of a mutation: the change and the read-back of its payload in one transaction."""

from __future__ import annotations

from typing import Any

from graphql import ValueNode
from graphql.execution.values import VariableValues
from graphql.utilities import coerce_input_literal

from engine import arguments
from engine.answer import Constant, Nested, Nulled, Obj, Refusal, Slot, UserErrors
from engine.ids import Unusable
from engine.plan import Change, UserRefusal
from engine.run import Execution


async def changed(run: Execution, change: Change, values: VariableValues, context: Any, refused: type[Exception]) -> dict[str, Any]:
    """The response key and payload of a change.

    A refusal rolls back and becomes `userErrors`; a fault rolls back and becomes an error of the field.
    Raises Nulled when the field is null and may not be.
    """
    slot = change.slot
    if change.card is None:
        return Obj([slot]).walk(run, (), None, (), ())
    payload = slot.out.obj if isinstance(slot.out, Nested) else Obj()
    try:
        given = _input(change, values)
        async with context.transaction():
            made = await change.card.change(context, given)
            await _read_back(run, change, made, context)
            run.user_errors = ()
            (row,) = run.framed(change.objects)
            answer: dict[str, Any] | None = payload.walk(run, row, None, (slot.key,), slot.spot)
    except Unusable as error:
        run.report((slot.key,), Refusal("BAD_USER_INPUT", str(error)), slot.spot)
        answer = None
    except Nulled:
        answer = None
    except refused as error:
        answer = _refused(run, payload, error, slot)
    except Exception as error:  # noqa: BLE001 - the other fields of the mutation still deserve their answers
        run.fault((slot.key,), error, slot.spot)
        answer = None
    if answer is None and slot.nonnull:
        raise Nulled
    return {slot.key: answer}


def _input(change: Change, values: VariableValues) -> Any:
    """The input as the resolver takes it. Raises Unusable for ids that are none."""
    assert change.argument is not None  # noqa: S101 - changes with a card have one
    assert isinstance(change.node, ValueNode)  # noqa: S101
    coerced = coerce_input_literal(change.node, change.argument.graphql_type, values)
    return arguments.real(change.argument.kind, coerced)


async def _read_back(run: Execution, change: Change, made: object, context: Any) -> None:
    """Reads what the payload asks of the rows behind the returned object, in the session's own transaction."""
    run.hold(change.objects, [made])
    if not change.levels:
        return
    session = context.session
    await session.flush()
    raw = await (await session.connection()).get_raw_connection()
    await run.read(raw.driver_connection, change.levels, (), transaction=False)


def _refused(run: Execution, payload: Obj, error: Any, slot: Slot) -> dict[str, Any] | None:
    run.user_errors = [UserRefusal(str(error.code), str(error.message), [str(part) for part in error.path])]
    made: dict[str, Any] = {}
    try:
        for part in payload.slots:
            own = isinstance(part.out, UserErrors | Constant)
            made[part.key] = part.out.walk(run, (), None, (slot.key, part.key), part.spot) if own else None
    except Nulled:
        return None
    return made
