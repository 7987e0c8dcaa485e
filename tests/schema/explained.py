"""What the statements of a document read, by EXPLAIN (ANALYZE, BUFFERS) with the plans that the API has."""

from dataclasses import dataclass

from psycopg import sql

from engine import document as documents
from engine.run import Execution


@dataclass(frozen=True)
class Reads:
    """Rows that indexes gave, pages that were looked at, and tables that were read from one end to the other."""

    rows: int
    pages: int
    scanned: frozenset[str]


async def reads(engine, pool, document, viewer, **variables):
    """The reads of all statements of a document, whose keys must be known without an answer."""
    given = engine._document(document).operation(None)
    coerced = documents.coerced(engine.model, given, variables, engine.limits).coerced
    _, plan = engine._plan(engine._document(document), given, coerced, viewer)
    execution = Execution(plan, coerced, viewer, engine.limits)
    execution.bind(engine.model.keys)
    execution.memory.hold(plan.objects, [None])
    found = []
    async with pool.connection() as connection:
        for level in (each for batch in plan.rounds(plan.levels) for each in batch):
            text, parameters = execution._job(level, execution._keys(level))
            await connection.execute(f"PREPARE asked AS {text}".encode())
            values = sql.SQL(", ").join(map(sql.Literal, parameters))
            asked = sql.SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked") + (
                sql.SQL(" ({})").format(values) if parameters else sql.SQL("")
            )
            ((plans,),) = await (await connection.execute(asked)).fetchall()
            await connection.execute("DEALLOCATE asked")
            found.append(plans[0]["Plan"])
    nodes = [node for each in found for node in walked(each)]
    return Reads(
        rows=sum(map(taken, nodes)),
        pages=sum(each["Shared Hit Blocks"] + each["Shared Read Blocks"] for each in found),
        scanned=frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"),
    )


def walked(node):
    yield node
    for each in node.get("Plans", ()):
        yield from walked(each)


def taken(node):
    """The rows that a node takes from an index or a table, those included that it drops again."""
    if "Relation Name" not in node and "Index Name" not in node:
        return 0
    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return round((node["Actual Rows"] + dropped) * node["Actual Loops"])
