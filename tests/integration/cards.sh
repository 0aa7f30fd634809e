#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host with cards that a script stands in for: its agents' leases, heat step by step up to the stop of everything, a
# card that is lost and comes back, what status, leases and why say of it, a restart, and a replay of all of it, without
# any card. A lease that can never be granted ends the start, with its place.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/cards_common.sh"
MODE=paper
start_sim --seed 3
lease() { printf ', gpu: {leases: {%s}}' "$1"; }
model=$(lease 'main: {budget: trading_models, memory: 4GiB, share: 20%, priority: 0}')
train=$(lease 'train: {budget: training_pipeline, memory: 20GiB, share: 20%, class: training}, late: {budget: training_pipeline, memory: 20GiB, share: 10%}')
roster() { # SCRIPT OF CARD 0 AND OF CARD 1
    live_files "$(agent model busy.so 'every: 20' '' "$model")
$(agent trainer busy.so 'every: 30' '' "$train")
gpu: {profile: s1_inference_training, device: scripted, script: [\"${1:-0 look 1 30}\", \"${2:-0 look 1 30}\"]}"
}
lease_is() { gpu leases --json >"$WORK/leases" 2>/dev/null && jq -e "$1" "$WORK/leases" >/dev/null; }
worker_of() { jq ".cards[$1].worker_pid" "$WORK/status"; }
stop_host() {
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" "$1" "the host"
}
replays() { # the journal alone, by another process without any card
    "$AGON" replay --verify "$WORK/run" >"$WORK/replay" 2>&1 || fail "replay: $(cat "$WORK/replay")"
}

# What can never be granted is said with its place, before anything begins.
model=$(lease 'main: {budget: model_cache, memory: 21GiB, share: 20%}')
roster '' ''
start_host
ended "$HOST_PID" 3 "a host with a lease that cannot be"
grep -q 'roster.yaml:[0-9]*:.*can never be granted (budget): the budget never has so many bytes' "$WORK/host.err" ||
    fail "not said why: $(cat "$WORK/host.err")"
[ ! -e "$WORK/run/journal" ] || fail "it began all the same"
for wrong in 'budget: nothing, memory: 1GiB' 'budget: model_cache, memory: 1GiB, class: training' \
    'budget: model_cache, memory: 1GiB, resident: weights' 'budget: model_cache, memory: 1GiB, share: 101%' \
    'budget: model_cache, memory: 1GiB, group: none' 'memory: 1GiB' 'budget: model_cache' 'budget: model_cache, dedicated: true'; do
    model=$(lease "main: {$wrong}")
    roster '' ''
    "$AGON" config check "$WORK/conf/roster.yaml" >"$WORK/said" 2>&1 && fail "taken: $wrong"
    grep -q 'roster.yaml:[0-9]*:[0-9]*: error' "$WORK/said" || fail "no place: $(cat "$WORK/said")"
done
# A profile of the operator's own is a file beside the roster; what is wrong there is said with its place there.
mkdir -p "$WORK/conf/cards"
mine() { # PROFILE MEMORY
    printf 'cards:\n  - name: one\n    memory: 8GiB\n    budgets:\n      - {name: mine, class: inference, memory: %s}\n' "$2" >"$WORK/conf/cards/mine.yaml"
    printf 'base_currency: USDT\ngpu: {profile: %s, device: cpu}\nagents:\n%s\n' "$1" \
        "$(agent model busy.so '' '' "$(lease 'main: {budget: mine, memory: 1GiB, share: 20%}')")" >"$WORK/conf/mine.yaml"
    "$AGON" config check "$WORK/conf/mine.yaml" >"$WORK/said" 2>&1
}
mine cards/mine.yaml 6GiB || fail "a profile of a file: $(cat "$WORK/said")"
mine cards/mine.yaml 9GiB && fail "taken: budgets over the card's memory"
grep -q "mine.yaml:[0-9]*:[0-9]*: error.*gpu.profile: .*cards/mine.yaml:3:13: .*budgets are 9GiB" "$WORK/said" || fail "no place: $(cat "$WORK/said")"
mine cards/other.yaml 6GiB && fail "taken: a profile that is not there"
grep -q "mine.yaml:[0-9]*:[0-9]*: error.*gpu.profile: .*cards/other.yaml: No such file" "$WORK/said" || fail "not said: $(cat "$WORK/said")"
mine s9_none 6GiB && fail "taken: a profile that is none"
grep -q "is not a profile of budgets; expected a file, or one of s0_llm_ml" "$WORK/said" || fail "not said: $(cat "$WORK/said")"
# A file that leaves its lease no room.
head -c 2097152 /dev/zero >"$WORK/conf/weights"
model=", files: {weights: weights}$(lease 'main: {budget: model_cache, memory: 2MiB, resident: weights}')"
roster '' ''
"$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/said" 2>&1 && fail "taken: a file as large as its lease"
grep -q 'roster.yaml:[0-9]*:[0-9]*: error.*the file has 2MiB, and the lease 2MiB' "$WORK/said" || fail "not said: $(cat "$WORK/said")"
# A plugin that needs a card and is given none is named, at its line; where it has a lease, or does not ask, nothing is said.
said() { "$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/said" 2>&1 || fail "refused: $(cat "$WORK/said")"; }
live_files "$(agent needy leaser.so '' '' '')
$(agent model busy.so '' '' '')"
said
grep -q 'roster.yaml:4: warning: agent needy: its plugin says that it needs a card (AGON_NEEDS_GPU)' "$WORK/said" || fail "not said: $(cat "$WORK/said")"
[ "$(grep -c NEEDS_GPU "$WORK/said")" = 1 ] || fail "said of another: $(cat "$WORK/said")"
live_files "$(agent needy leaser.so '' '' "$(lease 'main: {budget: trading_models, memory: 1GiB, share: 10%}')")
gpu: {profile: s1_inference_training, device: scripted, script: [\"0 look 1 30\", \"0 look 1 30\"]}"
said
! grep -q NEEDS_GPU "$WORK/said" || fail "said where there is a lease: $(cat "$WORK/said")"
model=$(lease 'main: {budget: trading_models, memory: 4GiB, share: 20%, priority: 0}')

# Heat, step by step; the second card says nothing of its own. Looks come four times a second.
: >"$WORK/host.err"
roster '0 look 1 60, 0 look 24 78, 0 look 48 86' ''
start_host
until_true "$HOST_PID" "leases" lease_is '[.[].state] == ["held","held","waiting"]'
lease_is '.[2].waits_for == "bytes of its budget, which others hold" and .[2].place == 1' || fail "why it waits: $(cat "$WORK/leases")"
gpu_is '.on and .profile == "s1_inference_training" and .device == "scripted" and .split == "normal" and .leases == 3 and .waiting == 1' ||
    fail "status: $(cat "$WORK/status")"
gpu_is '.cards[0].leased_bytes == 4294967296 and .cards[0].inference == 0.2 and .cards[1].training == 0.2 and .cards[1].waiting == 1' ||
    fail "status of the cards: $(cat "$WORK/status")"
until_true "$HOST_PID" "warm" gpu_is '.cards[0].heat_step >= 1 and .cards[0].celsius >= 78'
gpu why trainer.late >"$WORK/why" || fail "why: $(cat "$WORK/why")"
grep -q 'bytes of its budget' "$WORK/why" && grep -q 'queued' "$WORK/why" || fail "why: $(cat "$WORK/why")"
gpu why 1 --json | jq -e '.now.agent == "model" and .now.name == "main" and (.decisions[0].decision == "granted")' >/dev/null || fail "why 1"
for bad in nobody.main model.nothing 99 main ''; do
    gpu why "$bad" >"$WORK/said" 2>&1 && fail "why '$bad' was answered: $(cat "$WORK/said")"
    [ -s "$WORK/said" ] || fail "why '$bad' says nothing"
done
for shown in status leases 'why trainer.late'; do
    # shellcheck disable=SC2086
    gpu $shown | awk -v what="$shown" 'length($0) > 80 { print what ": a line of " length($0) " columns: " $0; bad = 1 } END { exit bad }' ||
        fail "too wide"
done
until_true "$HOST_PID" "scaled" gpu_is '.cards[0].heat_step == 3 and .cards[0].state == "scaled" and .cards[0].capacity == 0.7'
grep -o '"key":"card_[a-z]*"' "$WORK/host.err" | head -n 1 | grep -q card_warm || fail "it was not warm first: $(grep '"key":"card_' "$WORK/host.err" | head -3)"

# Volatility is an operator's word, in the journal with who gave it; another is refused.
"$AGON" ctl gpu volatility high "a test" --dir "$WORK/run" >/dev/null || fail "volatility"
"$AGON" ctl gpu volatility wild --dir "$WORK/run" >"$WORK/said" 2>&1 && fail "a wild volatility"
until_true "$HOST_PID" "volatility" gpu_is '.volatility_next == "high" and .volatility == "normal"'

# Metrics and the API have the same.
curl -s -H "Authorization: Bearer $(cat "$WORK/run/token")" "$(cat "$WORK/run/http")/metrics" >"$WORK/metrics"
grep -q '^agon_gpu_leased_bytes{card="inference"} 4294967296' "$WORK/metrics" &&
    grep -q '^agon_agent_gpu_bytes{agent="trainer"} 21474836480' "$WORK/metrics" &&
    grep -q '^agon_gpu_heat_step{card="inference"} 3' "$WORK/metrics" || fail "metrics: $(grep gpu "$WORK/metrics")"
curl -s -H "Authorization: Bearer $(cat "$WORK/run/token")" "$(cat "$WORK/run/http")/api/v1/gpu/leases/model" |
    jq -e 'length == 1 and .[0].agent == "model"' >/dev/null || fail "the API's leases"

# Its workers end with the host.
workers="$(worker_of 0) $(worker_of 1)"
stop_host 0
for pid in $workers; do
    kill -0 "$pid" 2>/dev/null && fail "worker $pid goes on without its host"
done
replays

# Another run, whose first card is lost: its worker dies, and the next one hangs. Inference goes on elsewhere, and
# how long behind the last answer is printed; with the third worker the card is back, and inference goes home.
roster '2 start 1 hang' ''
: >"$WORK/host.err"
start_host
until_true "$HOST_PID" "leases of another run" lease_is '[.[].state] == ["held","held","waiting"] and .[0].lease > 3'
until_true "$HOST_PID" "workers" gpu_is '[.cards[].worker_up] == [true,true]'
kill -9 "$(worker_of 0)"
until_true "$HOST_PID" "the loss" gpu_is '.cards[0].state == "lost" and .single and .cards[0].leases == 0'
lease_is '.[0].card == "training" and .[0].state == "held"' || fail "inference has not moved: $(cat "$WORK/leases")"
gpu_is '.failover_ms > 0' || fail "the failover: $(jq .failover_ms "$WORK/status") ms"
failover=$(jq .failover_ms "$WORK/status")
echo "failover: $failover ms after the last answer"
grep -q '"key":"failover"' "$WORK/host.err" || fail "the failover is not in the log"
"$AGON" ctl alerts --json --dir "$WORK/run" | jq -e 'any(.[]; .kind == "card_lost")' >/dev/null || fail "no alert of the lost card"
hung() { gpu_is '.cards[0].worker_pid != null' && kill -9 "$(worker_of 0)" 2>/dev/null; }
until_true "$HOST_PID" "a worker that hangs" hung
until_true "$HOST_PID" "the card again" gpu_is '.cards[0].state == "ok" and (.single | not)'
lease_is '.[0].card == "inference" and .[0].state == "held"' || fail "inference is not at home: $(cat "$WORK/leases")"

# Killed in the middle, and begun once more: leases of before are over, and the journal leads on.
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
replays
roster '0 look 1 60, 0 look 16 91' ''
: >"$WORK/host.err"
start_host
until_true "$HOST_PID" "leases after the kill" lease_is 'length == 3 and .[0].lease > 6'
until_true "$HOST_PID" "too hot" gpu_is '.cards[0].state == "too hot" and .cards[0].heat_step == 4'
"$AGON" ctl halts --json --dir "$WORK/run" | jq -e 'any(.[]; .cause == "stop" and .by == "cards")' >/dev/null ||
    fail "not stopped: $("$AGON" ctl halts --json --dir "$WORK/run")"
grep -q 'has 91 degrees' "$WORK/host.err" || fail "why it stopped is not in the log"
stop_host 0
replays
n=$("$AGON" journal cat "$WORK/run" | grep -c ' gpu kind=')
[ "$n" -ge 15 ] || fail "$n events of cards in the journal"

# Without cards in the roster there are none from then on, and the journal says so.
live_files "$(agent model busy.so 'every: 20')
$(agent trainer busy.so 'every: 30')"
start_host
until_true "$HOST_PID" "a host without cards" gpu_is '.on | not'
stop_host 0
replays
echo "$n events of cards, replayed without any"
