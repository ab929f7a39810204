"""Reads Parquet over the network by parts, with DuckDB: `read_over_network.py URL`. What is found is printed as JSON."""

import json
import sys
import tempfile
import urllib.request
from datetime import datetime, timezone

import duckdb
import fsspec
from fsspec.implementations.http import HTTPFile, HTTPFileSystem

url = sys.argv[1]
parts = []


class Counted(HTTPFile):
    """A file that counts which parts it takes."""

    def _fetch_range(self, start, end):
        part = super()._fetch_range(start, end)
        parts.append(len(part))
        return part


class Network(HTTPFileSystem):
    """The files of a server, of which DuckDB asks when they were written."""

    def _open(self, path, mode="rb", **_):
        return Counted(self, path, session=fsspec.asyn.sync(self.loop, self.set_session), block_size=4096, mode=mode,
                       cache_type="none", size=self.info(path)["size"], loop=self.loop, asynchronous=False)

    def modified(self, path):
        return datetime.now(timezone.utc)


sums = "SELECT measure, count(value), sum(value) FROM read_parquet($1) GROUP BY ALL ORDER BY ALL"
network = duckdb.connect()
network.register_filesystem(Network())
found = {"over the network": network.execute(sums, [url]).fetchall()}

with tempfile.NamedTemporaryFile(suffix=".parquet") as file, urllib.request.urlopen(url) as answer:
    file.write(answer.read())
    file.flush()
    found["whole"] = duckdb.execute(sums, [file.name]).fetchall()
found["parts"] = len(parts)
print(json.dumps(found))
