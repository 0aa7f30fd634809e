#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What goes wrong with cards in a backtest, and whom it costs: a profile over its card's memory, a script that is none, own kernels:
# refused with the place; an agent that writes to a result, or whose callbacks return errors: in the report, and nobody else's matter.
# The card and its compiler are libraries of the tests.
. "$(dirname "$0")/common.sh"
# An agon-gpu that was built without nvcc has no code for a card and wants a compiler.
card="device: cuda, driver: \"$3\", nvrtc: \"$4\""
mkdir -p "$WORK/conf"
cards() { # NAME MEMORY BUDGET
    printf 'cards:\n  - name: %s\n    memory: %s\n    reserve: 256MiB\n    budgets:\n      - {name: realtime, class: inference, memory: %s}\n' "$1" "$2" "$3" \
        >"$WORK/conf/$1.yaml"
}
cards fits 1GiB 512MiB
cards exact 1280MiB 1GiB
cards over 1281MiB 1025MiB
agent_of() { # NAME PARAMS [MORE]
    printf '  - {name: %s, plugin: jobber.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], params: {values: 64%s}, gpu: {leases: {main: {budget: realtime, memory: 4MiB, share: 10%%%s}}}}\n' \
        "$1" "$2" "${3-}"
}
roster() { # GPU AGENT...
    printf 'base_currency: USDT\ngpu: {%s}\nagents:\n' "$1" >"$WORK/conf/lab.yaml"
    shift
    printf '%s\n' "$@" >>"$WORK/conf/lab.yaml"
}
lab() { # RUNNER
    "$AGON" backtest --roster "$WORK/conf/lab.yaml" --plugins "$PLUGINS" --runner "$1" --seed 3 --for 30s --json >"$WORK/json" 2>"$WORK/err"
}
refused() { # CODE WORDS [RUNNER]: by a backtest
    lab "${3-inproc}"
    code=$?
    [ "$code" = "$1" ] || fail "exit code $code and not $1 ($2): $(cat "$WORK/err")"
    grep -q -- "$2" "$WORK/err" || fail "not said: $2: $(cat "$WORK/err")"
}

# --- a profile and the card's memory: the stand-in has 1 GiB ---
for runner in inproc process; do
    for name in fits exact; do
        roster "profile: $name.yaml, $card" "$(agent_of one '')"
        lab $runner || fail "a profile that fits ($name, $runner): $(cat "$WORK/err")"
        jq -e '.agents[0].metrics["0"] > 0 and .agents[0].metrics["1"] == 0' "$WORK/json" >"$WORK/is" || fail "jobs with $name: $(cat "$WORK/json")"
    done
    roster "profile: over.yaml, $card" "$(agent_of one '')"
    refused 3 "gpu.profile 'over': card 0 has 1GiB, and the profile leases 1025MiB of 'over'; choose a profile" $runner
done
roster "profile: over.yaml, device: cpu" "$(agent_of one '')"
lab inproc || fail "what stands in for a card has the machine's memory: $(cat "$WORK/err")"

# --- who writes to a result is stopped, and nobody else ---
for runner in inproc process; do
    roster "profile: fits.yaml, device: cpu" "$(agent_of one ', deed: writes')" "$(agent_of two '')"
    lab $runner
    code=$?
    [ "$code" = 1 ] || fail "exit code $code of a run whose plugin was stopped ($runner): $(cat "$WORK/err")"
    jq -e '.agents[0].stopped != null and .agents[1].stopped == null and .agents[0].metrics["0"] == 1 and .agents[1].metrics["0"] > 100' "$WORK/json" >"$WORK/is" ||
        fail "a write to a result ($runner): $(jq -c '.agents[] | [.stopped, .metrics]' "$WORK/json")"
    [ $runner = process ] || jq -e '.agents[0].stopped | contains("wrote into the results of jobs that it is shown")' "$WORK/json" >"$WORK/is" ||
        fail "why it was stopped: $(jq -c '.agents[0].stopped' "$WORK/json")"
done

# --- errors of callbacks are in the report: how many, and the first in words ---
for runner in inproc process; do
    roster "profile: fits.yaml, device: cpu" "$(agent_of one ', deed: errs')" "$(agent_of two '')"
    lab $runner || fail "an agent whose callbacks return errors ($runner): $(cat "$WORK/err")"
    jq -e '.agents[1].errors == null and .agents[0].stopped == null and .agents[0].errors.callbacks == (.agents[0].metrics["0"] / 3 | floor) and
        (.agents[0].errors.first | contains("on_event returned -13") and contains(", job, seq "))' "$WORK/json" >"$WORK/is" ||
        fail "errors in the report ($runner): $(jq -c '.agents[] | [.errors, .stopped, .metrics]' "$WORK/json")"
    jq -r '.agents[0].errors.first' "$WORK/json" >"$WORK/first.$runner"
