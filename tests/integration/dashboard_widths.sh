#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real browser looks at every page of the dashboard of a running host at five widths, in dark and light: one agent has changed hands,
# another has crashed and is put away. SHOTS, a folder, takes what it showed.
. "$(dirname "$0")/common.sh"
. "$AGON_SOURCE_ROOT/tests/support/page_host.sh"
page_needs node npm chromium jq

page_host
sh -c "$reload" >"$WORK/reload.out" || fail "the reload: $(cat "$WORK/reload.out")"
sh -c "$add" >"$WORK/add.out" || fail "the agent that is added: $(cat "$WORK/add.out")"
ctl() { "$AGON" ctl --dir "$WORK/run" "$@"; }
holds() { ctl positions busy_2 --json 2>/dev/null | jq -e 'any(.[]; (.quantity | tonumber) != 0)' >/dev/null; }
until_true "$HOST_PID" "a position of busy_2" holds
ctl flatten busy_2 >"$WORK/flatten.out" || fail "what is flattened: $(cat "$WORK/flatten.out")"
there() {
    ctl closed busy_2 --json >"$WORK/closed.json" 2>/dev/null && jq -e 'length > 0' "$WORK/closed.json" >/dev/null &&
        ctl events --json >"$WORK/events.json" 2>/dev/null &&
        jq -e 'any(.[]; .kind == "crash") and any(.[]; .kind == "tournament" and .count > 3)' "$WORK/events.json" >/dev/null
}
until_true "$HOST_PID" "a closed trade, a crash and tournaments" there
node "$place/widths.mjs" "$(command -v chromium)" "$url" busy_1 ${SHOTS-} || fail "the dashboard at all widths"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
