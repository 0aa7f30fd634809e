#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Agents' own kernels in a running host: one that is right, one that leaves its memory, one without end, one that reads what was
# freed, one whose source does not compile, and an agent of the host's kernels on the same card: each mistake costs its own job, is
# said with its place, and nobody else's is lost. A worker that is killed, sources that change, a host without a compiler, what a
# roster may not say. The card and its compiler are libraries of the tests.
#   AGON_CARD=cuda: this machine's, by hand (AGON_NVRTC names another compiler than the system's):
#   AGON_CARD=cuda AGON_SOURCE_ROOT=$PWD tests/integration/own_kernels.sh BUILD/agon BUILD/tests/integration
. "$(dirname "$0")/common.sh"
JUDGE=$(dirname "$0")/jobs.py
SOURCE=$(dirname "$0")/plugins/maker.cu
if [ "${AGON_CARD-}" = cuda ]; then
    libraries=${AGON_NVRTC:+, nvrtc: \"$AGON_NVRTC\"}
else
    libraries=", driver: \"$3\", nvrtc: \"$4\""
fi
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
card() { # [LIBRARIES [MORE]]
    printf 'gpu: {profile: one.yaml, shares: slow.yaml, device: cuda, delay: 5ms, own_kernels: true, own_context: 48MiB%s%s}' "${1-$libraries}" "${2-}"
}
mkdir -p "$WORK/conf"
cat >"$WORK/conf/one.yaml" <<END
cards:
  - name: one
    memory: 1GiB
    reserve: 256MiB
    budgets:
      - {name: realtime, class: inference, memory: 512MiB}
END
# With a chunk of 100 ms the allocator takes for hung whoever gets no processor for 200 ms, on a machine that has much else to do.
cat >"$WORK/conf/slow.yaml" <<END
splits:
  normal: {inference: 60%, training: 40%}
chunk: 2s
END
own() { # NAME DEED [PLUGIN]
    agent "$1" maker.so "deed: $2" '' ", orders_on_reload: cancel, files: {source: $1.cu}, gpu: {leases: {main: {budget: realtime, memory: 4MiB, share: 4%, kernels: source}}}"
    [ -e "$WORK/conf/$1.cu" ] || cp "$SOURCE" "$WORK/conf/$1.cu"
}
roster() { # CARD
    live_files "$(own good fine)
$(own beyond beyond)
$(own endless endless)
$(own freed freed)
$(own broken fine)
$(own none none)
$(own outside outside)
$(own mixed host)
$(agent theirs jobber.so 'values: 64' '' ', gpu: {leases: {main: {budget: realtime, memory: 4MiB, share: 4%}}}')"
    sed -i "s|^agents:|$1\nagents:|" "$WORK/conf/roster.yaml"
}
look() { # EXPRESSION: of the status
    "$AGON" gpu status --dir "$WORK/run" --json 2>/dev/null | python3 -c 'import json, sys
d = json.load(sys.stdin)
own = {o["agent"]: o for o in d["own_kernels"]}
print(eval(sys.argv[1]))' "$1" 2>/dev/null
}
is() { [ "$(look "$1")" = True ]; }
count() { grep '"type":"job_done"' "$WORK/cat" | grep "\"slot\":$1[,}]" | grep -c "\"status\":$2[,}]"; }
others() { grep '"type":"job_done"' "$WORK/cat" | grep "\"slot\":$1[,}]" | grep -v -c "\"status\":\($2\)[,}]"; }
read_on() { "$AGON" journal cat "$WORK/run/journal" --live --json >"$WORK/cat" 2>/dev/null; }
has() { read_on && [ "$(count "$1" "$2")" -ge "$3" ]; }
wait_for() { # WHAT SLOT STATUS N: so many outcomes
    until_true "$HOST_PID" "$1" has "$2" "$3" "$4"
}
# A read of what was given back ends the worker that tried it, or finds nothing of what lay there; "wrong" is said of all else.
n_freed() { echo $(($(grep -c 'freed: read of what was given back +00' "$WORK/host.err") + $(count 3 -3))); }
reads_freed() { read_on && [ "$(n_freed)" -ge 2 ]; }
stop_host() {
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
}
MODE=paper
start_sim --seed 3
printf '#error as it was written\n' >"$WORK/conf/broken.cu"
roster "$(card)"
"$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/out" 2>&1 || fail "config check: $(cat "$WORK/out")"

# --- what each does, beside each other ---
# Where nobody gets the processor for 4 s the allocator takes any chunk for hung: what it said of chunks that have an end is of the
# machine, and the same is tried again.
for try in 1 2 3 4 5; do
    rm -rf "$WORK/run"
    : >"$WORK/host.err"
    start_host
    wait_for "good" 0 0 20
    wait_for "a kernel that leaves its memory" 1 -3 2
    wait_for "what comes behind it" 1 0 8
    until_true "$HOST_PID" "a kernel without end" lines "$WORK/host.err" 'endless: job -15' 2
    wait_for "what comes behind it" 2 0 8
    wait_for "leases given back" 3 0 12
    until_true "$HOST_PID" "reads of what was given back" reads_freed
    wait_for "a source that does not compile" 4 -1 1
    wait_for "a name that is not there" 5 -1 2
    wait_for "an address that is not the job's" 6 -8 2
    wait_for "a kernel of the host's" 7 -1 2
    wait_for "theirs" 8 0 20
    read_on
    again=$(grep -c '"key":"worker_again"' "$WORK/host.err")
    endless=$(grep -c 'endless: job -15' "$WORK/host.err") # the allocator's word, and no outcome of a worker's
    [ "$again" -gt "$endless" ] || break
    [ "$try" -lt 5 ] || fail "chunks hang on this machine: $again"
    stop_host
done
[ "$(others 0 '0\|-4')" = 0 ] || fail "jobs of who does nothing wrong were lost: $(grep '"slot":0[,}]' "$WORK/cat" | grep -v -e '"status":0' -e '"status":-4' | head -2)"
[ "$(others 8 0)" = 0 ] || fail "jobs of the host's kernels were lost: $(grep '"slot":8[,}]' "$WORK/cat" | grep job_done | grep -v '"status":0' | head -2)"
[ "$(others 1 '0\|-3\|-4')" = 0 ] || fail "another outcome of a fault"
[ "$(others 2 '0\|-4')" = 0 ] || fail "another outcome of an endless kernel"
[ "$(others 3 '0\|-3\|-4')" = 0 ] || fail "another outcome of who gives its lease back"
! grep -q 'wrong' "$WORK/host.err" || fail "a result is not what its kernel says: $(grep wrong "$WORK/host.err" | head -2)"
is 'd["cards"][0]["workers"] == 1 and d["cards"][0]["worker_up"]' || fail "the card's own worker was lost: $(look 'd["cards"]')"
is 'all(o["context_bytes"] == 48 << 20 for o in own.values()) and 7 * 52 << 20 <= d["cards"][0]["leased_bytes"] <= (8 * 52 + 4) << 20' ||
    fail "the contexts are nobody's: $(look 'd["cards"]') $(look own)"
is 'len(own) == 8 and own["good"]["state"] == "up" and own["good"]["workers"] == 1 and own["good"]["why"] == ""' || fail "the status of good: $(look own)"
is 'len({o["worker_pid"] for o in d["own_kernels"] if o["worker_pid"]} | {d["cards"][0]["worker_pid"]}) >= 5' || fail "not a process each: $(look own)"
is 'own["broken"]["state"] == "fails" and "own.cu(1): " in own["broken"]["why"] and "error" in own["broken"]["why"]' || fail "the place in the source: $(look own)"
grep -q 'own kernels of broken.main: own.cu does not compile: own.cu(1): .*error' "$WORK/host.err" || fail "the log says no place"
"$AGON" gpu status --dir "$WORK/run" | grep -q 'broken .*main .*fails' || fail "not shown: $("$AGON" gpu status --dir "$WORK/run")"
outcomes="$(count 1 -3) faults, $endless without end, $(n_freed) reads of freed memory ($(count 3 -3) ended their worker, the others found nothing)"

# --- its worker is killed; sources change with a reload, or do not ---
pid=$(look 'own["good"]["worker_pid"]')
kill -9 "$pid" || fail "no worker of good"
until_true "$HOST_PID" "another worker" is "own['good']['state'] == 'up' and own['good']['workers'] == 2"
wait_for "good, behind a kill" 0 0 $(($(count 0 0) + 5))
pid=$(look 'own["good"]["worker_pid"]')
ctl reload good >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
wait_for "good, reloaded" 0 0 $(($(count 0 0) + 5))
is "own['good']['worker_pid'] == $pid" || fail "the same source has another worker: $(look own)"
cp "$SOURCE" "$WORK/conf/broken.cu"
printf '// more\n' >>"$WORK/conf/good.cu"
for name in good broken; do
    ctl reload $name >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
done
wait_for "the source that was set right" 4 0 3
until_true "$HOST_PID" "another source has another worker" is "own['good']['state'] == 'up' and own['good']['worker_pid'] != $pid"
wait_for "good, with another source" 0 0 $(($(count 0 0) + 5))
is 'own["broken"]["state"] == "up"' || fail "broken: $(look own)"
pids=$(look '" ".join(str(o["worker_pid"]) for o in d["own_kernels"] if o["worker_pid"])')
stop_host
for pid in $pids; do
    ! kill -0 "$pid" 2>/dev/null || fail "worker $pid is there when its host is not"
done
"$AGON" journal cat "$WORK/run/journal" --json >"$WORK/cat" || fail "journal cat"
python3 "$JUDGE" --once "$WORK/cat" >"$WORK/once" || fail "jobs and outcomes: $(cat "$WORK/once")"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/out" 2>&1 || fail "the journal does not replay: $(cat "$WORK/out")"
[ "${AGON_CARD-}" != cuda ] || {
    echo "own kernels on this machine's card: $outcomes; nobody else's job was lost, and the journal replays without it"
    exit 0
}

# --- without a compiler, and without a card ---
rm -rf "$WORK/run"
roster "$(card ", driver: \"$3\", nvrtc: /nonexistent/libnvrtc.so")"
start_host
# An agon-gpu that was built without nvcc has no code of the host's kernels either: then there is no card, and its word says why.
has_no_code() { lines "$WORK/host.err" 'no NVRTC: .*this agon-gpu was built without nvcc and has no code for a card' 1; }
has_no_compiler() { has_no_code || has 0 -12 1; }
until_true "$HOST_PID" "no compiler" has_no_compiler
has_no_code || {
    # Its job has ended by then, and what is shown of it comes a step later.
    until_true "$HOST_PID" "that there is no compiler" is 'own["good"]["state"] == "fails" and "no NVRTC" in own["good"]["why"]'
    wait_for "theirs without a compiler" 8 0 5
}
stop_host

