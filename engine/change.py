"""One field of a mutation: the change and the read-back of its payload in one transaction."""

from __future__ import annotations

from typing import Any

from graphql.execution.values import VariableValues
from graphql.utilities import coerce_input_literal

from engine import arguments
from engine.answer import At, Nulled, Obj, Refusal, Slot
from engine.ids import Unusable
from engine.outs import Constant, Nested, UserErrors
from engine.plan import Change, UserRefusal
from engine.run import Execution
from engine.wire import Wire


async def changed(
    run: Execution, change: Change, values: VariableValues, context: Any, refused: type[Exception]
) -> dict[str, Any]:
    """The response key and payload of a change.

    A refusal rolls back and becomes `userErrors`; a fault rolls back and becomes an error of the field.
    Raises Nulled when the field is null and may not be.
    """
    slot = change.slot
    if not isinstance(slot.out, Nested):
        return {slot.key: slot.walk(run, At(()))}
    answer: dict[str, Any] | None = None
    run.user_errors = ()
    try:
        given = _input(change, values)
        async with context.transaction():
            await _made(run, change, given, context)
            (row,) = run.memory.framed(change.objects, run.groups)
            answer = slot.out.obj.walk(run, At(row, None, (slot.key,), slot.spot))
    except Unusable as error:
        run.report((slot.key,), Refusal("BAD_USER_INPUT", str(error)), slot.spot)
    except Nulled:
        pass
    except refused as error:
        answer = _refused(run, slot.out.obj, error, slot)
    except Exception as error:  # noqa: BLE001 - the other fields of the mutation still deserve their answers
        run.fault((slot.key,), error, slot.spot)
    if answer is None and slot.nonnull:
        raise Nulled
    return {slot.key: answer}


def _input(change: Change, values: VariableValues) -> Any:
    """The input as the resolver takes it. Raises Unusable for ids that are none."""
    if change.argument is None or change.node is None:
        raise TypeError("a change has an input")
    coerced = coerce_input_literal(change.node, change.argument.graphql_type, values)
    return arguments.real(change.argument.kind, coerced)


async def _made(run: Execution, change: Change, given: Any, context: Any) -> None:
    """Makes the change, and reads what its payload asks of the rows behind it in the session's own transaction."""
    if change.card is None:
        raise TypeError("a change has a card")
    run.memory.hold(change.objects, [await change.card.change(context, given)])
    if change.levels:
        session = context.session
        await session.flush()
        raw = await (await session.connection()).get_raw_connection()
        await run.read(Wire(raw.driver_connection, keeps=False), change.levels, (), transaction=False)


def _refused(run: Execution, payload: Obj, error: Any, slot: Slot) -> dict[str, Any] | None:
    """A payload of nothing but the refusal."""
    run.user_errors = [UserRefusal(str(error.code), str(error.message), [str(part) for part in error.path])]
    made: dict[str, Any] = {}
    try:
        for part in payload.slots:
            said = isinstance(part.out, UserErrors | Constant)
            made[part.key] = part.walk(run, At((), None, (slot.key,), part.spot)) if said else None
    except Nulled:
        return None
    return made
