#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Agents with leases of cards and with files run once more, on what the journal has: outcomes of their jobs, in their records and
# in parts of them, and files by their SHA-256 from where --file says. What is equal is said to be, and what they hand over is
# compared by its hash: one that hands over an address differs, with its place. No card and no worker is there.
. "$(dirname "$0")/common.sh"
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
PLUGINS=$WORK/certified
mkdir "$PLUGINS" "$WORK/models" "$WORK/others"
cp "$BUILT_PLUGINS/jobber.so" "$BUILT_PLUGINS/weigher.so" "$PLUGINS"
certify "$PLUGINS/jobber.so"
printf '7 of a model' >"$WORK/models/seven"
printf '8 of a model' >"$WORK/others/eight"
start_sim --seed 3
lease=', orders_on_reload: keep, gpu: {leases: {main: {budget: old_0.realtime, memory: 4MiB, share: 10%}}}'
# A result of 64 values stands in its record, one of 200 in parts; the last hands over what no journal has.
MODE=paper live_files "$(agent one jobber.so 'values: 64' '' "$lease")
$(agent two jobber.so 'values: 200, deed: keeps' '' ", runner: inproc$lease")
$(agent three weigher.so '' '' ", files: {weights: $WORK/models/seven}")
$(agent four jobber.so 'values: 64, deed: cancel' '' "$lease")"
sed -i 's/^agents:/gpu: {profile: s2_four_8gb, device: cpu, delay: 5ms}\nagents:/' "$WORK/conf/roster.yaml"
run() { # until all trade and what they hand over has come back often
    start_host
    for name in "$@"; do
        until_true "$HOST_PID" "$name has orders" has_orders "$name"
    done
}
has_orders() { ctl agent "$1" --json >"$WORK/agent" 2>/dev/null && jq -e '.agent.orders > 6' "$WORK/agent" >/dev/null; }
stop() {
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
}
parity() { # CODE WORDS...
    code=$1
    shift
    "$AGON" parity "$WORK/run" --locked --json "$@" >"$WORK/parity" 2>"$WORK/said"
    [ $? = "$code" ] || fail "parity: $(head -c 1500 "$WORK/parity") $(cat "$WORK/said")"
}
run one two three
for name in one two; do # another generation, and jobs of the one before come to it
    ctl reload $name >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
done
run_on() { ctl agent two --json >"$WORK/agent" 2>/dev/null && jq -e ".agent.orders > $1" "$WORK/agent" >/dev/null; }
until_true "$HOST_PID" "orders behind a reload" run_on $(($(jq .agent.orders "$WORK/agent") + 20))
stop
"$AGON" journal cat "$WORK/run/journal" --json >"$WORK/cat" || fail "journal cat"
n_wishes=$(grep -c '"type":"job_request"' "$WORK/cat")
grep -q '"type":"job_part"' "$WORK/cat" || fail "no result in parts"
[ "$n_wishes" -gt 30 ] || fail "too few jobs: $n_wishes"

parity 0 --file "$WORK/models"
jq -e '.differ == 0 and .not_compared == 0' "$WORK/parity" >/dev/null || fail "parity: $(head -c 1500 "$WORK/parity")"
parity 3 # without its file: named, and the others are compared
grep -q 'it had files (weights' "$WORK/parity" || fail "what lacks is not said: $(head -c 800 "$WORK/parity")"
parity 3 --file "$WORK/others" "$PLUGINS/jobber.so" # other contents are none
parity 0 --file "$WORK/others" "$WORK/models/seven"

# One that hands over another thing each time it runs.
rm -rf "$WORK/run"
sed -i "s/params: {values: 64, deed: cancel}/params: {values: 64, deed: address}/" "$WORK/conf/roster.yaml"
run four
stop
parity 1 --file "$WORK/models"
grep -q 'on the same events it wants something else' "$WORK/parity" || fail "an address in a job: $(head -c 1500 "$WORK/parity")"
grep -q 'job_request' "$WORK/parity" || fail "what differs is not shown: $(head -c 1500 "$WORK/parity")"
echo "with leases and files: $n_wishes wishes of cards run once more and equal; another payload is found"
