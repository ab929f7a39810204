"""Makes the new table of an old one and its changes: `apply_changes.py URL VERSION FOLDER`.

FOLDER holds observations.csv and observations.parquet as they were at VERSION. What is found is printed as JSON.
"""

import json
import sys
import urllib.request
from pathlib import Path

import duckdb
import pandas
from pysdmx.io.csv.sdmx20.reader import read as read_sdmx

base, version, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
KEY = ["strategy_id", "indicator_id", "measure", "period"]


def fetch(name, since=""):
    file = folder / f"{'changes-' if since else 'new-'}{name}"
    with urllib.request.urlopen(f"{base}/data/{name}{since}") as answer:
        file.write_bytes(answer.read())
    return file


since = f"?since={version}"
found = {}
old, new = folder / "observations.parquet", fetch("observations.parquet")
changes = fetch("observations.parquet", since)
made = f"""SELECT * FROM '{old}' AS old WHERE NOT EXISTS (
             SELECT 1 FROM '{changes}' AS changes
             WHERE {' AND '.join(f'old.{name} IS NOT DISTINCT FROM changes.{name}' for name in KEY)})
           UNION ALL SELECT * EXCLUDE (change) FROM '{changes}' WHERE change <> 'withdrawn'"""
differ = f"SELECT count(*) FROM (({made}) EXCEPT ALL FROM '{new}') UNION ALL " \
         f"SELECT count(*) FROM (FROM '{new}' EXCEPT ALL ({made}))"
found["duckdb"] = all(count == 0 for (count,) in duckdb.execute(differ).fetchall())
found["parquet"] = dict(duckdb.execute(f"SELECT change, count(*) FROM '{changes}' GROUP BY ALL").fetchall())


def table(file):
    return pandas.read_csv(file, dtype=str, keep_default_na=False)


old, new = table(folder / "observations.csv"), table(fetch("observations.csv"))
changes = table(fetch("observations.csv", since))
kept = old[~old.set_index(KEY).index.isin(changes.set_index(KEY).index)]
made = pandas.concat([kept, changes[changes.change != "withdrawn"].drop(columns="change")])
ordered = [of.sort_values(KEY).reset_index(drop=True) for of in (made, new)]
found["pandas"] = ordered[0].equals(ordered[1])
found["csv"] = {name: int(count) for name, count in changes.change.value_counts().items()}

sdmx = read_sdmx(fetch("observations.sdmx.csv", since).read_text())
found["sdmx"] = sdmx[0].action.value
print(json.dumps(found))