# --- what a roster may not say ---
printf '' >"$WORK/conf/empty.cu"
head -c 1048577 /dev/zero >"$WORK/conf/large.cu"
refused() { # WORDS GPU LEASE [FILE]
    live_files "$(agent one maker.so '' '' ", files: {source: ${4-good.cu}, weights: good.cu}, gpu: {leases: {main: {budget: realtime, memory: 4MiB, share: 4%$3}}}")"
    sed -i "s|^agents:|$2\nagents:|" "$WORK/conf/roster.yaml"
    "$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/out" 2>&1 && fail "taken: $1"
    grep -q "roster.yaml:[0-9]*:[0-9]*: error.*$1" "$WORK/out" || fail "not said: $1: $(cat "$WORK/out")"
}
refused "expected 'own_kernels: true'" 'gpu: {profile: one.yaml, device: cuda}' ', kernels: source'
refused "expected 'device: cuda'.*not cpu" 'gpu: {profile: one.yaml, device: cpu, own_kernels: true}' ', kernels: source'
refused "is not among the agent's files" "$(card)" ', kernels: nothing'
refused 'could write what is resident' "$(card)" ', kernels: source, resident: weights'
refused 'can never be granted (budget).*has 512MiB for inference on card .one., of which the context of own kernels (own_context) takes 512MiB' \
    "$(card | sed 's/ own_context: 48MiB,//')" ', kernels: source'
