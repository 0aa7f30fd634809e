#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agon train --device cuda: a net is trained on a card to the bits that the processor gives, and a checkpoint of one device is gone
# on with on the other. A card whose process is killed in the middle, a training that is, a plan that puts one out: what the last
# epoch left is gone on with, to the bits of a training that nothing happened to. No card, no driver, too little memory, a driver that
# fails at any of its calls or hangs: said with its place, and no checkpoint is lost. The card is a library of the tests.
#   AGON_CARD=cuda: this machine's, by hand or by integration_train_cuda, with a net of a size that is worth a card:
#   AGON_CARD=cuda AGON_SOURCE_ROOT=$PWD tests/integration/train_card.sh BUILD/agon BUILD/tests/integration
. "$(dirname "$0")/common.sh"
ROWS=$(dirname "$0")/train_rows.py
SAME=$(dirname "$0")/train_card.py
if [ "${AGON_CARD-}" = cuda ]; then
    CARD=
    python3 "$ROWS" 1500 planted | grep -v ,, >"$WORK/rows.csv" || fail "no table"
    printf 'goal: up\nwindow: 100\nhidden: 256\nlayers: 3\nserved: state\nseed: 1\nbatch: 64\nbatches: 4\nepochs: 3\npatience: 0\n' >"$WORK/net.yaml"
    THREADS=$(nproc)
else
    DRIVER=$3
    NVRTC=$4 # is asked by an agon-gpu that was built without nvcc
    CARD="--driver $DRIVER --nvrtc $NVRTC"
    python3 "$ROWS" 130 planted | grep -v ,, >"$WORK/rows.csv" || fail "no table"
    printf 'goal: up\nwindow: 2\nhidden: 2\nseed: 1\nbatch: 32\nbatches: 2\nepochs: 3\npatience: 0\ndropout: 20%%\nholdout: 20%%\nvalidation: 25%%\n' >"$WORK/net.yaml"
    THREADS=1
fi
sed 's/^epochs: .*/epochs: 1/; s/^batches: .*/batches: 1/; s/^served: .*//; s/^layers: .*//; s/^window: 100/window: 24/' "$WORK/net.yaml" >"$WORK/short.yaml"
train() { # OUT KIND CONFIG [OPTION...]
    out=$1 kind=$2 config=$3
    shift 3
    "$AGON" train "$kind" --data "$WORK/rows.csv" --target up --ignore time_ms --config "$WORK/$config.yaml" --out "$WORK/$out" "$@"
}
# shellcheck disable=SC2086 # a list of options
card() { # OUT KIND CONFIG [OPTION...]
    train "$@" --device cuda $CARD
}
same() { # WHAT A B: the same weights
    python3 "$SAME" "$WORK/$2" "$WORK/$3" >"$WORK/same" || fail "$1: $(cat "$WORK/same")"
}
alike() { cmp -s "$WORK/$2" "$WORK/$3" || fail "$1: another file"; }

# --- to the same bits as on the processor ---
train cpu lstm net --json --threads "$THREADS" >"$WORK/cpu.json" 2>"$WORK/err" || fail "on the processor: $(cat "$WORK/err")"
card card lstm net --json --register on_card --models "$WORK/models" >"$WORK/card.json" 2>"$WORK/err" || fail "on the card: $(cat "$WORK/err")"
same "on a card" cpu card
NAME=$(jq -r .device "$WORK/card.json")
case $NAME in cuda\ ?*) ;; *) fail "no name of the card: $(cat "$WORK/card.json")" ;; esac
jq -e '.device == "cpu" and .devices == "cpu"' "$WORK/cpu.json" >"$WORK/is" || fail "the processor's name"
grep -q "\"agon.device\":\"$NAME\"" "$WORK/card" || fail "the card of the model does not say the device"
! grep -q agon.device "$WORK/cpu" || fail "a model of the processor names a device"
"$AGON" models show on_card@1 --models "$WORK/models" >"$WORK/show" && grep -q "$NAME" "$WORK/show" || fail "the version does not say the device: $(cat "$WORK/show")"
for kind in tcn transformer; do
    train "cpu.$kind" "$kind" short >"$WORK/out" 2>&1 || fail "$kind: $(cat "$WORK/out")"
    card "card.$kind" "$kind" short >"$WORK/out" 2>&1 || fail "$kind on a card: $(cat "$WORK/out")"
    grep -q "^took .*s on $NAME, .*s a step" "$WORK/out" || fail "$kind does not say where: $(cat "$WORK/out")"
    same "$kind" "cpu.$kind" "card.$kind"
