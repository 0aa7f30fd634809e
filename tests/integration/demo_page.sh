#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page of a demo that is kept, in a real browser: its acts' words, at every width, in dark and light. SHOTS, a folder, takes what it
# showed.
. "$(dirname "$0")/common.sh"
. "$AGON_SOURCE_ROOT/tests/support/page_host.sh"
page_needs node npm chromium
"$AGON" demo --seconds 40 --keep --dir "$WORK/demo" --report off --plugins "$AGON_BUILD_ROOT/plugins" >"$WORK/demo.out" 2>&1 &
DEMO_PID=$!
PIDS="$PIDS $DEMO_PID"
until_true "$DEMO_PID" "the demo's address" lines "$WORK/demo.out" '^dashboard  *http' 1
url=$(sed -n 's/^dashboard  *//p' "$WORK/demo.out" | head -1)
node "$place/demo.mjs" "$(command -v chromium)" "$url" ${SHOTS-} || { cat "$WORK/demo.out" >&2; fail "a demo's page in a browser"; }
kill -INT "$DEMO_PID"
ended "$DEMO_PID" 0 "the demo"
