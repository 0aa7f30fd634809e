#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a service manager hears of a host (sd_notify): READY=1 once operators can ask it, signs of life while its core goes
# round, none from a host whose core hangs though its other threads go on, STOPPING=1 when it ends. A start that is refused
# says nothing, and no child can speak in the host's name.
. "$(dirname "$0")/common.sh"

mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$PLUGINS/rogue.so" "$WORK/plugins/"
PLUGINS=$WORK/plugins
certify "$PLUGINS/rogue.so" # which its parameters make hang

# Writes each datagram as a line; behind READY=1 whether operators could ask by then.
cat >"$WORK/listen.py" <<'EOF'
import os, socket, sys
path, heard, asked = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
with open(heard, "a", buffering=1) as out:
    while True:
        text = s.recv(4096).decode().replace("\n", " ")
        if text.startswith("READY=1"):
            text += " asked" if os.path.exists(asked) else " too early"
        out.write(text + "\n")
EOF
python3 "$WORK/listen.py" "$WORK/notify" "$WORK/heard" "$WORK/run/control.sock" &
LISTENER_PID=$!
PIDS="$PIDS $LISTENER_PID"
until_true "$LISTENER_PID" "the listener" test -S "$WORK/notify"
n_alive() { grep -c '^WATCHDOG=1$' "$WORK/heard"; }
export NOTIFY_SOCKET="$WORK/notify" WATCHDOG_USEC=200000

start_sim --seed 5
live_files "$(agent busy_1 busy.so 'every: 20')"

# Refused: the configuration is wrong.
echo 'mode: papier' >"$WORK/conf/bad.yaml"
"$AGON" run --config "$WORK/conf/bad.yaml" --dir "$WORK/run" --quiet 2>"$WORK/bad.err"
[ $? = 3 ] || fail "a wrong configuration: $(cat "$WORK/bad.err")"
[ ! -s "$WORK/heard" ] || fail "a start that was refused said: $(cat "$WORK/heard")"
# A socket that can be none is told, and nothing starts.
NOTIFY_SOCKET=relative "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --quiet 2>"$WORK/bad.err"
[ $? = 6 ] && grep -q 'NOTIFY_SOCKET=relative' "$WORK/bad.err" || fail "a relative socket: $(cat "$WORK/bad.err")"

start_host
until_true "$HOST_PID" "signs of life" lines "$WORK/heard" '^WATCHDOG=1$' 4
head -n 1 "$WORK/heard" | grep -q '^READY=1 STATUS=live, 1 agents asked$' || fail "first: $(head -n 1 "$WORK/heard")"
until_true "$HOST_PID" "the agent begins" lines "$WORK/host.err" '1 agents begin' 1
for pid in $(pgrep -P "$HOST_PID"); do
    ! tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -q '^NOTIFY_SOCKET=\|^WATCHDOG_' || fail "a child has the socket's name"
done
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
tail -n 1 "$WORK/heard" | grep -q '^STOPPING=1 STATUS=' || fail "last: $(tail -n 1 "$WORK/heard")"
[ "$(grep -c '^READY=1' "$WORK/heard")" = 1 ] || fail "ready more than once"
n_first=$(n_alive)

# A plugin in the host's own process never returns, and the core with it. The thread that gives signs of life goes on: it
# looks for the file KILL, and logs each other reason for as long as the core has not taken the order.
rm -rf "${WORK:?}/run"
: >"$WORK/heard"
live_files "$(agent busy_1 busy.so 'every: 20')
$(agent rogue rogue.so 'fault: hang, after: 40' '' ', runner: inproc')"
start_host --take-over # another journal, and orders of the first may still be heard
until_true "$HOST_PID" "signs of life before" lines "$WORK/heard" '^WATCHDOG=1$' 1
# The core's last turn, and the place + 1 of the plugin that it is in: of host/sys/beat.h.
beat() { od -An -t d8 -j 8 -N 8 "$WORK/run/beat" | tr -d ' '; }
in_slot() { od -An -t u4 -j 32 -N 4 "$WORK/run/beat" | tr -d ' '; }
is_hung() {
    was=$(beat) && [ "$(in_slot)" = 2 ] && sleep 0.5 && [ "$(in_slot)" = 2 ] && [ "$(beat)" = "$was" ]
}
until_true "$HOST_PID" "the core hangs" is_hung
looked() { # REASON: the other thread has seen it
    echo "$1" >"$WORK/run/KILL.new" && mv "$WORK/run/KILL.new" "$WORK/run/KILL"
    until_true "$HOST_PID" "the file is seen: $1" lines "$WORK/host.err" "\"key\":\"kill\".*$1" 1
}
looked one
n_before=$(n_alive)
looked two
looked three
[ "$(n_alive)" = "$n_before" ] || fail "a host whose core hangs gave $(($(n_alive) - n_before)) signs of life"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
echo "ready, $n_first signs of life, stopping; a core that hangs: none more"