done

# --- a checkpoint of the processor, gone on with on the card, and said ---
train mixed lstm net --stop-after 1 >"$WORK/out" 2>&1 || fail "the beginning: $(cat "$WORK/out")"
card mixed lstm net --resume >"$WORK/out" 2>&1 || fail "gone on with on the card: $(cat "$WORK/out")"
grep -q "^agon train: on another device than before: cpu, $NAME" "$WORK/out" && grep -q "^devices   cpu, $NAME: begun on one" "$WORK/out" ||
    fail "it is not said: $(cat "$WORK/out")"
grep -q "\"agon.device\":\"cpu, $NAME\"" "$WORK/mixed" || fail "its card does not say both"
same "begun on the processor" cpu mixed

# --- killed in the middle: the card's process, then the training ---
gpu_of() { # PID: of its agon-gpu
    for child in $(cat /proc/"$1"/task/"$1"/children 2>/dev/null); do
        [ "$(cat "/proc/$child/comm")" = agon-gpu ] && echo "$child"
    done
}
long() { # [OPTION...]: in the background, until it has left an epoch
    touch "$WORK/began"
    # shellcheck disable=SC2086
    "$AGON" train lstm --data "$WORK/rows.csv" --target up --ignore time_ms --config "$WORK/long.yaml" --out "$WORK/long" --device cuda \
        $CARD "$@" >"$WORK/out" 2>&1 &
    LONG=$!
    PIDS="$PIDS $LONG"
    until_true "$LONG" "an epoch more" test "$WORK/long.resume" -nt "$WORK/began"
}
sed 's/^epochs: .*/epochs: 8/' "$WORK/net.yaml" >"$WORK/long.yaml"
[ "${AGON_CARD-}" != cuda ] || sed -i 's/^batches: .*/batches: 20/; s/^epochs: .*/epochs: 12/' "$WORK/long.yaml"
card whole lstm long --quiet >"$WORK/out" 2>&1 || fail "a whole one: $(cat "$WORK/out")"
long
GPU=$(gpu_of "$LONG")
kill -9 "$GPU" || fail "no process of the card's"
ended "$LONG" 6 "a training whose card is gone"
grep -q "^agon train: $NAME: its worker ended: signal 9.*; epoch [1-9][0-9]* is kept: --resume goes on behind it" "$WORK/out" ||
    fail "it is not said: $(cat "$WORK/out")"
[ -s "$WORK/long.resume" ] && [ ! -e "$WORK/long" ] || fail "what is left"
long --resume
GPU=$(gpu_of "$LONG")
kill -9 "$LONG"
wait "$LONG" 2>/dev/null
gone() { ! kill -0 "$GPU" 2>/dev/null; }
until_true 0 "the card's process is gone with its training" gone
long --resume
kill -TERM "$LONG"
ended "$LONG" 130 "a training that is ended"
card long lstm long --resume >"$WORK/out" 2>&1 || fail "gone on with: $(cat "$WORK/out")"
grep -q '^agon train: goes on behind epoch [1-9]' "$WORK/out" || fail "it began anew: $(cat "$WORK/out")"
alike "killed and gone on with" whole long

# --- a plan: one is put out of the card at its checkpoint ---
words() { printf 'lstm, --data, %s, --target, up, --ignore, time_ms, --config, %s, --out, %s' "$WORK/rows.csv" "$WORK/$1.yaml" "$WORK/$2"; }
plan() { # DEVICE
    printf 'profile: one.yaml\ndevice: %s\n%strainings:\n' "$1" "${CARD:+driver: $DRIVER
nvrtc: $NVRTC
}"
    printf '  - {name: long, budget: research, memory: 1GiB, share: 30%%, train: [%s]}\n' "$(words long got.long)"
    printf '  - {name: better, budget: training, memory: 1GiB, share: 20%%, after: long, train: [%s]}\n' "$(words net got.better)"
}
cat >"$WORK/one.yaml" <<EOF
cards:
  - name: one
    memory: 3GiB
    reserve: 1GiB
    budgets:
      - {name: training, class: training, memory: 1GiB}
      - {name: research, class: research, memory: 1GiB}
