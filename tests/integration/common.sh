# SPDX-License-Identifier: Apache-2.0
# common: what the integration scripts share. AGON is the program under test, PLUGINS where the tests' plugins are,
# TOOLS the beginning of their helpers' names; each script has a directory of its own that is removed when it ends
# (KEEP=1 leaves it), and ends every process it started.
set -u
AGON=$1
PLUGINS=$2/plugins
BUILT_PLUGINS=$(cd "$PLUGINS" && pwd)
FAULTY_DIR=$2/../sdk/plugins
FAULTY=$FAULTY_DIR/faulty.so
TOOLS=$2/tools/integration_
DATA=$AGON_SOURCE_ROOT/../shared/data
# A terminal of a test's own is one that can draw, whatever began the tests.
export TERM=xterm-256color
unset NO_COLOR
WORK=$(mktemp -d "${TMPDIR:-/tmp}/agon-test-XXXXXX")
PIDS=

# A process that this test began, and not one that has its number by now.
is_ours() {
    [ "$(ps -o ppid= -p "$1" 2>/dev/null | tr -d ' ')" = $$ ] || grep -qs "$WORK" "/proc/$1/cmdline" "/proc/$1/environ"
}

cleanup() {
    for pid in $PIDS; do
        is_ours "$pid" && kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    [ -z "${MOUNTED-}" ] || umount -l "$MOUNTED"
    if [ -n "${KEEP-}" ]; then echo "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap cleanup EXIT
awaited=nothing
trap 'echo "ended while it waited for: $awaited" >&2; exit 1' INT TERM HUP

fail() {
    echo "FAIL: $*" >&2
    for log in "$WORK"/host*.err; do
        [ -s "$log" ] && { echo "--- the end of $log:" >&2; tail -n 12 "$log" | cut -c1-300 >&2; }
        # What a sanitizer found stands above the lines of where.
        grep -n -A 8 -e 'ERROR: .*Sanitizer' -e 'runtime error:' "$log" | head -n 24 | cut -c1-300 >&2
    done
    exit 1
}

# jq 1.6 with -e is content where there was nothing to look at, as when the command before it failed: here that is a no.
jq() {
    case $1 in
    --*) command jq "$@" ;;
    -*e*)
        jq_said=$(command jq "$@") || return
        [ -n "$jq_said" ] || return 4
        printf '%s\n' "$jq_said"
        ;;
    *) command jq "$@" ;;
    esac
}

# certify FILE...: what a live host wants of a plugin that runs inproc
certify() {
    "$AGON" validate --certify --operator "${0##*/}" "$@" >"$WORK/certify.out" 2>&1 ||
        fail "no certificate: $(grep -e error -e agon "$WORK/certify.out")"
}

need_data() {
    [ -e "$DATA/$1" ] || {
        echo "skipped: needs the recording $1"
        exit 77
    }
}

# until_true PID WHAT COMMAND...: waits until the command succeeds. PID (0: none) must live meanwhile. What never comes
# is what the test's own time limit is for. It asks often at first, then less so: what asks takes a processor from what
# is waited for, and from the tests beside it. What it keeps stands in its own arguments: the command may be a function
# that waits too, and the caller's variables stay as they are.
until_true() {
    set -- 0 "$@" # tries so far, PID, WHAT, COMMAND...
    awaited=$3
    until now_true "$@"; do
        # What it did last is looked at once more.
        [ "$2" = 0 ] || kill -0 "$2" 2>/dev/null || now_true "$@" ||
            fail "$3: the process it is expected from has ended"
        # Most questions cost a process or two: who waits long asks seldom.
        if [ "$1" -lt 10 ]; then sleep 0.02; elif [ "$1" -lt 30 ]; then sleep 0.1; else sleep 0.5; fi
        until_tries=$(($1 + 1))
        shift
        set -- "$until_tries" "$@"
        awaited=$3
    done
}
now_true() { # TRIES PID WHAT COMMAND...
    shift 3
    "$@"
}

# Is the program under test built with a sanitizer? Its run-time needs what the sandbox takes away, so the children of
# such a build have none (host/agent/sandbox.c).
is_sanitized() {
    grep -q '__asan_init\|__tsan_init' "$AGON"
}

