#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A client that nobody here wrote trades: openapi-generator makes a Python client of the document that `agon config api` prints,
# and with it alone an operator reads agents, pauses one, cancels an order, closes a position, changes capital and code
# (api_client.py); what became of it stands in the ledger. redocly, the checker of others, has no error of the document.
# What is downloaded comes by npm and Maven as this machine has them set up, into the build folder, once.
. "$(dirname "$0")/common.sh"
here=$(cd "$(dirname "$0")" && pwd)
place=$AGON_BUILD_ROOT/tests/api_client
skip() {
    echo "skipped: $*"
    exit 77
}
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.6.1
generator=org.openapitools:openapi-generator-cli
version=7.14.0
sha256=e03186835022ca02da4aa95e3967b6a3b6d44c2e5f7606e6d5c22466f519c757
python3 -c 'import dateutil, pydantic, typing_extensions, urllib3' 2>/dev/null ||
    skip "needs python3-urllib3, python3-pydantic and python3-dateutil"
for tool in java mvn node npm jq; do
    command -v $tool >/dev/null || skip "needs $tool"
done
mkdir -p "$place" && exec 9>"$place/.lock" && flock 9
jar=$place/openapi-generator-cli-$version.jar
is_whole() { echo "$sha256  $jar" | sha256sum -c --status 2>/dev/null; }
is_whole || timeout 240 mvn -B -q "$plugin:copy" -Dartifact="$generator:$version:jar" -DoutputDirectory="$place" >"$place/mvn.log" 2>&1 ||
    skip "needs Maven's registry: $(grep -m 1 ERROR "$place/mvn.log" | cut -c1-200)"
is_whole || fail "the generator is not the file that it was"
exec 9>&-
. "$AGON_SOURCE_ROOT/tests/support/npm.sh"
npm_install "$AGON_SOURCE_ROOT/tests/api_client" "$place" || skip "needs a package registry: $(tail -n 1 "$place/install.log")"

"$AGON" config api >"$WORK/openapi.json" || fail "no document"
# One warning is known: a WebSocket begins with 101, and no answer of 200 follows.
(cd "$WORK" && REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true "$place/node_modules/.bin/redocly" lint --format=json openapi.json >"$WORK/redocly.json" 2>"$WORK/redocly.err")
jq -e '.totals.errors == 0 and ([.problems[].ruleId] - ["operation-2xx-response"] == [])' "$WORK/redocly.json" >/dev/null ||
    fail "redocly: $(jq -c '.problems[] | [.ruleId, .message, .location[0].pointer]' "$WORK/redocly.json" 2>/dev/null | head -10) $(tail -3 "$WORK/redocly.err")"
# Pydantic's two editions are two languages to a generator.
case $(python3 -c 'import pydantic; print(pydantic.VERSION)') in
1.*) kind=python-pydantic-v1 ;;
*) kind=python ;;
esac
java -jar "$jar" generate -g $kind -i "$WORK/openapi.json" -o "$WORK/client" --package-name agon_client \
    --global-property models,apis,supportingFiles,modelDocs=false,apiDocs=false,modelTests=false,apiTests=false \
    >"$WORK/generator.log" 2>&1 || fail "the generator: $(grep -m 3 -iE 'error|exception' "$WORK/generator.log")"

start_sim --seed 3 --speed 10
SPEED=10 live_files "$(agent busy_1 busy.so 'every: 20' '' ', orders_on_reload: cancel')
$(agent busy_2 busy.so 'every: 25')"
cp "$PLUGINS/busy_again.so" "$WORK/"
sed '/name: busy_2/s/100000/90000/' "$WORK/conf/roster.yaml" >"$WORK/conf/less.yaml"
start_host
until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"kind":"request"' 5
PYTHONPATH=$WORK/client python3 "$here/api_client.py" "$WORK/run" "$WORK/busy_again.so" "$WORK/conf/less.yaml" >"$WORK/client.out" 2>&1 ||
    fail "the client: $(tail -15 "$WORK/client.out")"
cat "$WORK/client.out"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
# Each order of the client is an event, by the number that it was answered with, and the ledger has what followed.
sed -n 's/^seq \([0-9]*\) .*/\1/p' "$WORK/client.out" >"$WORK/seqs"
[ "$(wc -l <"$WORK/seqs")" -ge 4 ] || fail "too few orders have numbers"
"$AGON" journal cat "$WORK/run/journal" --type command >"$WORK/commands" 2>/dev/null || fail "no journal"
while read -r seq; do
    grep -q "^ *$seq " "$WORK/commands" || fail "event $seq is not in the journal: $(tail -5 "$WORK/commands")"
done <"$WORK/seqs"
"$AGON" journal export "$WORK/run/journal" --fills "$WORK/fills.csv" >/dev/null 2>&1 || fail "no export of fills"
fill=$(sed -n 's/^closing fill \([0-9]*\) .*/\1/p' "$WORK/client.out")
grep -q "\(^\|,\)$fill," "$WORK/fills.csv" || fail "fill $fill, which closed the position, is not in the ledger's export: $(head -3 "$WORK/fills.csv")"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay" 2>&1 || fail "the journal does not replay: $(tail -3 "$WORK/replay")"
echo "redocly: 0 errors; $kind: $(find "$WORK/client/agon_client/models" -name '*.py' | wc -l) models; $(wc -l <"$WORK/seqs") orders in the journal"
