#!/usr/bin/env bash
# A researcher's morning (朝のしごと) in a shell: the municipalities of Japan compared in an indicator, with what it takes to cite it.
#
#   pip install duckdb-cli      # or https://duckdb.org/docs/installation; curl is there
#   examples/morning.sh http://127.0.0.1:8080 出生数 012262 morning
#
# The arguments: the address of a Shirube instance, the name of an indicator or a part of it, the code of a municipality to look at, and a
# folder for what is written: rows.csv, plot.svg and citation.txt. No account is needed.
set -euo pipefail
[ $# = 4 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
command -v duckdb > /dev/null || { echo "duckdb is missing: pip install duckdb-cli" >&2; exit 2; }
base=${1%/} name=$2 code=$3 folder=$4
mkdir -p "$folder/pages"
rm -f "$folder"/pages/*.json
cd "$folder"

# SQL in, lines out. Texts of others come in as variables, so that no quote in them is SQL.
sql() { name=$name code=$code duckdb -noheader -list -c "$1"; }
# GraphQL: a query, and its variables as SQL that makes JSON. What is wrong is told, and ends it.
ask() {
  query=$1 duckdb -noheader -list -c "SELECT json_object('query', getenv('query'), 'variables', $2)" |
    curl -sS "$base/graphql" -H 'content-type: application/json' --data-binary @- > "$3"
  errors=$(sql "SELECT unnest(json_extract_string(json, '\$.errors[*].message')) FROM read_json_objects('$3')")
  [ -z "$errors" ] || { echo "$errors" >&2; exit 1; }
}
export name code

# 1. The indicator, by its name.
ask 'query($text: String!) { standardIndicators(filter: { text: $text }, first: 20) { nodes { key name nameEn } } }' \
  "json_object('text', getenv('name'))" found.json
indicator="(SELECT of.key AS key, of.name AS name, of.nameEn AS english,
              row_number() OVER (ORDER BY of.name <> getenv('name')) AS place
            FROM (SELECT unnest(from_json(json->'\$.data.standardIndicators.nodes', '[{\"key\":\"VARCHAR\",\"name\":\"VARCHAR\",\"nameEn\":\"VARCHAR\"}]')) AS of
                  FROM read_json_objects('found.json')))"
key=$(sql "SELECT key FROM $indicator WHERE place = 1")
[ -n "$key" ] || { echo "no indicator is called $name (該当する指標がありません)" >&2; exit 1; }
sql "SELECT 'indicator: ' || name || ' (' || english || '), ' || key FROM $indicator WHERE place = 1"
sql "SELECT 'not taken: ' || string_agg(name, ', ' ORDER BY place) FROM $indicator WHERE place > 1 HAVING count(*) > 0"

# 2. How the municipalities compare, a page of rows after the other, all of one version of the data.
compare='query($key: String!, $version: String, $after: String) {
  comparison(indicators: [$key], dataVersion: $version) {
    citation { dataVersion licence attributions csv }
    comparisons {
      measured { year unit baseUnit reasons { text { ja } } }
      leftOut { totalCount }
      rows(first: 100, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { municipality { code } value { value rank } }
      }
    }
  }
}'
export key version= after= page=1
while :; do
  file=$(printf 'pages/%03d.json' $page)
  ask "$compare" "json_object('key', getenv('key'), 'version', nullif(getenv('version'), ''), 'after', nullif(getenv('after'), ''))" "$file"
  answer="(SELECT json->'\$.data.comparison' AS answer FROM read_json_objects('$file'))"
  version=$(sql "SELECT answer->>'\$.citation.dataVersion' FROM $answer")
  after=$(sql "SELECT answer->>'\$.comparisons[0].rows.pageInfo.endCursor' FROM $answer WHERE (answer->>'\$.comparisons[0].rows.pageInfo.hasNextPage')::BOOLEAN")
  [ -n "$after" ] || break
  page=$((page + 1))
done
rows="(SELECT unnest(from_json(json->'\$.data.comparison.comparisons[0].rows.nodes',
         '[{\"municipality\":{\"code\":\"VARCHAR\"},\"value\":{\"value\":\"DOUBLE\",\"rank\":\"BIGINT\"}}]')) AS of FROM read_json_objects('pages/*.json'))"
asked="(SELECT of.municipality.code AS municipality_code, of.value.value AS value, of.value.rank AS rank FROM $rows)"
sql "SELECT 'rows: ' || (SELECT count(*) FROM $asked) || ' of ' || (answer->>'\$.comparisons[0].rows.totalCount') ||
       '; without a value: ' || (answer->>'\$.comparisons[0].leftOut.totalCount') FROM $answer"
sql "SELECT 'mind: ' || unnest(json_extract_string(answer, '\$.comparisons[0].measured.reasons[*].text.ja')) FROM $answer"
[ "$(sql "SELECT count(*) FROM $asked")" != 0 ] || { echo "no municipality has a value (値のある市区町村がありません)" >&2; exit 1; }

# 3. The very same rows, by the id of the answer.
curl -sSf -o rows.csv "$(sql "SELECT answer->>'\$.citation.csv' FROM $answer")"
table="read_csv('rows.csv', types = { 'municipality_code': 'VARCHAR' })"

# 4. They are the same.
loaded="(SELECT municipality_code, value::DOUBLE AS value, rank::BIGINT AS rank FROM $table)"
differ=$(sql "SELECT (SELECT count(*) FROM (FROM $asked EXCEPT ALL FROM $loaded)) + (SELECT count(*) FROM (FROM $loaded EXCEPT ALL FROM $asked))")
[ "$differ" = 0 ] || { echo "$differ rows differ between the answer and its file" >&2; exit 1; }
echo "the file holds the same rows"

# 5. A plot: how the municipalities lie in 60 bars, and where one of them is.
drawn="SELECT municipality_code, municipality, CASE WHEN (SELECT count(per_base) FROM $table) > 0 THEN per_base ELSE value END::DOUBLE AS x FROM $table"
sql "WITH drawn AS ($drawn), span AS (SELECT min(x) AS low, greatest(max(x) - min(x), 1e-9) AS wide FROM drawn WHERE x IS NOT NULL),
       bars AS (SELECT least(floor((x - low) / wide * 60), 59) AS bar, count(*) AS n FROM drawn, span WHERE x IS NOT NULL GROUP BY ALL),
       one AS (SELECT municipality, 20 + (x - low) / wide * 600 AS spot FROM drawn, span WHERE municipality_code = getenv('code') AND x IS NOT NULL)
     SELECT '<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 320\" font-family=\"sans-serif\" font-size=\"14\">' ||
       (SELECT '<text x=\"20\" y=\"20\">' || replace(replace(name, '&', '&amp;'), '<', '&lt;') || ' ' || (answer->>'\$.comparisons[0].measured.year') || '（' ||
          coalesce(answer->>'\$.comparisons[0].measured.baseUnit', answer->>'\$.comparisons[0].measured.unit') || '）</text>'
        FROM $indicator, $answer WHERE place = 1) ||
       (SELECT string_agg(format('<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"9\" height=\"{:.1f}\" fill=\"#8fb3cf\"/>',
          20 + bar * 10, 280 - n * 240.0 / (SELECT max(n) FROM bars), n * 240.0 / (SELECT max(n) FROM bars)), '' ORDER BY bar) FROM bars) ||
       (SELECT format('<text x=\"20\" y=\"300\">{:.1f}</text><text x=\"620\" y=\"300\" text-anchor=\"end\">{:.1f}</text>', low, low + wide) FROM span) ||
       coalesce((SELECT format('<path d=\"M{0:.1f} 30V280\" stroke=\"#b03a2e\"/><text x=\"{0:.1f}\" y=\"44\" fill=\"#b03a2e\">{1:s}</text>', spot, municipality) FROM one), '') ||
       '</svg>'" > plot.svg
sql "SELECT getenv('code') || ' has no value and is not in the plot' WHERE NOT EXISTS
       (SELECT 1 FROM ($drawn) WHERE municipality_code = getenv('code') AND x IS NOT NULL)"

# 6. How it is cited.
sql "SELECT '「' || name || '」' || (answer->>'\$.comparisons[0].measured.year') || '年、' || (SELECT count(*) FROM $table) || '市区町村の比較'
     FROM $indicator, $answer WHERE place = 1
     UNION ALL SELECT 'データの版: ' || (answer->>'\$.citation.dataVersion') FROM $answer
     UNION ALL SELECT 'ライセンス: ' || (answer->>'\$.citation.licence') FROM $answer
     UNION ALL SELECT '出典: ' || unnest(json_extract_string(answer, '\$.citation.attributions[*]')) FROM $answer
     UNION ALL SELECT 'URL: ' || (answer->>'\$.citation.csv') || '（' || current_date || '参照）' FROM $answer" | tee citation.txt