# lines FILE PATTERN N: does the file hold at least N lines with it?
lines() {
    [ -e "$1" ] && [ "$(grep -c -e "$2" "$1")" -ge "$3" ]
}

# became STATUS: is there an order that the simulated exchange says this of?
became() { lines "$SIM_LOG" "\"kind\":\"effect\".*\"what\":\"$1\"" 1; }

# ended PID CODE WHAT: waits for its end, which must have that code.
ended() {
    awaited="the end of $3"
    wait "$1"
    set -- "$?" "$2" "$3"
    [ "$1" = "$2" ] || fail "$3: ended with $1 instead of $2"
}

# hits WHAT FILE...: none of the secrets in $WORK/canary is in what stands there, and all of it could be read. FILE may be
# a folder, or --memory PID: what a core file of that process would hold (canary.py).
CANARY=$(dirname "$0")/canary.py
hits() {
    hits_of=$1
    shift
    python3 "$CANARY" "$WORK/canary" "$@" >"$WORK/canary.out" 2>&1 || fail "$hits_of: $(cat "$WORK/canary.out")"
    echo "$hits_of: $(cat "$WORK/canary.out")"
}
# Does the search find what is there, and does it fail where it can look at nothing?
canary_works() { # PID: of who has them in locked memory
    python3 "$CANARY" "$WORK/canary" "$WORK/canary" >/dev/null && fail "the canary is not found where it is"
    python3 "$CANARY" "$WORK/canary" "$WORK/no-such-file" >/dev/null && fail "what cannot be read is no failure"
    python3 "$CANARY" "$WORK/canary" --locked "$1" >"$WORK/canary.out" 2>&1
    [ $? = 1 ] || fail "the canary is not in the locked memory of process $1: $(cat "$WORK/canary.out")"
}

# ordinary_user: from here on files in $WORK belong to a user who is not root, AS begins a command as that user, and the
# programs and plugins that he needs are where he can read them. Who is not root already is that user.
ordinary_user() {
    mkdir "$WORK/bin" "$WORK/plugins"
    cp "$AGON" "$(dirname "$AGON")/agon-keeper" "${TOOLS}look" "${TOOLS}dumpable.so" "$WORK/bin"
    cp "$PLUGINS/busy.so" "$WORK/plugins"
    AGON=$WORK/bin/agon
    TOOLS=$WORK/bin/integration_
    PLUGINS=$WORK/plugins
    BUILT_PLUGINS=$WORK/plugins
    AS=
    [ "$(id -u)" = 0 ] || return 0
    AS="setpriv --reuid nobody --regid $(id -g nobody) --clear-groups --"
    chown -R nobody "$WORK"
}

# json FILE NAME: the first value of "name" in it.
json() {
    grep -o "\"$2\": *\"\{0,1\}[^\",}]*" "$1" | head -1 | sed "s/^\"$2\": *\"\{0,1\}//"
}

# Starts a simulator with the arguments given; its port comes back in SIM_PORT (and is taken from there when it is
# set), its log of orders in SIM_LOG.
start_sim() {
    SIM_LOG=${SIM_LOG:-$WORK/sim.ndjson}
    rm -f "$WORK/sim.out"
    until sim_listens "$@"; do
        # Where it comes back to its port, a connection of somebody else may have that as its own end meanwhile.
        wait "$SIM_PID" 2>/dev/null
        grep -q 'in use' "$WORK/sim.err" || fail "the simulator: $(head -3 "$WORK/sim.err")"
        sleep 0.5
    done
    SIM_PORT=$(json "$WORK/sim.out" port)
    [ -n "$SIM_PORT" ] || fail "the simulator did not name its port"
}
sim_listens() { # ARGUMENT...: is it there? Waits until it is, or has ended.
    "$AGON" sim --port "${SIM_PORT:-0}" --log "$SIM_LOG" "$@" >"$WORK/sim.out" 2>"$WORK/sim.err" &
    SIM_PID=$!
    PIDS="$PIDS $SIM_PID"
    until_true 0 "the simulator's first line" sim_is_decided
    lines "$WORK/sim.out" listening 1
}
sim_is_decided() { lines "$WORK/sim.out" listening 1 || ! kill -0 "$SIM_PID" 2>/dev/null; }

