#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A card on demand (GPU-25): its worker begins with the first lease that an agent holds there, jobs wait for it, and it ends with
# the last one. What is held at the allocator and never acquired brings none up. A card without a worker is not a lost one.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/cards_common.sh"
command -v jq >/dev/null || { echo "skipped: needs jq"; exit 77; }
mkdir "$WORK/certified"
cp "$PLUGINS/jobber.so" "$PLUGINS/busy.so" "$WORK/certified"
PLUGINS=$WORK/certified
start_sim --seed 3
lease() { printf ', gpu: {leases: {main: {budget: training, memory: 4MiB, share: 10%%%s}}}' "${1-}"; }
MODE=paper live_files "$(agent keeper busy.so 'every: 30' '' "$(lease)")"
sed -i 's/^agents:/gpu: {profile: s3_t4, device: scripted, delay: 50ms, script: ["0 start 1 slow=450"]}\nagents:/' "$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "a lease that nobody uses" gpu_is '.cards[0].leases == 1'
until_true "$HOST_PID" "the agent" is '.agent.orders > 3' agent keeper
gpu_is '.cards[0].worker_pid == null and .cards[0].state == "ok"' || fail "a worker without anything to do: $(cat "$WORK/status")"
[ -z "$(workers)" ] || fail "a worker without anything to do: $(workers)"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"

# Its lease ends by a deadline and it asks again, so that the card has none left in between; then it goes.
MODE=paper live_files "$(agent trader jobber.so 'values: 64, deed: anew' '' "$(lease ', deadline: 5s')")
$(agent other busy.so 'every: 30')"
sed -i 's/^agents:/gpu: {profile: s3_t4, device: scripted, delay: 50ms, script: ["0 start 1 slow=450"]}\nagents:/' "$WORK/conf/roster.yaml"
rm -rf "$WORK/run"
start_host
trades() { is ".agent.orders > $1" agent trader; }
until_true "$HOST_PID" "jobs" trades 3
# Between two leases there is none, and a job that its lease's end finds is cancelled.
a_worker() { first=$(workers) && [ -n "$first" ]; }
until_true "$HOST_PID" "a worker" a_worker
! grep 'trader: job -' "$WORK/host.err" | grep -v 'job -10' || fail "a job did not wait for the worker"
another() { [ -n "$(workers)" ] && [ "$(workers)" != "$first" ]; }
until_true "$HOST_PID" "another worker behind the deadline" another
until_true "$HOST_PID" "jobs there" trades $(($(jq .agent.orders "$WORK/out") + 3))
! grep -q 'trader: job -15' "$WORK/host.err" || fail "a job did not wait for the next worker"
ctl unload trader --keep >"$WORK/out" 2>&1 || fail "unload: $(cat "$WORK/out")"
gone() { [ -z "$(workers)" ] && gpu_is '.cards[0].worker_pid == null and .cards[0].leases == 0'; }
until_true "$HOST_PID" "the worker stays" gone
gpu_is '.cards[0].state == "ok"' || fail "a card without a worker is lost: $(cat "$WORK/status")"
grep -q '"key":"dismissed"' "$WORK/host.err" || fail "not said"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/out" 2>&1 || fail "the journal does not replay: $(cat "$WORK/out")"
echo "a card on demand: a worker with its first lease, none behind its last"
