#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Jobs of agents (agon.gpu): what an agent hands to a card comes back as an event, with the result that the formula says, at
# submit + delay of a backtest's own time, alike in both runners, and a replay needs no card. Live the worker may be killed, the
# agent reloaded and the host killed: each job has one outcome. Each mistake has its error, and others trade on.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/cards_common.sh"
mkdir -p "$WORK/conf"
roster() { # PARAMS [LEASES [GPU]]
    cat >"$WORK/conf/lab.yaml" <<EOF
base_currency: USDT
${3-gpu: {profile: s2_four_8gb, device: cpu\}}
agents:
  - {name: one, plugin: jobber.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], params: {$1}${2-, gpu: {leases: {main: {budget: old_0.realtime, memory: 4MiB, share: 10%\}\}\}}}
EOF
}
lab() { # RUNNER ARGUMENT...
    runner=$1
    shift
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/conf/lab.yaml" --plugins "$PLUGINS" --runner "$runner" --seed 3 --for 1m --json --journal "$WORK/journal" --journal-whole \
        "$@" >"$WORK/json" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
}

# --- lock-step: inline results and larger ones ---
for n in 64 1500; do
    roster "values: $n"
    lab inproc
    "$AGON" journal cat "$WORK/journal" --json >"$WORK/cat" || fail "journal cat"
    python3 "$JUDGE" "$WORK/cat" "$n" "$(jq -r '.agents[0].metrics["2"]' "$WORK/json")" || fail "results of $n values are not what the formula says"
    grep '"type":"job_' "$WORK/cat" >"$WORK/inproc"
    jq -c .intents "$WORK/json" >"$WORK/intents"
    [ "$(jq '.agents[0].metrics["1"]' "$WORK/json")" = 0 ] || fail "a job failed"
    python3 - "$WORK/inproc" 5000000 <<'EOF' || fail "an outcome is not at submit + delay"
import json, sys
at = {}
for line in open(sys.argv[1]):
    e = json.loads(line)
    if e["type"] == "job_request":
        at[e["job"]] = int(e["t"])
    elif e["type"] == "job_done":
        assert int(e["t"]) - at[e["job"]] == int(sys.argv[2]), e
EOF
    "$AGON" replay "$WORK/journal" --verify >"$WORK/out" 2>&1 || fail "a replay: $(cat "$WORK/out")"
    lab process
    "$AGON" journal cat "$WORK/journal" --json >"$WORK/cat" || fail "journal cat"
    grep '"type":"job_' "$WORK/cat" | cmp -s - "$WORK/inproc" || fail "the runners' jobs differ"
    jq -c .intents "$WORK/json" | cmp -s - "$WORK/intents" || fail "the runners differ"
    "$AGON" replay "$WORK/journal" --verify >"$WORK/out" 2>&1 || fail "a replay: $(cat "$WORK/out")"
done
[ "$(grep -c '"type":"job_part"' "$WORK/cat")" -gt 20 ] || fail "a larger result is not in the journal"

# --- what a lease keeps resident: three times what lies there, in both runners, as live ---
lay_weights "$WORK/conf/weights"
kept() { roster 'values: 100, deed: resident' ", files: {weights: $1}, gpu: {leases: {main: {budget: old_0.realtime, memory: 4MiB, share: 10%, resident: weights}}}"; }
kept weights
for runner in inproc process; do
    lab "$runner"
    jq -e '.agents[0].metrics | .["0"] > 3 and .["1"] == 0 and .["2"] == .["0"] * 3 * ([range(31; 100)] | add)' "$WORK/json" >/dev/null ||
        fail "resident ($runner): $(jq -c '.agents[0].metrics' "$WORK/json")"
done

# --- mistakes ---
says() { # DEED WORDS: in both runners, and the run goes on to its end
    roster "deed: $1"
    for runner in inproc process; do
        lab "$runner"
        grep -q -e "$2" "$WORK/err" || fail "$1 ($runner): $(tail -n 3 "$WORK/err")"
    done
}
says name 'acquire -05'
says twice 'again -05'
says after 'after -05'
says beyond 'job -0[18]'
says large 'submit -08'
says many 'submit -09'
says cancel 'job -10'
roster '' ''
lab inproc
grep -q 'acquire -05' "$WORK/err" || fail "a plugin without a lease: $(tail -n 3 "$WORK/err")"
refused() { # WHAT WORDS
    "$AGON" backtest --roster "$WORK/conf/lab.yaml" --plugins "$PLUGINS" --for 1m >"$WORK/out" 2>&1 && fail "$1 was taken"
    grep -q -e "$2" "$WORK/out" || fail "$1: $(cat "$WORK/out")"
}
roster '' ', gpu: {leases: {main: {budget: old_0.realtime, memory: 4MiB, share: 10%}}}' ''
refused "leases without cards" 'there are no cards'
# Where there is a card this is integration_jobs_cuda's.
[ -e /dev/nvidia0 ] || {
    roster '' ', gpu: {leases: {main: {budget: old_0.realtime, memory: 4MiB, share: 10%}}}' 'gpu: {profile: s2_four_8gb}'
    refused "cards that are not there" "device 'cuda' cannot be used: no CUDA driver.*expected a card with its driver"
    [ "$(grep -c 'no CUDA driver' "$WORK/out")" = 1 ] || fail "it is said more than once: $(cat "$WORK/out")"
}
"$AGON" validate "$PLUGINS/jobber.so" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"