# Files of a host against that simulator: live_files ROSTER-LINES. MODE, SPEED, VENUE_MORE (lines of the venue's file)
# and HOST_MORE change what they say. An order that is not durable within its hold never leaves: with the preset of
# 250 ms, on a disk that takes that long, none ever does.
live_files() {
    mkdir -p "$WORK/credentials" "$WORK/conf"
    printf 'key: agon-sim-key\nsecret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==\n' \
        >"$WORK/credentials/sim"
    chmod 700 "$WORK/credentials"
    chmod 600 "$WORK/credentials/sim"
    export CREDENTIALS_DIRECTORY="$WORK/credentials"
    cat >"$WORK/conf/venue.yaml" <<EOF
name: binance
dialect: binance_spot
credential: sim
market: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /stream}
user: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /ws-api/v3}
rest: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /api}
hold: 5s
limits:
  - {kind: weight, capacity: 6000, window: 1m}
  - {kind: raw, capacity: 300000, window: 5m}
  - {kind: orders, capacity: 100, window: 10s}
  - {kind: orders_day, capacity: 200000, window: 1d}
  - {kind: snapshots, capacity: 1200, window: 1m}
  - {kind: connects, capacity: 300, window: 5m}
${VENUE_MORE-}
EOF
    cat >"$WORK/conf/live.yaml" <<EOF
mode: ${MODE:-live}
venue: venue.yaml
roster: roster.yaml
journal: sync
speed: ${SPEED:-1}
low_water: 1MiB
load_from: ["$WORK", "$BUILT_PLUGINS"]
${HOST_MORE-}
instruments:
  - {symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.01, lot: 0.00001, min_notional: 5}
  - {symbol: ETHUSDT, base: ETH, quote: USDT, tick: 0.01, lot: 0.0001, min_notional: 5}
EOF
    printf 'seed: 1\nbase_currency: USDT\nagents:\n%s\n' "$1" >"$WORK/conf/roster.yaml"
}

# agent NAME PLUGIN [PARAMS [LIMITS [MORE]]]: lines of a roster. Only who hangs is taken for hung, also where there is little
# time for everybody: with the preset of 100 ms whoever gets no processor for so long, three times, never trades again.
agent() {
    case ${5-} in *hard:*) agent_more=$5 ;; *) agent_more="${5-}, hard: 30s" ;; esac
    printf '  - {name: %s, plugin: %s, stage: live, capital: 100000 USDT,\n' "$1" "$2"
    printf '     instruments: ["binance:BTCUSDT", "binance:ETHUSDT"], params: {%s},\n' "${3-}"
    printf '     limits: {%s}%s}\n' "${4:-orders_per_second: 1000, orders_burst: 10000, open_orders: 200}" "$agent_more"
}

# Starts a host in $WORK/run; its pid comes back in HOST_PID, what it says is in $WORK/host.err.
start_host() {
    # shellcheck disable=SC2086
    ${AS-} "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet "$@" \
        >"$WORK/host.out" 2>>"$WORK/host.err" &
    HOST_PID=$!
    PIDS="$PIDS $HOST_PID"
}

# The client order ids that the simulator was sent, into $WORK/ids: once each? One whose time stamp was refused (-1021)
# reached no order book, and is signed anew.
ids_once() {
    grep '"kind":"request"' "$SIM_LOG" | grep -v '"code":-1021' | sed -n 's/.*"newClientOrderId":"\([^"]*\)".*/\1/p' >"$WORK/ids"
    [ -z "$(sort "$WORK/ids" | uniq -d)" ] || fail "ids were sent twice: $(sort "$WORK/ids" | uniq -d | head -3)"
}

# Does the journal hold no request in doubt, and the open orders and the money that the exchange has?
settled() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null && ! grep -q '^request' "$WORK/facts" &&
        "${TOOLS}asks" "$SIM_PORT" >"$WORK/asks" && for settled_of in open 'cash USDT' 'cash BTC' 'cash ETH'; do
        [ "$(grep "^$settled_of" "$WORK/facts" | sort)" = "$(grep "^$settled_of" "$WORK/asks" | sort)" ] || return 1
    done && ! grep -q '^suspense' "$WORK/facts"
}
