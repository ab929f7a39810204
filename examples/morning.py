"""A researcher's morning (朝のしごと): the municipalities of Japan compared in an indicator, with what it takes to cite it.

    pip install pandas matplotlib
    python examples/morning.py http://127.0.0.1:8080 出生数 012262 morning

The arguments: the address of a Shirube instance, the name of an indicator or a part of it, the code of a municipality to look at, and
a folder for what is written: rows.csv, plot.svg and citation.txt. No account is needed.
"""

import json
import sys
import urllib.request
import warnings
from datetime import date
from pathlib import Path

import matplotlib
import pandas

matplotlib.use("svg")
import matplotlib.pyplot as plot

if len(sys.argv) != 5:
    sys.exit(__doc__)
base, name, code, folder = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3], Path(sys.argv[4])
folder.mkdir(parents=True, exist_ok=True)


def ask(query, **variables):
    """Asks GraphQL, and stops with what it says is wrong."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{base}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        told = json.load(answer)
    if "errors" in told:
        sys.exit("\n".join(error["message"] for error in told["errors"]))
    return told["data"]


# 1. The indicator, by its name.
FIND = "query($text: String!) { standardIndicators(filter: { text: $text }, first: 20) { nodes { key name nameEn } } }"
found = ask(FIND, text=name)["standardIndicators"]["nodes"]
if not found:
    sys.exit(f"no indicator is called {name} (該当する指標がありません)")
indicator = next((of for of in found if of["name"] == name), found[0])
print(f"indicator: {indicator['name']} ({indicator['nameEn']}), {indicator['key']}")
others = [of["name"] for of in found if of is not indicator]
if others:
    print(f"not taken: {', '.join(others)}")

# 2. How the municipalities compare, a page of rows after the other, all of one version of the data.
COMPARE = """query($key: String!, $version: String, $after: String) {
  comparison(indicators: [$key], dataVersion: $version) {
    citation { dataVersion licence attributions csv }
    comparisons {
      measured { year unit baseUnit reasons { text { ja } } }
      leftOut { totalCount }
      rows(first: 100, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { municipality { code } value { value rank } }
      }
    }
  }
}"""
rows, version, after = [], None, None
while True:
    answer = ask(COMPARE, key=indicator["key"], version=version, after=after)["comparison"]
    citation, compared = answer["citation"], answer["comparisons"][0]
    rows += [(of["municipality"]["code"], of["value"]["value"], of["value"]["rank"]) for of in compared["rows"]["nodes"]]
    page, version = compared["rows"]["pageInfo"], citation["dataVersion"]
    if not page["hasNextPage"]:
        break
    after = page["endCursor"]
measured = compared["measured"]
print(f"rows: {len(rows)} of {compared['rows']['totalCount']}; without a value: {compared['leftOut']['totalCount']}")
for reason in measured["reasons"]:
    print(f"mind: {reason['text']['ja']}")
if not rows:
    sys.exit("no municipality has a value (値のある市区町村がありません)")

# 3. The very same rows, by the id of the answer.
file = folder / "rows.csv"
urllib.request.urlretrieve(citation["csv"], file)
table = pandas.read_csv(file, dtype={"municipality_code": str})

# 4. They are the same.
loaded = set(table[["municipality_code", "value", "rank"]].itertuples(index=False, name=None))
differ = len(set(rows) ^ loaded) + abs(len(rows) - len(table))
if differ:
    sys.exit(f"{differ} rows differ between the answer and its file")
print("the file holds the same rows")

# 5. A plot: how the municipalities lie, and where one of them is. Text stays text, so that the reader's fonts show it.
plot.rcParams["svg.fonttype"] = "none"
warnings.filterwarnings("ignore", message="Glyph .* missing")
per_base = table["per_base"].notna().any()
column, unit = ("per_base", measured["baseUnit"]) if per_base else ("value", measured["unit"])
figure, axes = plot.subplots(figsize=(8, 4.5))
axes.hist(table[column].dropna(), bins=60, color="#8fb3cf")
one = table[table["municipality_code"] == code]
if one.empty or one[column].isna().all():
    print(f"{code} has no value and is not in the plot")
else:
    axes.axvline(one[column].iloc[0], color="#b03a2e")
    axes.text(one[column].iloc[0], axes.get_ylim()[1] * 0.95, f" {one['municipality'].iloc[0]}", color="#b03a2e")
axes.set(title=f"{indicator['name']} {measured['year']}", xlabel=unit, ylabel="市区町村数")
figure.savefig(folder / "plot.svg")

# 6. How it is cited.
told = "\n".join(
    [
        f"「{indicator['name']}」{measured['year']}年、{len(table)}市区町村の比較",
        f"データの版: {version}",
        f"ライセンス: {citation['licence']}",
        *(f"出典: {attribution}" for attribution in citation["attributions"]),
        f"URL: {citation['csv']}（{date.today().isoformat()}参照）",
    ]
)
(folder / "citation.txt").write_text(told + "\n")
print(told)