done
cmp -s "$WORK/first.inproc" "$WORK/first.process" || fail "the runners differ: $(cat "$WORK"/first.*)"
COLUMNS=1000 "$AGON" backtest --roster "$WORK/conf/lab.yaml" --plugins "$PLUGINS" --seed 3 --for 30s --html "$WORK/page.html" >"$WORK/out" 2>&1 || fail "a report as text"
grep -q 'errors: [0-9]* callbacks returned one; the first: on_event returned -13' "$WORK/out" || fail "errors as text: $(cat "$WORK/out")"
grep -q 'callbacks returned an error; the first: on_event returned -13' "$WORK/page.html" || fail "errors on the page"

# --- a script that is none: the roster's mistake, with its place ---
roster "profile: fits.yaml, device: scripted, script: [\"1 run today fail\"]" "$(agent_of one '')"
refused 3 "lab.yaml:2:[0-9]*: error.*'1 run today fail' is not a step; expected LIFE OP COUNT WHAT, as in '1 run 3 fail'"
for wrong in '1 walk 3 fail' '1 run 3 failing' '1 run 3' '1 run 3 slow' '1 run 3 fail more' '0 heat 1 hot' '-1 run 1 fail'; do
    roster "profile: fits.yaml, device: scripted, script: [\"0 heat 1 60\", \"\"]" "$(agent_of one '')"
    roster "profile: fits.yaml, device: scripted, script: [\"0 heat 1 60, $wrong\"]" "$(agent_of one '')"
    refused 3 'is not a step; expected LIFE OP COUNT WHAT'
done
roster 'profile: fits.yaml, device: scripted, script: ["0 run 2 slow=1, 0 heat 1 60"]' "$(agent_of one '')"
lab inproc || fail "a script: $(cat "$WORK/err")"

# --- a key that could have no effect is refused with the reason ---
for key in "driver: \"$3\"" 'nvrtc: libnvrtc.so.12'; do
    roster "profile: fits.yaml, device: cpu, $key" "$(agent_of one '')"
    refused 3 "lab.yaml:2:[0-9]*: error.*gpu.${key%%:*}: is for a card, and 'device: cpu' has none"
done
roster "profile: fits.yaml, $card, threads: 2" "$(agent_of one '')"
refused 3 "lab.yaml:2:[0-9]*: error.*gpu.threads: are the processor's, and with 'device: cuda' a card computes"

# --- a card that hangs: what is waited for is said after seconds, and until when; the roster says how long that is ---
for runner in inproc process; do
    roster 'profile: fits.yaml, device: scripted, limit: 8s, script: ["1 run 2 hang"]' "$(agent_of one '')"
    lab $runner || fail "a card that hung once ($runner): $(cat "$WORK/err")"
    grep -q "^agon backtest: it has waited for [5-9] s for job [0-9]* of agent one (gpu.leases.main), on device 'scripted' (worker 1): [0-9]* s more at most, then it has hung ('limit: 8s' of the roster's gpu)" \
        "$WORK/err" || fail "nothing is said of what is waited for ($runner): $(cat "$WORK/err")"
    grep -q '^agon backtest: the worker of jobs (agon-gpu): it hung: no chunk was done in 8000 ms' "$WORK/err" || fail "it hung, and nobody says so ($runner): $(cat "$WORK/err")"
    jq -e '.agents[0].metrics["0"] > 100 and .agents[0].metrics["1"] == 0' "$WORK/json" >"$WORK/is" || fail "it is not done again ($runner): $(cat "$WORK/json")"
done
roster 'profile: fits.yaml, device: scripted, limit: 6s, script: ["1 start 1 hang"]' "$(agent_of one '')"
lab inproc || fail "a card that began at the second time: $(cat "$WORK/err")"
grep -q "^agon backtest: it has waited for [5-9] s until device 'scripted' begins (worker 1): [0-9]* s more at most" "$WORK/err" ||
    fail "nothing is said of a card that does not begin: $(cat "$WORK/err")"
roster 'profile: fits.yaml, device: cpu' "$(agent_of one '')"
lab inproc || fail "a card that is well: $(cat "$WORK/err")"
! grep -q 'waited' "$WORK/err" || fail "waits of a card that is well: $(cat "$WORK/err")"

# --- a driver in a folder that LD_LIBRARY_PATH alone names, as in some containers: a worker looks there too ---
mkdir "$WORK/nvidia"
cp "$3" "$WORK/nvidia/libcuda.so.1"
roster "profile: fits.yaml, device: cuda, nvrtc: \"$4\"" "$(agent_of one '')"
for runner in inproc process; do
    [ -e /dev/nvidia0 ] || refused 6 "no CUDA driver: libcuda.so.1" $runner
    LD_LIBRARY_PATH=$WORK/nvidia lab $runner || fail "a driver by LD_LIBRARY_PATH ($runner): $(cat "$WORK/err")"
    jq -e '.agents[0].metrics["0"] > 0' "$WORK/json" >"$WORK/is" || fail "jobs with it ($runner): $(cat "$WORK/json")"
