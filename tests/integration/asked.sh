#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who asked for it: a roster that is applied, by a person, over HTTP or as its file was saved, a plugin that is reloaded,
# rolled back, unloaded or set, each stands in the journal ahead of what it brings, with who and how; so in the events, in
# those of the next run, in the list of reloads and in the report. What was only tried, or was so already, is no such act.
. "$(dirname "$0")/common.sh"
me=$(id -un)
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/is" 2>/dev/null && jq -e "$query" "$WORK/is" >/dev/null
}
done_is() { # WORD...
    ctl "$@" >"$WORK/out" 2>&1 || fail "ctl $*: ended with $?: $(cat "$WORK/out")"
}
mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$2/../../plugins/vol/vol.so" "$WORK/plugins"
PLUGINS=$WORK/plugins
roster() { # NAME...
    live_files "$(for name in "$@"; do agent "$name" busy.so "every: $((40 + ${name#busy_}))" '' ', orders_on_reload: cancel'; done
        printf '  - {name: calm, plugin: vol.so, stage: live, capital: 0 USDT, hard: 30s,\n     instruments: ["binance:BTCUSDT"], params: {high: 1.5}}\n')"
}
asked() { "$AGON" journal cat "$WORK/run" --live --type command 2>/dev/null | grep ' kind=asked ' >"$WORK/asked"; }
trades() { is ".[] | select(.name == \"$1\") | .state == \"active\" and .fills > 0" agents; }

start_sim --seed 3
HOST_MORE='watch: true'
roster busy_1 busy_2 busy_3
start_host
for name in busy_1 busy_2 busy_3; do until_true "$HOST_PID" "$name trades" trades $name; done

# Tried, or refused: nobody's act.
sed 's/open_orders: 200/open_orders: 150/' "$WORK/conf/roster.yaml" >"$WORK/less.yaml"
done_is apply "$WORK/less.yaml" --dry-run
# What would differ has the roster's words and units.
sed '0,/orders_on_reload: cancel, hard: 30s/s//orders_on_reload: keep, hard: 10s, on_crash: keep, wait: warm, depth: full, bars: [1m, 1h], checkpoint: 5s/' \
    "$WORK/conf/roster.yaml" >"$WORK/words.yaml"
done_is apply "$WORK/words.yaml" --dry-run
for line in 'on_crash  *cancel_all  *keep' 'hard  *30s  *10s' 'wait  *cold  *warm' 'depth  *top10  *full' "bars  *the plugin's  *1m, 1h" \
    'checkpoint  *10s  *5s' 'orders_on_reload  *cancel  *keep'; do
    grep -q "^busy_1  *$line " "$WORK/out" || fail "the dry run does not say '$line': $(cat "$WORK/out")"
done
ctl param set calm high many >"$WORK/out" 2>&1 && fail "a parameter of words is a number"
ctl param set busy_1 every 45 >"$WORK/out" 2>&1
[ $? = 5 ] && grep -q "'every' of busy_1 is read at a start only" "$WORK/out" || fail "one that is read at a start: $(cat "$WORK/out")"
ctl param set busy_1 evry 45 >"$WORK/out" 2>&1
[ $? = 2 ] && grep -q "no parameter 'evry'; there are: every, " "$WORK/out" || fail "one that is not there: $(cat "$WORK/out")"
asked && fail "what was only tried is in the journal: $(cat "$WORK/asked")"

done_is apply "$WORK/less.yaml"
done_is apply "$WORK/less.yaml" # so already
done_is param set calm high 1.75
done_is reload busy_2 "$PLUGINS/busy.so"
done_is rollback busy_2
ctl unload busy_3 --keep >"$WORK/out" 2>&1 || fail "unload: $(cat "$WORK/out")"
ctl unload busy_3 --keep >"$WORK/out" 2>&1 || fail "unload, so already: $(cat "$WORK/out")"
# Over HTTP it is the token's.
url=$(ctl url)
python3 - "${url%%/#*}/api/v1/reload" "${url##*=}" >"$WORK/out" 2>&1 <<'END' || fail "a reload over HTTP: $(cat "$WORK/out")"
import sys
import urllib.request

request = urllib.request.Request(sys.argv[1], b'{"args": ["busy_1"]}', {"Authorization": "Bearer " + sys.argv[2], "Content-Type": "application/json"}, method="POST")
print(urllib.request.urlopen(request, timeout=60).read().decode())
END
until_true "$HOST_PID" "the reload by the token" is 'any(.[]; .agent == "busy_1")' reloads
# Its file is saved.
sed 's/open_orders: 200/open_orders: 140/' "$WORK/conf/roster.yaml" | sed '/name: busy_3/,/limits/ s/^/#/' >"$WORK/conf/new"
mv "$WORK/conf/new" "$WORK/conf/roster.yaml"
until_true "$HOST_PID" "the saved roster" lines "$WORK/host.err" 'was saved: [1-9]' 1

asked || fail "nothing asked for is in the journal"
sed 's/^[^ ]* //' "$WORK/asked" | grep -o 'which=.*' | sed "s/ who=\"$me\"/ who=\"me\"/" >"$WORK/said"
tail=${PLUGINS##*/}
for line in '1 which="*apply"* scope=global .* who="me" why=".*less.yaml, 3 changes"' \
    '1 which="*param set"* scope=slot id=3 who="me" why="high = 1.75"' \
    "1 which=\"*reload\"* scope=slot id=1 who=\"me\" why=\".*$tail/busy.so\"" \
    '1 which="*rollback"* scope=slot id=1 who="me" why=""' \
    '1 which="*unload"* scope=slot id=2 who="me" why="keep"' \
    '1 which="*reload"* scope=slot id=0 who="token" why=""' \
    '1 which="*apply"* .* who="watch" why=".*roster.yaml, .* change'; do
    [ "$(grep -c -e "${line#* }" "$WORK/said")" = "${line%% *}" ] || fail "not ${line%% *} of ${line#* }: $(cat "$WORK/said")"
done
[ "$(wc -l <"$WORK/said")" = 7 ] || fail "$(wc -l <"$WORK/said") of it: $(cat "$WORK/said")"

# Ahead of what it brings.
ctl reloads --json >"$WORK/reloads"
jq -e --arg me "$me" 'map({agent, kind, by}) == [{agent: "busy_1", kind: "reload", by: "token"},
    {agent: "busy_2", kind: "rollback", by: $me}, {agent: "busy_2", kind: "reload", by: $me}]' "$WORK/reloads" >/dev/null ||
    fail "who reloaded: $(cat "$WORK/reloads")"
seq=$(awk '/ which="*reload"* .* id=1 / { print $1 }' "$WORK/asked")
[ "$seq" -lt "$(jq '.[2].seq' "$WORK/reloads")" ] || fail "the reload's event is before the word that asked for it"

# What operators see, now and in the next run, from the journal alone.
shows() {
    ctl events --json >"$WORK/events" 2>/dev/null && jq -e --arg me "$me" '
        def text(of; t): any(.[]; .kind == "asked" and .of == of and (.text | test(t)));
        text(""; "^apply by \($me): .*less.yaml, 3 changes$") and text("calm"; "^param set by \($me): high = 1.75$") and
        text("busy_2"; "^rollback by \($me)$") and text("busy_3"; "^unload by \($me): keep$") and
        text("busy_1"; "^reload by token$") and text(""; "^apply by watch: ")' "$WORK/events" >/dev/null
}
until_true "$HOST_PID" "the events of it" shows
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host --take-over
until_true "$HOST_PID" "the events of it, in the next run" shows
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the next run"
"$AGON" report "$WORK/run" >"$WORK/out" 2>&1 || fail "the report: $(cat "$WORK/out")"
for line in "a roster is applied by $me: " "a parameter is set by $me: high = 1.75" "a reload is asked for by token" \
    "is unloaded by $me: keep"; do
    grep -q -e "$line" "$WORK/out" || fail "the report does not say '$line': $(cat "$WORK/out")"
done
"$AGON" replay "$WORK/run" --verify >"$WORK/out" || fail "it does not replay: $(cat "$WORK/out")"
echo "seven acts, each with its name in the journal, the events, the reloads and the report"