# --- live, on paper, four cards with a worker each: one in a process of its own, two in the host's; three computes with
# what its lease keeps on its card; four gives its lease back and acquires it again, and it ends by its deadline, too. The
# first card is nobody's and says a wrong bit, so that what comes of it shows; the third hangs, once, in a chunk of two;
# and when the fourth's worker dies the next one does not begin. The fourth's first file takes 450 ms to get there: jobs wait.
certified jobber
start_sim --seed 3
lease() { printf ', orders_on_reload: keep, gpu: {leases: {main: {budget: %s.realtime, memory: 4MiB, share: 10%%%s}}}' "$1" "${2-}"; }
MODE=paper live_files "$(agent one jobber.so 'values: 64' '' "$(lease old_1)")
$(agent two jobber.so 'values: 200, deed: keeps' '' ", runner: inproc$(lease old_2)")
$(agent three jobber.so 'values: 100, deed: resident' '' ", files: {weights: weights}$(lease old_3 ', resident: weights')")
$(agent four jobber.so 'values: 64, deed: anew' '' ", runner: inproc$(lease old_1 ', deadline: 8s')")"
sed -i 's/^agents:/gpu: {profile: s2_four_8gb, device: scripted, delay: 500ms, script: ["0 read 0 wrong", "0 look 1 30", "1 run 3 hang", "2 start 1 hang,1 write 1 slow=450"]}\nagents:/' "$WORK/conf/roster.yaml"
"$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/out" 2>&1 || fail "config check: $(cat "$WORK/out")"
start_host
for name in one two three four; do
    trade_on $name "at the start"
done
# Where its worker gets no processor for 200 ms a chunk is taken for hung, and the worker is begun again.
! grep -q "three: job -15" "$WORK/host.err" || grep '"key":"worker_again"' "$WORK/host.err" | grep -q 'card old_3' || fail "a job did not wait for the file of its lease"
[ "$(workers | wc -l)" = 4 ] || fail "not a worker for each card: $(workers)"
gpu leases --json | jq -e '[.[] | select(.agent == "three" or .agent == "two") | .card] == ["old_2", "old_3"]' >/dev/null || fail "leases: $(gpu leases --json)"

gpu leases | grep -q '4.0 MiB' || fail "a lease's memory: $(gpu leases)"

# The fourth card is lost: what three computes goes on on the first one, with what lies there, and comes home.
gpu_is '.cards[3].worker_pid != null'
kill -9 "$(jq '.cards[3].worker_pid' "$WORK/status")"
until_true "$HOST_PID" "the loss" gpu_is '.cards[3].state == "lost" and .cards[0].leases == 1'
gpu_is '.failover_ms > 0' || fail "the failover: $(jq .failover_ms "$WORK/status") ms"
failover=$(jq .failover_ms "$WORK/status")
trade_on three "on another card"
again() { gpu_is '.cards[3].worker_pid != null' && kill -9 "$(jq '.cards[3].worker_pid' "$WORK/status")" 2>/dev/null; }
until_true "$HOST_PID" "the worker that does not begin" again
until_true "$HOST_PID" "home" gpu_is '.cards[3].state == "ok" and .cards[0].leases == 0'
trade_on three "at home"
hung() { grep -q "two: job -15" "$WORK/host.err"; }
until_true "$HOST_PID" "the job that hangs" hung
# What the allocator decides stands in no job_done: its agent is given it all the same, and it is counted as every other outcome.
agree() { # NAME OUTCOME: one of those, and as many outcomes in all as the agent itself has counted
    curl -s -H "Authorization: Bearer $(cat "$WORK/run/token")" "$(cat "$WORK/run/http")/metrics" >"$WORK/metrics"
    python3 - "$WORK/metrics" "$1" "$2" <<'EOF'
import re, sys
rows = open(sys.argv[1]).read()
outcomes = dict(re.findall(r'agon_agent_gpu_jobs_total\{agent="%s",outcome="(\w+)"\} (\d+)' % sys.argv[2], rows))
own = re.findall(r'agon_agent_metric\{agent="%s",metric="[01]"\} (\d+)' % sys.argv[2], rows)
sys.exit(not (int(outcomes.get(sys.argv[3], 0)) > 0 and len(own) == 2 and sum(map(int, outcomes.values())) == sum(map(int, own))))
EOF
}
until_true "$HOST_PID" "as many outcomes as two was given, of which one hung" agree two hung
trade_on two "a chunk hung"
for kill in 1 2; do
    # shellcheck disable=SC2046
    kill -9 $(workers) || fail "no worker at kill $kill"
    trade_on one "a worker was killed"
done
trade_on two "workers were killed"
trade_on three "workers were killed"
for name in one two; do
    ctl reload $name >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
    trade_on $name "reloaded"
done
# Four gives its lease back when it has orders enough, or meets its deadline before: both are waited for.
both() {
    grep -q "four: ended -15" "$WORK/host.err" && "$AGON" journal cat "$WORK/run/journal" --live --json >"$WORK/cat" 2>/dev/null &&
        [ "$(grep '"type":"job_request"' "$WORK/cat" | grep '"kind":"release"' | grep -c '"slot":3')" -gt 1 ]
}
until_true "$HOST_PID" "two leases given back, and one that ended by its deadline" both
python3 "$JUDGE" --once "$WORK/cat" >"$WORK/once" || fail "jobs and outcomes: $(cat "$WORK/once")"
python3 "$JUDGE" --cards "$WORK/cat" "$WORK/conf/weights" 100 2 3 >"$WORK/cards" 2>&1 || fail "who computed what: $(cat "$WORK/cards")"

# The host is killed with jobs under way: the next run says that they are lost, once.
killed one two
once
[ "$(cut -d' ' -f3 "$WORK/once")" -gt 0 ] || fail "no job was reported lost: $(cat "$WORK/once")"
echo "jobs of agents: alike in both runners, once each through kills and reloads ($(cat "$WORK/once"); failover $failover ms; $(cat "$WORK/cards"))"
