#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real browser reloads an agent and rolls it back on the agent's page, is refused a file that is broken, and opens what the marks of the
# equity chart stand for: what the page says is what the host answered, its journal numbered and `agon ctl` lists.
. "$(dirname "$0")/common.sh"
. "$AGON_SOURCE_ROOT/tests/support/page_host.sh"
page_needs node npm chromium jq
mkdir "$WORK/plugins"
cp "$PLUGINS"/busy.so "$PLUGINS"/busy_again.so "$FAULTY" "$WORK/plugins/"
PLUGINS=$WORK/plugins
cp "$PLUGINS/busy.so" "$PLUGINS/mine.so"

start_sim --seed 3 --speed 20
SPEED=20 live_files "$(agent mine mine.so 'every: 20' '' ', orders_on_reload: cancel')
$(agent other busy.so 'every: 25')"
sed -i '1i tournament: {schedule: "*/5 * * * *", sample: 1m, window: 1h, min_samples: 3}' "$WORK/conf/roster.yaml"
{
    cat "$WORK/conf/roster.yaml"
    agent doomed faulty.so 'fault: segv, at: 200' 'orders_per_second: 1'
} >"$WORK/new.yaml"
start_host
until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"kind":"request"' 5
ctl() { "$AGON" ctl --dir "$WORK/run" "$@"; }
url=$(ctl url) || fail "ctl url"

# What the browser's driver asks for while the page is open.
put() { printf "cp '%s' '%s/new.so' && mv '%s/new.so' '%s/mine.so'" "$1" "$PLUGINS" "$PLUGINS" "$PLUGINS"; }
code() { b2sum -l 256 "$1" | cut -c1-16; }
echo "no plugin" >"$WORK/broken"
jq -n --arg ctl "'$AGON' ctl --dir '$WORK/run'" --arg next "$(put "$PLUGINS/busy_again.so")" --arg broken "$(put "$WORK/broken")" \
    --arg add "'$AGON' ctl --dir '$WORK/run' apply '$WORK/new.yaml'" --arg first "$(code "$PLUGINS/busy.so")" --arg second "$(code "$PLUGINS/busy_again.so")" \
    '{agent: "mine", doomed: "doomed", $ctl, $next, $broken, $add, codes: [$first, $second]}' >"$WORK/drill.json"
node "$place/controls.mjs" "$(command -v chromium)" "$url" "$WORK/drill.json" ${SHOTS-} || fail "the controls in a browser"

# Nobody else gave an order, and none was given twice: the list of the run is what the page asked for.
ctl reloads --json >"$WORK/reloads.json"
jq -e 'map(select(.agent == "mine") | .kind) == ["rollback", "reload"]' "$WORK/reloads.json" >/dev/null || fail "the list of the run: $(cat "$WORK/reloads.json")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
