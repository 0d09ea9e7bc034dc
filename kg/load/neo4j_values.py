"""What Neo4j's driver returns as plain data: the same forms that the embedded store gives, fit for JSON."""

from typing import Any

import neo4j.graph
import neo4j.spatial
import neo4j.time

from kg.load.base import Row


def write_row(record: neo4j.Record) -> Row:
    """A record as a row by column."""
    return {column: write_value(value) for column, value in zip(record.keys(), record.values(), strict=True)}


def write_value(value: Any) -> Any:
    """A node as {id, labels, properties}, a relationship as {id, start, end, type, properties}, a path as {nodes, relationships};
    times as ISO strings, points as {x, y, …, srid}. Properties of the store's own bookkeeping are left out.
    """
    if isinstance(value, list):
        return [write_value(item) for item in value]
    if isinstance(value, neo4j.graph.Path):
        return {
            "nodes": [write_value(node) for node in value.nodes],
            "relationships": [write_value(relationship) for relationship in value.relationships],
        }
    if isinstance(value, neo4j.graph.Node):
        return {
            "id": value.element_id,
            "labels": sorted(value.labels, key=_general_first),
            "properties": _properties(value),
        }
    if isinstance(value, neo4j.graph.Relationship):
        start, end = (node.element_id if node is not None else None for node in value.nodes)
        return {
            "id": value.element_id,
            "start": start,
            "end": end,
            "type": value.type,
            "properties": _properties(value),
        }
    if isinstance(value, dict):
        return {key: write_value(item) for key, item in value.items()}
    if isinstance(value, neo4j.time.Date | neo4j.time.Time | neo4j.time.DateTime | neo4j.time.Duration):
        return value.iso_format()
    if isinstance(value, neo4j.spatial.Point):
        return {**dict(zip("xyz", value, strict=False)), "srid": value.srid}
    if isinstance(value, bytes | bytearray):
        return value.hex()
    return value


def write_plan(plan: dict[str, Any]) -> list[Row]:
    """A plan as rows {step, operation, details, estimated_rows, into}, in the order in which rows flow.

    `into` is the step that takes what this one yields: the next one, but where a step has two sources; null at the end.
    """
    rows: list[Row] = []

    def walk(part: dict[str, Any]) -> int:
        sources = [walk(child) for child in part.get("children", ())]
        step = len(rows) + 1
        arguments = part.get("args", {})
        estimated = arguments.get("EstimatedRows")
        rows.append(
            {
                "step": step,
                "operation": part["operatorType"].partition("@")[0],  # behind it stands the database
                "details": arguments.get("Details", ""),
                "estimated_rows": None if estimated is None else round(estimated, 1),
                "into": None,
            }
        )
        for source in sources:
            rows[source - 1]["into"] = step
        return step

    walk(plan)
    return rows


def _properties(entity: neo4j.graph.Entity) -> dict[str, Any]:
    return {key: write_value(item) for key, item in sorted(entity.items()) if not key.startswith("_")}


def _general_first(label: str) -> tuple[bool, str]:
    return label != "Entity", label