EOF
plan cuda >"$WORK/plan.yaml"
"$AGON" train --plan "$WORK/plan.yaml" --json >"$WORK/json" 2>"$WORK/err" || fail "the plan: $(cat "$WORK/err")"
jq -e 'all(.[]; .state == "trained") and .[0].put_out == 1 and .[0].begun == 2' "$WORK/json" >"$WORK/is" || fail "who was put out: $(cat "$WORK/json" "$WORK/err")"
alike "put out of the card" whole got.long
alike "who put it out" card got.better
grep -q "^took .* on $NAME" "$WORK/got.long.report" || fail "not on the card: $(cat "$WORK/got.long.report")"

# --- what cannot be ---
refused() { # EXIT WORDS [OPTION...]
    code=$1 words=$2
    shift 2
    train none lstm net "$@" >"$WORK/out" 2>&1
    is=$?
    [ $is = "$code" ] && grep -q -- "$words" "$WORK/out" || fail "exit code $is, not $code with \"$words\": $(cat "$WORK/out")"
    [ ! -e "$WORK/none" ] && [ ! -e "$WORK/none.resume" ] || fail "a file is left: $words"
}
# shellcheck disable=SC2086
{
    refused 6 "^agon train: --device cuda:99: cuda card: .*(101) in device_get; expected a card of this machine" --device cuda:99 $CARD
    refused 6 "^agon train: $NAME: no memory for a training of [0-9]* weights, windows of .*: it has .* bytes and asks for .* more, of the 2048 that it may have; expected" \
        --device cuda $CARD --memory 2KiB
}
refused 6 '^agon train: --device cuda: no CUDA driver: .*none.so.*; expected a card of this machine' --device cuda --driver "$WORK/none.so"
refused 2 'driver is of a card; expected --device cuda beside it' --driver "$WORK/none.so"
refused 2 'card-limit is of a card; expected --device cuda beside it' --card-limit 10s
refused 2 'card-limit is of a card; expected --device cuda beside it' --card-limit=10s --device=cpu
refused 2 "threads are the processor's, and with --device cuda:0 a card computes" --device=cuda:0 --threads=2
refused 2 'models is of --register, which is not given' --models x
for bad in tpu cuda: cuda:x cuda:-1 cuda:1024 cudas; do
    refused 2 'is not one; expected cpu, cuda, or cuda:N' --device "$bad"
done
train none trees net --device cuda >"$WORK/out" 2>&1 && fail "trees on a card"
grep -q 'trees is trained on the processor alone' "$WORK/out" || fail "no reason: $(cat "$WORK/out")"
train none trees net --card-limit 10s >"$WORK/out" 2>&1 && fail "trees with a card's limit"
grep -q 'card-limit is of a card, and trees is trained on the processor alone' "$WORK/out" || fail "no reason: $(cat "$WORK/out")"
no_plan() { # WORDS SED
    plan cuda | sed "$2" >"$WORK/bad.yaml"
    "$AGON" train --plan "$WORK/bad.yaml" >"$WORK/out" 2>&1 && fail "taken: $1"
    grep -q -- "$1" "$WORK/out" || fail "no \"$1\": $(cat "$WORK/out")"
}
no_plan 'trees is trained on the processor alone' 's/train: .lstm/train: [trees/'
no_plan 'is nothing of the card; expected what the training needs there' 's/memory: 1GiB, share: 30%/share: 30%/'
no_plan 'has --device, which the plan says itself' 's/lstm, --data/lstm, --device, cuda, --data/'

if [ "${AGON_CARD-}" = cuda ]; then
    step_of() { jq '.step_ms * 100 | round / 100' "$WORK/$1.json"; }
    echo "on $NAME: a step of an LSTM 2-256x3 (windows of 100, batches of 64) takes $(step_of card) ms, on the processor ($THREADS threads) $(step_of cpu) ms; the same bits, also killed, put out and gone on with"
    exit 0
fi