refused 'empty.cu: an empty file; expected a file' "$(card)" ', kernels: source' empty.cu
refused 'the file has 1048577 bytes' "$(card)" ', kernels: source' large.cu
live_files "$(for i in 1 2 3 4 5 6 7 8 9; do own "many$i" fine; done)"
sed -i "s|^agents:|$(card)\nagents:|" "$WORK/conf/roster.yaml"
"$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/out" 2>&1 && fail "taken: nine leases of own kernels"
grep -q 'roster.yaml:[0-9]*:[0-9]*: error.*at most 8' "$WORK/out" || fail "not said: nine leases: $(cat "$WORK/out")"

# --- a backtest ---
cat >"$WORK/conf/lab.yaml" <<END
base_currency: USDT
$(card)
agents:
  - {name: one, plugin: maker.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], files: {source: good.cu},
     gpu: {leases: {main: {budget: realtime, memory: 4MiB, share: 4%, kernels: source}}}}
END
"$AGON" backtest --roster "$WORK/conf/lab.yaml" --plugins "$PLUGINS" --for 10s >"$WORK/out" 2>&1 && fail "a backtest ran own kernels"
grep -q 'agents\[0\].gpu.leases.main.kernels: own kernels run in a live or paper host alone' "$WORK/out" || fail "a backtest: $(cat "$WORK/out")"
echo "own kernels: $outcomes; nobody else's job was lost; sources by reload, no compiler, mistakes of rosters"
