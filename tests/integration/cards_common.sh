# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What tests of cards, leases and jobs of agents share, behind common.sh.
# shellcheck disable=SC2034
JUDGE=$(dirname "$0")/jobs.py

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY COMMAND...: of what ctl says, which is in $WORK/out then
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
gpu() { "$AGON" gpu "$@" --dir "$WORK/run"; }
gpu_is() { gpu status --json >"$WORK/status" 2>/dev/null && jq -e "$1" "$WORK/status" >/dev/null; } # QUERY
workers() { pgrep -P "$HOST_PID" -x agon-gpu; }
trade_on() { # NAME WHAT: a few orders more of it
    until_true "$HOST_PID" "$2: $1 is active" is '.agent.state == "active"' agent "$1"
    until_true "$HOST_PID" "$2: $1" is ".agent.orders > $(jq .agent.orders "$WORK/out") + 3" agent "$1"
}
certified() { # PLUGIN...: of these alone the host's folder is, each with its certificate
    mkdir "$WORK/certified"
    for name in "$@"; do
        cp "$PLUGINS/$name.so" "$WORK/certified"
        certify "$WORK/certified/$name.so"
    done
    PLUGINS=$WORK/certified
}
lay_weights() { # FILE: 1,024 numbers, to be kept on a card
    python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("<1024f", *range(1024)))' >"$1"
}
killed() { # NAME...: the host is, with jobs under way; the next one trades on, and is ended
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    start_host
    for name in "$@"; do
        trade_on "$name" "after the host was killed"
    done
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
}
once() { # each job has one outcome in the journal, which is in $WORK/cat then; what there was in $WORK/once
    ! grep -q '"key":"nth-differs"' "$WORK/host.err" || fail "the engine counts other events than were heard"
    "$AGON" journal cat "$WORK/run/journal" --json >"$WORK/cat" || fail "journal cat"
    python3 "$JUDGE" --once "$WORK/cat" >"$WORK/once" || fail "jobs and outcomes: $(cat "$WORK/once")"
    "$AGON" replay "$WORK/run/journal" --verify >"$WORK/out" 2>&1 || fail "the journal does not replay: $(cat "$WORK/out")"
}
