"""Reads the open data of a server with the tools of others, and prints what they found as JSON: `check_open_data.py URL`."""

import io
import json
import sys
import tempfile
import urllib.request
from pathlib import Path

import duckdb
import pandas
import pyarrow.feather
from csvw import CSVW
from frictionless import Package
from pyshacl import validate
from pysdmx.io.csv.sdmx20.reader import read as read_sdmx
from rdflib import Graph

base = sys.argv[1]


def fetch(path):
    with urllib.request.urlopen(f"{base}{path}") as answer:
        return answer.read()


found = {}
with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)
    files = []
    for number in ["01", "32"]:
        file = folder / f"{number}.parquet"
        file.write_bytes(fetch(f"/data/observations/{number}.parquet"))
        files.append(str(file))
    sums = """SELECT municipality_code, measure, count(*), count(value), sum(value) FROM {}
              GROUP BY ALL ORDER BY ALL"""
    found["by prefecture"] = duckdb.execute(sums.format("read_parquet($1)"), [files]).fetchall()
    whole = folder / "whole.parquet"
    whole.write_bytes(fetch("/data/observations.parquet"))
    found["whole"] = duckdb.execute(sums.format("read_parquet($1)"), [str(whole)]).fetchall()
    found["pandas"] = int(pandas.read_parquet(whole)["value"].notna().sum())

    lines = fetch("/data/observations.csv")
    table = folder / "observations.csv"
    table.write_bytes(lines)
    found["csv"] = duckdb.execute(sums.format("read_csv($1, all_varchar=false)"), [str(table)]).fetchall()
    arrow = pyarrow.feather.read_table(io.BytesIO(fetch("/data/observations/012262.arrow")))
    found["arrow"] = arrow.num_rows

package = Package(f"{base}/data/datapackage.json")
for resource in [resource.name for resource in package.resources if resource.format != "csv"]:
    # Its own readers of Parquet are another package's.
    package.remove_resource(resource)
report = package.validate()
found["frictionless"] = {"valid": report.valid, "errors": report.flatten(["type", "note"])[:5]}

described = CSVW(f"{base}/data/observations.csv-metadata.json", validate=True)
found["csvw"] = {"valid": described.is_valid, "rows": sum(1 for _ in described.tables[0].iterdicts())}

graph = Graph().parse(data=fetch("/data/catalog.jsonld"), format="json-ld")
conforms, _, told = validate(graph, shacl_graph=str(Path(__file__).parent / "dcat-shapes.ttl"))
found["dcat"] = {"conforms": conforms, "told": told, "triples": len(graph)}

sdmx = read_sdmx(fetch("/data/observations.sdmx.csv").decode())
found["sdmx"] = {dataset.short_urn: len(dataset.data) for dataset in sdmx}
print(json.dumps(found, ensure_ascii=False, default=float))
