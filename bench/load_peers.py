"""The peers of bench/load.py, each loading the payload into a server: run by it, in an environment that has them.

    python bench/load_peers.py (graphrag|langchain) BOLT_ADDRESS PAYLOAD.jsonl

A line of the payload is one article: its entities [[name, type], …] and facts [[head, relation, tail, status, since, confidence], …].
Printed is one line of JSON: seconds and seconds of processor time from the payload in the peer's own objects to the end of its call,
and the process's peak of memory.
"""

import asyncio
import json
import logging
import resource
import sys
import time
from pathlib import Path


def write_graphrag(address: str, articles: list[dict]) -> tuple[float, float]:
    """neo4j-graphrag's Neo4jWriter with its defaults, all articles in one graph: an id for each name, as its pipeline makes them."""
    import neo4j
    from neo4j_graphrag.components.kg_writer import Neo4jWriter
    from neo4j_graphrag.components.types import Neo4jGraph, Neo4jNode, Neo4jRelationship

    nodes: dict[str, Neo4jNode] = {}
    relationships = []
    for article in articles:
        for name, label in article["entities"]:
            nodes.setdefault(name, Neo4jNode(id=name, label=label, properties={"name": name}))
        for head, relation, tail, status, since, confidence in article["facts"]:
            properties = {"status": status, "since": since, "confidence": confidence}
            relationships.append(
                Neo4jRelationship(start_node_id=head, end_node_id=tail, type=relation, properties=properties)
            )
    graph = Neo4jGraph(nodes=list(nodes.values()), relationships=relationships)
    with neo4j.GraphDatabase.driver(address) as driver:
        started, cpu = time.perf_counter(), time.process_time()
        result = asyncio.run(Neo4jWriter(driver).run(graph))
        seconds = time.perf_counter() - started, time.process_time() - cpu
    if result.status != "SUCCESS":
        sys.exit(f"neo4j-graphrag: {result.metadata}")
    return seconds


def write_langchain(address: str, articles: list[dict]) -> tuple[float, float]:
    """langchain-neo4j's add_graph_documents, one document an article, with the indexed base label that speeds it up."""
    from langchain_neo4j import Neo4jGraph
    from langchain_neo4j.graphs.graph_document import GraphDocument, Node, Relationship

    documents = []
    for article in articles:
        nodes = {name: Node(id=name, type=label, properties={"name": name}) for name, label in article["entities"]}
        relationships = [
            Relationship(
                source=nodes[head],
                target=nodes[tail],
                type=relation,
                properties={"status": status, "since": since, "confidence": confidence},
            )
            for head, relation, tail, status, since, confidence in article["facts"]
        ]
        documents.append(GraphDocument(nodes=list(nodes.values()), relationships=relationships))
    graph = Neo4jGraph(url=address, username="", password="", refresh_schema=False)
    started, cpu = time.perf_counter(), time.process_time()
    graph.add_graph_documents(documents, baseEntityLabel=True)
    seconds = time.perf_counter() - started, time.process_time() - cpu
    graph.close()
    return seconds


def main() -> None:
    logging.disable(logging.WARNING)  # a line for every statement that uses what is on its way out
    peer, address, path = sys.argv[1:]
    with Path(path).open(encoding="utf-8") as file:
        articles = [json.loads(line) for line in file]
    seconds, cpu = {"graphrag": write_graphrag, "langchain": write_langchain}[peer](address, articles)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak}))


if __name__ == "__main__":
    main()