# --- each call of the driver fails: said, and what the last epoch left is gone on with ---
n_failed=0
fails() { # CALL[:NTH] EXIT WORDS [OPTION...]
    call=$1 code=$2 words=$3
    shift 3
    rm -f "$WORK/f" "$WORK/f.resume"
    CUDA_EMULATED="FAILS=$call;STICKY=1" card f lstm net "$@" >"$WORK/out" 2>&1
    is=$?
    [ $is = "$code" ] && grep -q -- "$words" "$WORK/out" || fail "$call: exit code $is, not $code with \"$words\": $(cat "$WORK/out")"
    n_failed=$((n_failed + 1))
    [ "$code" = 0 ] || [ ! -e "$WORK/f" ] || fail "$call: a model is left"
    if [ -e "$WORK/f.resume" ]; then
        card f lstm net --resume >"$WORK/out" 2>&1 || fail "$call: gone on with: $(cat "$WORK/out")"
    fi
    [ ! -e "$WORK/f" ] || alike "$call" card f
}
for call in cuInit cuDeviceGet cuDeviceGetName cuDeviceGetAttribute:1 cuDeviceGetAttribute:3 cuDeviceGetPCIBusId cuDeviceTotalMem_v2 \
    cuDevicePrimaryCtxRetain cuCtxSetCurrent cuModuleLoadData cuModuleGetFunction:1 cuModuleGetFunction:20; do
    fails "$call" 6 '^agon train: --device cuda: cuda .*expected a card of this machine'
    [ ! -e "$WORK/f" ] || fail "$call: trained"
done
CUDA_EMULATED="ARCH=61" card none lstm net >"$WORK/out" 2>&1 && fail "an old card"
grep -q 'its compute capability is 6.1, and cards older than 7.5 are not supported' "$WORK/out" || fail "an old card: $(cat "$WORK/out")"
fails cuMemAlloc_v2:1 6 'no memory for a training of .* there is no room for [0-9]* bytes beside the 0 that it has'
fails cuMemAlloc_v2:3 6 'no memory for a training of .* there is no room for [0-9]* bytes beside the [1-9][0-9]* that it has'
kept='; epoch [12] is kept: --resume goes on behind it'
for call in 'cuLaunchKernel:90 launch' 'cuMemcpyHtoD_v2:9 write' 'cuMemcpyDtoH_v2:9 read' 'cuCtxSynchronize:16 context_wait' 'cuMemsetD8Async:12 fill'; do
    fails "${call% *}" 6 "^agon train: $NAME: CUDA_ERROR.* in ${call#* }$kept"
done
fails cuLaunchKernel:90,cuGetErrorName 6 "^agon train: $NAME: an unknown error ([0-9]*) in launch$kept"
fails cuLaunchKernel:90=die 6 "^agon train: $NAME: its worker ended: signal 9.*$kept"
fails cuCtxSynchronize:16=hang 6 "^agon train: $NAME: it has said nothing for 10 s, and is ended$kept" --card-limit 10s
# What only gives back has no say in what was trained.
for call in cuMemFree_v2 cuModuleUnload cuDevicePrimaryCtxRelease_v2; do
    fails "$call" 0 "^took .* on $NAME"
done
# In the first epoch there is nothing to go on with yet, and nothing is claimed.
fails cuMemsetD8Async:1 6 "^agon train: $NAME: CUDA_ERROR.* in fill$"
fails cuLaunchKernel:20 6 "^agon train: $NAME: CUDA_ERROR.* in launch$"
[ ! -e "$WORK/f" ] && [ ! -e "$WORK/f.resume" ] || fail "something is left of the first epoch"
# A checkpoint of another version, and one that somebody has changed.
card f lstm net --stop-after 1 >"$WORK/out" 2>&1 || fail "an epoch: $(cat "$WORK/out")"
cp "$WORK/f.resume" "$WORK/f.kept"
damage() { # WORDS COMMAND: of bytes on its input
    $2 <"$WORK/f.kept" >"$WORK/f.resume"
    card f lstm net --resume >"$WORK/out" 2>&1 && fail "taken: $1"
    grep -q "$1" "$WORK/out" || fail "no \"$1\": $(cat "$WORK/out")"
}
damage 'is of another version of agon; begin again with --restart' 'sed 1s/^AGTRAIN./AGTRAIN1/'
damage 'is damaged: its hash is another' 'sed s/emulated/imitated/'
echo "on a stand-in of a card: the same bits, also killed, put out and gone on with; $n_failed failures of the driver"
