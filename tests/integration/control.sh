#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A running host is looked at and ordered by `agon ctl`: what is ordered happens, stands in the journal as a command
# (OBS-16), and ends with what the exchange sees. Then its metrics, as Prometheus' own checker has them.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
refused() { # CODE TEXT WORD...
    code=$1 text=$2
    shift 2
    ctl "$@" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$code" ] || fail "ctl $*: ended with $rc instead of $code"
    grep -qF -- "$text" "$WORK/out" || fail "ctl $*: does not say '$text': $(cat "$WORK/out")"
}
# is QUERY: is that true of what ctl says? WORD... are its verb
is() {
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
# ordered WORD...: the host has taken it. What the engine finds no time for within a second (no seq) it does in its turn.
ordered() { ctl "$@" --json >"$WORK/order" || fail "$*"; }
# shows WHAT QUERY WORD...: who was told that the last order is done sees it done.
shows() {
    shown=$1
    shift
    jq -e '.seq != null' "$WORK/order" >/dev/null || until_true "$HOST_PID" "$shown" is "$@"
    is "$@" || fail "$shown: $(cat "$WORK/out")"
}
code_of() { # PATH [HEADER]: the code of its answer
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n%bConnection: close\r\n\r\n' "$1" "$port" "${2:+$2\r\n}" >&3
    head -n 1 <&3 | cut -d ' ' -f 2
    exec 3>&-
}
get() { # PATH: its body
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n' "$1" "$port" \
        "$(cat "$WORK/run/token_read")" >&3
    sed '1,/^\r$/d' <&3
    exec 3>&-
}

cp "$PLUGINS/busy.so" "$FAULTY" "$WORK/"
PLUGINS=$WORK
refused 6 "no host runs in $WORK/run" status
start_sim --seed 3
HOST_MORE='watch: true'
live_files "$(agent busy_1 busy.so 'every: 20')
$(agent busy_2 busy.so 'every: 25')"
start_host
until_true "$HOST_PID" "orders" is '.orders > 5 and .state == "running"' status
port=$(sed 's/.*://' "$WORK/run/http")
is '.journal_class == "sync" and .agents == 2' status || fail "status: $(cat "$WORK/out")"
ctl status | grep -q '^state  *running$' || fail "status as a text: $(ctl status)"
ctl agents | grep -q 'busy_1' || fail "agents as a table: $(ctl agents)"

refused 2 "did you mean 'halt'" hlat
refused 2 "did you mean 'busy_1'" halt busy1
refused 2 "did you mean 'BTCUSDT'" books BTCUSD
refused 2 "not a level" log level loud
refused 2 "cancel takes" cancel

# One agent is halted: it sends nothing more, and the other goes on.
ordered halt busy_1
shows "after the halt" '.[0].state == "halted" and .[1].state == "active"' agents
ctl cancel busy_1 >/dev/null || fail "cancel busy_1"
# What only gives back what it holds may go on.
until_true "$HOST_PID" "its orders are cancelled" is 'all(.[]; .side == "sell")' orders busy_1
refused_before=$(ctl agents --json | jq '.[0].refused')
until_true "$HOST_PID" "its wishes are refused" is ".[0].refused > $refused_before + 5" agents
is 'all(.[]; .side == "sell")' orders busy_1 || fail "a halted agent buys: $(cat "$WORK/out")"
ctl resume busy_1 | grep -q '^done  *resumed$' || fail "resume busy_1"
# Who is not halted is not resumed, and it says so; the order stands in the journal all the same.
found() { # TEXT WORD...: asked again only where the engine found no time for it within a second, and named no event
    text=$1
    shift
    ctl "$@" >"$WORK/out" || fail "$*: $(cat "$WORK/out")"
    grep -q '^event ' "$WORK/out" || return 1
    grep -q "^done  *$text" "$WORK/out" || fail "$*: $(cat "$WORK/out")"
}
until_true "$HOST_PID" "resumed twice" found 'was not halted$' resume busy_1
until_true "$HOST_PID" "resume of all" found 'nothing was halted' resume
until_true "$HOST_PID" "resume kill" found 'the kill switch was not thrown' resume kill
until_true "$HOST_PID" "it trades again" is '.[0].state == "active" and .[0].open + .[0].fills > 0' agents

# The kill switch: nothing is open, nothing new leaves, and only its own word lifts it.
ctl kill >/dev/null || fail "kill"
until_true "$HOST_PID" "all is cancelled" is '.state == "killed" and .open_orders == 0' status
refused 5 "resume kill" resume
ctl resume kill >/dev/null || fail "resume kill"
until_true "$HOST_PID" "orders again" is '.state == "running" and .open_orders > 0' status

ctl log level debug >/dev/null || fail "log level"
is 'map(select(.area == "control" and .key == "kill" and .verb == "kill" and .code == 0)) | length == 1' log tail 200 || fail "the log does not tell of the kill"
until_true "$HOST_PID" "equity" is '.busy_1 | length > 2' equity

# A roster: nothing differs; then limits, another agent, and one that may not be thrown out by a slip. A file that is
# saved is applied by itself; one with a mistake is not.
ctl apply "$WORK/conf/roster.yaml" | grep -q none || fail "a roster that runs differs"
cp "$WORK/conf/roster.yaml" "$WORK/new.yaml"
sed -i '0,/orders_per_second: 1000/s//orders_per_second: 500/' "$WORK/new.yaml"
agent busy_3 busy.so 'every: 30' >>"$WORK/new.yaml"
ctl apply "$WORK/new.yaml" --dry-run >"$WORK/out" && grep -q 'busy_1  limits.orders_per_second  1000  500' "$WORK/out" ||
    fail "the difference: $(cat "$WORK/out")"
is 'length == 2' agents || fail "a dry run changed something"
ctl apply "$WORK/new.yaml" >"$WORK/out" && grep -q '2 made, 0 wait' "$WORK/out" || fail "apply: $(cat "$WORK/out")"
is '.limits.orders_per_second == 500' agent busy_1 || fail "the limit is not in force"
until_true "$HOST_PID" "the new agent trades" is '.[2].state == "active" and .[2].open > 0' agents
# Its past is that of those who were there from the start, and what came since.
past() { sed -n "s/.*\"text\":\"$1: start [12]: \([-0-9]*\) minutes, [1-9].*/\1/p" "$WORK/host.err"; }
lines "$WORK/host.err" 'busy_1: start [12]: [1-9][0-9]* minutes, [1-9]' 1 || fail "busy_1 begins without history"
lines "$WORK/host.err" 'busy_3: start 1: [1-9][0-9]* minutes, [1-9]' 1 || fail "busy_3 begins without history"
[ "$(past busy_3 | tail -1)" -ge "$(past busy_1)" ] || fail "of bars busy_1 had $(past busy_1), busy_3 $(past busy_3)"

# One that never comes back from its start is given up; the journal tells that events went on meanwhile.
cp "$WORK/new.yaml" "$WORK/stuck.yaml"
agent stuck faulty.so 'fault: start_hang' >>"$WORK/stuck.yaml"
# While it begins all else is answered (HST-20): between two answers by which it is still beginning the host halts,
# says how it is, and refuses a second roster. A try on a machine that needs longer than the plugin is given counts not.
begins() { is '(.[3].state // "ended") != "ended"' agents; }
no_more() { grep -c 'slot stuck: add failed' "$WORK/host.err"; }
settled_or_begins() { begins || [ "$(no_more)" -gt "$1" ]; }
# answers COMMAND...: which has stuck begin
answers() {
    gone=$(no_more)
    "$@"
    until_true "$HOST_PID" "stuck begins" settled_or_begins "$gone"
    ordered halt
    get /metrics >"$WORK/metrics"
    shows "status while an agent begins" '.state == "halted"' status
    ctl apply "$WORK/new.yaml" --dry-run >"$WORK/second.out" 2>&1
    second=$?
    is '.[0].state == "halted" and (.[3].state // "ended") != "ended"' agents
    is_between=$?
    ordered resume
    until_true "$HOST_PID" "stuck is given up" lines "$WORK/host.err" 'slot stuck: add failed' $((gone + 1))
    until_true "$HOST_PID" "resumed after an agent began" is '.[0].state == "active"' agents
    [ $is_between = 0 ] || return 1
    grep -q '^agon_agent_active{agent="stuck"} 0' "$WORK/metrics" || fail "no metrics of the one that begins"
    [ $second = 6 ] && grep -q 'being applied just now; try again' "$WORK/second.out" ||
        fail "a second roster ended with $second: $(cat "$WORK/second.out")"
}
# often COMMAND...: the same, as often as a slow machine may need
often() {
    for _ in $(seq 100); do
        answers "$@" && return
    done
    fail "nothing is answered while an agent begins: $*"
}
APPLY_PID=
by_verb() {
    [ -z "$APPLY_PID" ] || wait "$APPLY_PID"
    ctl apply "$WORK/stuck.yaml" >"$WORK/stuck.out" 2>&1 &
    APPLY_PID=$!
}
by_watch() {
    cp "$WORK/stuck.yaml" "$WORK/conf/roster.yaml.new"
    mv "$WORK/conf/roster.yaml.new" "$WORK/conf/roster.yaml"
}
cp "$WORK/conf/roster.yaml" "$WORK/first.yaml"
often by_watch
until_true "$HOST_PID" "the saved roster is refused" lines "$WORK/host.err" 'was saved and is not applied: stuck' 1
often by_verb
ended "$APPLY_PID" 6 "what cannot begin"
grep -q stuck "$WORK/stuck.out" || fail "apply of one that hangs: $(cat "$WORK/stuck.out")"
is '.[3].state == "ended" and .[0].state == "active"' agents || fail "after one that hangs: $(cat "$WORK/out")"
sed 's/every: 30/evry: 30/' "$WORK/new.yaml" >"$WORK/bad.yaml"
refused 3 "did you mean 'every'" apply "$WORK/bad.yaml"
refused 5 "--yes busy_1" apply "$WORK/first.yaml" # its limit was lowered meanwhile
refused 5 "--yes busy_3" apply "$WORK/first.yaml" --yes busy_1
ctl apply "$WORK/first.yaml" --keep --yes busy_1,busy_3 >"$WORK/out" && grep -q '2 made, 0 wait' "$WORK/out" || fail "busy_3 does not go: $(cat "$WORK/out")"
is 'all(.[] | select(.name == "busy_3"); .state == "ended")' agents || fail "after it was taken away: $(cat "$WORK/out")"
ctl apply "$WORK/new.yaml" >"$WORK/out" && grep -q '2 made, 0 wait' "$WORK/out" || fail "busy_3 does not come back: $(cat "$WORK/out")"
until_true "$HOST_PID" "it trades again" is '.[2].state == "active" and .[2].open > 0' agents
cp "$WORK/new.yaml" "$WORK/conf/roster.yaml.new"
sed -i 's/orders_per_second: 1000/orders_per_second: 700/' "$WORK/conf/roster.yaml.new"
mv "$WORK/conf/roster.yaml.new" "$WORK/conf/roster.yaml"
until_true "$HOST_PID" "the saved roster is applied" is '.limits.orders_per_second == 700' agent busy_2
top_is_ok() { "$AGON" top --dir "$WORK/run" >"$WORK/out" && grep -q '^feed ok' "$WORK/out"; }
until_true "$HOST_PID" "top tells of a feed that is ok" top_is_ok

# Prometheus' own checker, and an API that wants a token.
get /metrics >"$WORK/metrics"
grep -q '^agon_agent_fills_total{agent="busy_1"}' "$WORK/metrics" || fail "metrics: $(head "$WORK/metrics")"
for part in 'bucket{agent="busy_1",le="+Inf"}' 'sum{agent="busy_1"}' 'count{agent="busy_1"}'; do
    grep -qF "agon_agent_delivery_seconds_$part" "$WORK/metrics" || fail "no $part of the delivery"
done
# What a plugin says of itself (agon.metric).
grep -q '^agon_agent_metric{agent="busy_1",metric="0"} [1-9]' "$WORK/metrics" || fail "no metric: $(grep agent_metric "$WORK/metrics")"
is '.agent.metrics | keys == ["0", "1"] and .["0"] > 0' agent busy_1 || fail "no metric: $(cat "$WORK/out")"
is '.agents | map(select(.agent | startswith("busy"))) | length == 3 and all(.count > 0 and .p50_ns > 0 and .p99_ns >= .p50_ns)' latency ||
    fail "how long delivery takes: $(cat "$WORK/out")"
if command -v promtool >/dev/null; then
    promtool check metrics <"$WORK/metrics" >"$WORK/out" 2>&1 || fail "promtool: $(cat "$WORK/out")"
fi
get /api/v1/positions | jq -e 'type == "array"' >/dev/null || fail "the API's positions"
# Nothing is read without a token, nor with another's.
for path in /api/v1/status /api/v1/positions /metrics /openapi.json; do
    code=$(code_of $path)
    [ "$code" = 401 ] || fail "GET $path without a token: $code instead of 401"
done
code=$(code_of /api/v1/status "Authorization: Bearer $(tr 0-9a-f 1-9a-f0 <"$WORK/run/token_read")")
[ "$code" = 401 ] || fail "GET /api/v1/status with another token: $code instead of 401"
code=$(code_of /api/v1/status "Authorization: Bearer $(cat "$WORK/run/token_read")")
[ "$code" = 200 ] || fail "GET /api/v1/status with its token: $code instead of 200"
get /openapi.json | jq -e '.openapi == "3.0.3" and .paths["/api/v1/halt"].post and .security[0].token' >/dev/null || fail "the OpenAPI page"
[ "$(stat -c %a "$WORK/run/control.sock")$(stat -c %a "$WORK/run/token")" = 700600 ] || fail "modes of socket and token"

# A slot changes hands by ctl when its plugin can: what cannot is told, and nothing changes (reload.sh has the rest).
told() { # TEXT WORD...: refused for that reason
    text=$1
    shift
    ctl "$@" >"$WORK/out" 2>&1 && fail "ctl $*: was done"
    grep -qF -- "$text" "$WORK/out" || fail "ctl $*: does not say '$text': $(cat "$WORK/out")"
}
told 'orders_on_reload: keep' reload busy_1
told 'busy_1' rollback busy_1
told 'not an ELF file' reload busy_1 "$WORK/conf/roster.yaml"
# Files are named of configured folders alone, and no link leads out of them.
ln -s /etc "$WORK/out_of_it"
for path in /etc/passwd "$WORK/../../etc/passwd" "$WORK/out_of_it/passwd"; do
    told 'below a folder that this host may load from' reload busy_1 "$path"
    told 'below a folder that this host may load from' apply "$path"
done
told 'busy1' reload busy1
is '.[0].generation == 1' agents || fail "after refused reloads: $(cat "$WORK/out")"
is 'length == 0' quarantine ls || fail "somebody is in quarantine: $(cat "$WORK/out")"
told '0123456789' quarantine clear 0123456789 'no reason'
until_true "$HOST_PID" "a fill" is '.fills > 0' status
ctl export fills "$WORK/fills.csv" >/dev/null || fail "export"
[ "$(wc -l <"$WORK/fills.csv")" -gt 1 ] || fail "the export has no fills"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
[ ! -e "$WORK/run/control.sock" ] && [ ! -e "$WORK/run/http" ] || fail "socket or address are left behind"
"$AGON" journal cat "$WORK/run/journal" --type command >"$WORK/commands" || fail "the journal"
[ "$(wc -l <"$WORK/commands")" -ge 5 ] || fail "commands are missing in the journal: $(cat "$WORK/commands")"
"$AGON" journal cat "$WORK/run/journal" | awk '/ kind=slot / && / name="stuck" / { at = 1; next }
    at && / command kind=slot_condition scope=slot id=3 / { n = seen; exit }
    at && $3 == "trade" { seen++ }
    END { print n + 0 }' >"$WORK/meanwhile"
[ "$(cat "$WORK/meanwhile")" -gt 0 ] || fail "no event came while one did not come back from its start"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "halted, cancelled, killed and resumed by ctl; $(wc -l <"$WORK/commands") commands in the journal, which replays"
