#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Alerts of a running host (INV-34): each is an event of the journal, `ctl alerts` lists and acknowledges it, /metrics
# counts it, the webhook gets it, once and with what it is about; while the webhook is away it lies in the dead-letter
# file, which is an alert itself; what was not sent before a kill -9 is sent by the next run; and a host without a sink
# says that it has none.
. "$(dirname "$0")/common.sh"

ctl() {
    "$AGON" ctl --dir "$WORK/run" "$@" >"$WORK/ctl.out" 2>"$WORK/ctl.err"
}
# has JQ-EXPRESSION: is it true of what ctl said last?
has() {
    jq -e "$1" "$WORK/ctl.out" >/dev/null
}
alerts_have() {
    ctl alerts all --json && has "$1"
}
# Takes posts on a port of its own until it is killed; each body a line of $WORK/posts.
start_hook() {
    rm -f "$WORK/hook.port"
    python3 - "$WORK" "${HOOK_PORT:-0}" <<'EOF' &
import http.server, os, sys
work = sys.argv[1]
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(work + "/posts", "ab") as f:
            f.write(body + b"\n")
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Hook)
with open(work + "/hook.new", "w") as f:
    f.write(str(server.server_port))
os.rename(work + "/hook.new", work + "/hook.port")
server.serve_forever()
EOF
    HOOK_PID=$!
    PIDS="$PIDS $HOOK_PID"
    until_true "$HOOK_PID" "the webhook's port" test -s "$WORK/hook.port"
    HOOK_PORT=$(cat "$WORK/hook.port")
}
posts_have() {
    [ -e "$WORK/posts" ] && jq -e -s "$1" "$WORK/posts" >/dev/null
}

start_sim --seed 3
start_hook
HOST_MORE="webhook: http://127.0.0.1:$HOOK_PORT/agon?token=hush"
live_files "$(agent busy_1 busy.so 'every: 1000000')"
start_host
until_true "$HOST_PID" "the host is ready" lines "$WORK/host.err" '"key":"ready"' 1

# 1. One that happens: journal, list, metrics, webhook.
ctl kill || fail "kill: $(cat "$WORK/ctl.err")"
# A post that has no answer for two seconds goes once more: by its seq it is the same alert.
until_true "$HOST_PID" "the webhook has the kill" posts_have 'map(select(.kind == "kill" and .level == "critical").seq) | unique | length == 1'
until_true "$HOST_PID" "the kill is an alert" alerts_have 'map(select(.kind == "kill" and .is_acknowledged == false)) | length == 1'
seq=$(jq '.[] | select(.kind == "kill") | .seq' "$WORK/ctl.out")
[ "$(jq -s 'map(select(.kind == "kill"))[0].seq' "$WORK/posts")" = "$seq" ] || fail "the post's seq is not the alert's"
ctl url && url=$(cat "$WORK/ctl.out") || fail "no address"
token=${url##*=}
python3 - "${url%%[?#]*}" "$token" >"$WORK/metrics" <<'EOF' || fail "no metrics"
import sys, urllib.request
request = urllib.request.Request(sys.argv[1].rstrip("/") + "/metrics", headers={"Authorization": "Bearer " + sys.argv[2]})
print(urllib.request.urlopen(request).read().decode())
EOF
grep -q '^agon_alerts_total{kind="kill"} 1$' "$WORK/metrics" || fail "metrics: $(grep agon_alerts "$WORK/metrics" | head -40)"

# 2. Acknowledged: still listed among all, no longer among the open ones; by an event.
ctl alerts ack "$seq" || fail "ack: $(cat "$WORK/ctl.err")"
ctl alerts ack 99999999 && fail "an alert that there is not was acknowledged"
ctl alerts --json && has 'map(select(.kind == "kill")) | length == 0' || fail "an acknowledged alert is open"

# 3. Nobody listens: within its time it lies in the dead-letter file, and that is an alert.
kill -9 "$HOOK_PID"
ctl resume kill && ctl kill || fail "kill again: $(cat "$WORK/ctl.err")"
until_true "$HOST_PID" "a dead letter" lines "$WORK/run/alerts.dead.ndjson" '"kind":"kill"' 1
until_true "$HOST_PID" "that is an alert" alerts_have 'map(select(.kind == "sink")) | length >= 1'
! grep -q hush "$WORK/host.err" || fail "the webhook's path is in the log"

# 4. It listens again, on the same port: what comes is sent.
start_hook
before=$(grep -c '"kind":"kill"' "$WORK/posts")
ctl alerts ack all && ctl resume kill && ctl kill || fail "kill a third time: $(cat "$WORK/ctl.err")"
until_true "$HOST_PID" "the webhook has it" lines "$WORK/posts" '"kind":"kill"' $((before + 1))

# 5. kill -9 of the host with the webhook away: the next run sends what this one did not.
kill -9 "$HOOK_PID"
ctl alerts ack all && ctl resume kill && ctl kill || fail "a fourth kill: $(cat "$WORK/ctl.err")"
until_true "$HOST_PID" "another alert" alerts_have 'map(select(.kind == "kill" and .is_acknowledged == false)) | length == 1'
seq=$(ctl alerts --json && jq '[.[] | select(.kind == "kill")][0].seq' "$WORK/ctl.out")
# On a slow disk it is told before it is written, and what was not written no next run knows.
journaled() { "$AGON" journal cat "$WORK/run/journal" --live --type alert 2>/dev/null | grep -q "^$seq "; }
until_true "$HOST_PID" "it is in the journal" journaled
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
if ! grep -q "\"seq\":$seq," "$WORK/run/alerts.dead.ndjson"; then
    start_hook
    start_host
    until_true "$HOST_PID" "the next run sends it" posts_have "map(select(.seq == $seq)) | length >= 1"
else
    start_hook
    start_host # its time was over before the kill: it is where it belongs
fi
until_true "$HOST_PID" "the host is ready again" lines "$WORK/host.err" '"key":"ready"' 2
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(cat "$WORK/replay.out")"

# 6. Without a sink that is an alert; a bad address is told with file and line.
HOST_MORE=
live_files "$(agent busy_1 busy.so 'every: 1000000')"
start_host
until_true "$HOST_PID" "no sink is an alert" alerts_have 'map(select(.kind == "no_sink")) | length == 1'
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host without a sink"
HOST_MORE='webhook: http://192.0.2.1/hook'
live_files "$(agent busy_1 busy.so 'every: 1000000')"
"$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet >"$WORK/bad.out" 2>&1
[ $? = 3 ] || fail "a plain webhook across the network was taken"
grep -q 'live.yaml:[0-9]*:[0-9]*:.*https' "$WORK/bad.out" || fail "without its place: $(cat "$WORK/bad.out")"
echo "alerts: journaled, listed, acknowledged, counted, posted, kept as dead letters, and sent by the next run"