done

# --- own kernels run in a host alone ---
printf 'extern "C" __global__ void k() {}\n' >"$WORK/conf/own.cu"
roster "profile: fits.yaml, $card, own_kernels: true, own_context: 16MiB" \
    "$(agent_of one '' ', kernels: source' | sed 's/, gpu: /, files: {source: own.cu}, gpu: /')"
for runner in inproc process; do
    refused 3 "lab.yaml:4:.*agents\[0\].gpu.leases.main.kernels: own kernels run in a live or paper host alone" $runner
done
# --- leases that are never granted, and those that wait from the start on ---
cat >"$WORK/conf/two.yaml" <<'END'
cards:
  - name: two
    memory: 1GiB
    reserve: 256MiB
    budgets:
      - {name: realtime, class: inference, memory: 512MiB}
      - {name: learning, class: training, memory: 256MiB}
END
live() { # LEASE...: of agents a, b, ...
    agents=
    name=a
    for lease in "$@"; do
        agents="$agents$(agent "$name" jobber.so 'values: 64' '' ", gpu: {leases: {main: {$lease}}}")
"
        name=$(printf %s "$name" | tr a-y b-z)
    done
    MODE=paper live_files "$agents"
    sed -i "s|^agents:|gpu: {profile: two.yaml, device: cpu}\nagents:|" "$WORK/conf/roster.yaml"
    "$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/out" 2>&1
}
warns() { # WORDS
    grep -q "roster.yaml:[0-9]*: warning: $1" "$WORK/out" || fail "no warning '$1': $(cat "$WORK/out")"
}
# Of a roster by itself the same is said, and by a backtest before it begins.
waiting() { # LEASE WORDS: of agent one
    agent_of one '' | sed "s|main: {.*}}}|main: {$1}}}}|" >"$WORK/waiting"
    roster 'profile: two.yaml, device: cpu' "$(cat "$WORK/waiting")"
    "$AGON" config check "$WORK/conf/lab.yaml" >"$WORK/out" 2>&1 || fail "config check of a roster: $(cat "$WORK/out")"
    grep -q "lab.yaml:4: warning: agent one: gpu.leases.main $2" "$WORK/out" || fail "no warning of a roster '$2': $(cat "$WORK/out")"
    lab inproc
    grep -q "lab.yaml:4: warning: agent one: gpu.leases.main $2" "$WORK/err" || fail "no warning of a backtest '$2': $(cat "$WORK/err")"
}
waiting 'budget: realtime, memory: 4MiB, share: 100%' 'asks for 100% of its card, and its class has 60% in a calm market'
roster 'profile: two.yaml, device: cpu' "$(agent_of one '')"
"$AGON" config check "$WORK/conf/lab.yaml" >"$WORK/out" 2>&1 && ! grep -q warning: "$WORK/out" || fail "a warning of a lease that is granted: $(cat "$WORK/out")"
start_sim --seed 3
live 'budget: realtime, memory: 4MiB, share: 60%' 'budget: learning, memory: 4MiB, share: 40%' || fail "config check: $(cat "$WORK/out")"
! grep -q 'gpu.leases' "$WORK/out" || fail "a warning of leases that are granted: $(cat "$WORK/out")"
live 'budget: realtime, memory: 4MiB, share: 100%' || fail "config check: $(cat "$WORK/out")"
warns 'agent a: gpu.leases.main asks for 100% of its card, and its class has 60% in a calm market (80% at high volatility, 100% at extreme, 40% in the weekly tournament): it waits, and is granted at extreme volatility alone; ask for 60% at most'
live 'budget: realtime, memory: 400MiB, share: 10%' 'budget: realtime, memory: 200MiB, share: 10%' || fail "config check: $(cat "$WORK/out")"
warns 'agent b: gpu.leases.main waits from the start on, for bytes of its budget, which others hold; ask for less'
start_host
until_true "$HOST_PID" "the same from the host that starts" lines "$WORK/host.err" 'agent b: gpu.leases.main waits from the start on' 1
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
live 'budget: realtime, memory: 4MiB, share: 10%, dedicated: true' && fail "a dedicated lease of inference was taken"
grep -q 'roster.yaml:[0-9]*:[0-9]*: error.*can never be granted: a whole card is given to training or research, and .realtime. is of inference; leave dedicated out' "$WORK/out" ||
    fail "a dedicated lease of inference: $(cat "$WORK/out")"
echo "cards in a backtest: $(cat "$WORK/first.inproc"); a profile over the card's memory, a write to a result, a script that is none, own kernels"
