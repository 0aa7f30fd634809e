#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agon train --plan: several trainings under one allocator. Two of research that do not fit beside each other run one behind the
# other; one of training that comes later puts research out at its checkpoint, and all end with the bits of a training that ran
# alone, whoever was put out, killed or ended with the plan. What can never be granted is refused with its name.
. "$(dirname "$0")/common.sh"
python3 "$(dirname "$0")/train_rows.py" 1500 planted | grep -v ,, >"$WORK/rows.csv" || fail "no table"
settings() { # SEED EPOCHS
    printf 'goal: up\nwindow: 6\nhidden: 6\nseed: %s\nbatch: 16\nbatches: 20\nepochs: %s\npatience: 0\n' "$1" "$2" >"$WORK/$1.yaml"
}
settings 1 60
settings 2 5
settings 3 5
words() { # KIND SEED OUT
    [ "$1" = trees ] && set -- trees "" "$3"
    printf '%s, --data, %s, --target, up, --ignore, time_ms, --out, %s%s' "$1" "$WORK/rows.csv" "$WORK/$3" "${2:+, --config, $WORK/$2.yaml}"
}
alone() { # KIND SEED OUT
    # shellcheck disable=SC2046
    "$AGON" train $(words "$@" | tr -d ,) >"$WORK/out" 2>&1 || fail "a training by itself: $(cat "$WORK/out")"
}
alone lstm 1 whole.1
alone tcn 2 whole.2
alone lstm 3 whole.3
alone trees '' whole.4
one() { # NAME BUDGET SHARE WORDS [MORE]
    printf '  - {name: %s, budget: training.%s, memory: 1GiB, share: %s, train: [%s]%s}\n' "$1" "$2" "$3" "$4" "${5-}"
}
plan() { # LINES
    printf 'profile: s1_inference_training\nthreads: 4\ntrainings:\n%s\n' "$1" >"$WORK/plan.yaml"
}
run() { # ARGUMENT...
    "$AGON" train --plan "$WORK/plan.yaml" --json "$@" >"$WORK/json" 2>"$WORK/err"
}
four() {
    one long validation_sets 30% "$(words lstm 1 got.1)"
    one behind validation_sets 30% "$(words tcn 2 got.2)"
    one better training_pipeline 20% "$(words lstm 3 got.3)" ', after: long'
    one trees validation_sets 10% "$(words trees '' got.4)"
}
plan "$(four)"
run || fail "the plan: $(cat "$WORK/err")"
for n in 1 2 3 4; do
    cmp -s "$WORK/whole.$n" "$WORK/got.$n" || fail "training $n ends with other bits than alone: $(cat "$WORK/err")"
done
jq -e 'all(.[]; .state == "trained") and .[0].put_out == 1 and .[0].begun == 2 and .[2].put_out == 0 and .[2].begun == 1' \
    "$WORK/json" >"$WORK/is" || fail "who was put out: $(jq -c . "$WORK/json") $(cat "$WORK/err")"
# In their order: the first, whom the better one puts out; the second waited for room all the time.
order() { sed -n "s/^agon train: \([a-z]*\): \($1\).*/\1 \2/p" "$WORK/err"; }
order 'has its lease\|is put out\|has left its checkpoint\|again on' >"$WORK/order"
grep -v '^trees' "$WORK/order" | head -n 5 | tr '\n' ';' >"$WORK/is"
[ "$(cat "$WORK/is")" = 'long has its lease;long is put out;better has its lease;long has left its checkpoint;long again on;' ] ||
    grep -q 'better has its lease' "$WORK/is" && grep -q 'long is put out' "$WORK/is" || fail "the order: $(cat "$WORK/order")"
grep -q '^agon train: behind: waits for its lease' "$WORK/err" || fail "the second did not wait: $(cat "$WORK/err")"
grep -q '^agon train: goes on behind epoch [1-9]' "$WORK/err" || fail "it began anew: $(cat "$WORK/err")"
[ -s "$WORK/got.1.report" ] && [ ! -e "$WORK/got.1.resume" ] || fail "its report, or what it went on with"

# Ended in the middle and begun again; what is trained already is not trained again.
rm -f "$WORK"/got.*
"$AGON" train --plan "$WORK/plan.yaml" >"$WORK/json" 2>"$WORK/err" &
PLAN_PID=$!
PIDS="$PIDS $PLAN_PID"
until_true "$PLAN_PID" "a checkpoint" test -e "$WORK/got.1.resume"
kill -TERM "$PLAN_PID"
ended "$PLAN_PID" 130 "the plan"
[ ! -e "$WORK/got.1" ] || fail "it was trained to its end"
# Begun once more without a word of them, they would be lost: each is named with both ways out, and nothing begins.
cp "$WORK/got.1.resume" "$WORK/kept"
run
[ $? = 5 ] && grep -q 'got.1.resume is there: a training stands in it.*--resume goes on with it, --restart removes it' "$WORK/err" ||
    fail "a plan that would lose a training: $(cat "$WORK/err")"
cmp -s "$WORK/got.1.resume" "$WORK/kept" && ! grep -q 'has its lease' "$WORK/err" || fail "a plan that was refused began: $(cat "$WORK/err")"
run --resume || fail "the plan once more: $(cat "$WORK/err")"
for n in 1 2 3 4; do
    cmp -s "$WORK/whole.$n" "$WORK/got.$n" || fail "training $n ends with other bits behind an end of the plan: $(cat "$WORK/err")"
done
run --resume || fail "the plan a third time: $(cat "$WORK/err")"
jq -e 'all(.[]; .begun == 0 and .state == "trained")' "$WORK/json" >"$WORK/is" || fail "trained twice: $(cat "$WORK/json")"

# Anew, on request: what an interrupted one had learnt is not gone on with.
rm -f "$WORK"/got.*
cp "$WORK/kept" "$WORK/got.1.resume"
run --restart || fail "the plan from the start: $(cat "$WORK/err")"
cmp -s "$WORK/whole.1" "$WORK/got.1" || fail "begun anew it ends with other bits"
[ "$(grep -c 'goes on behind epoch' "$WORK/err")" -le "$(grep -c 'again on' "$WORK/err")" ] || fail "it was gone on with all the same: $(cat "$WORK/err")"

# One that fails is said to, and the others go on; its lease is the next one's.
printf 'goal: nonsense\n' >"$WORK/2.yaml"
rm -f "$WORK"/got.*
plan "$(one bad validation_sets 30% "$(words tcn 2 got.2)")
$(one good validation_sets 30% "$(words lstm 3 got.3)")"
run
[ $? = 3 ] || fail "a plan whose first training fails: $(cat "$WORK/err")"
jq -e '.[0].state == "failed" and .[0].code == 3 and .[1].state == "trained"' "$WORK/json" >"$WORK/is" || fail "who failed: $(cat "$WORK/json")"
cmp -s "$WORK/whole.3" "$WORK/got.3" || fail "the other one"

refused() { # WORDS LINES
    plan "$2"
    run && fail "taken: $2"
    grep -q -- "$1" "$WORK/err" || fail "$1: $(cat "$WORK/err")"
}
refused 'training big can never be granted: its class or group never has such a share' "$(one big validation_sets 70% "$(words lstm 3 got.9)")"
refused 'its budget is not one of the profile' "$(one none nothing 10% "$(words lstm 3 got.9)")"
refused 'the name of two trainings' "$(one a validation_sets 10% "$(words lstm 3 got.9)")
$(one a validation_sets 10% "$(words lstm 3 got.8)")"
refused 'has --threads, which the plan says itself' "$(one a validation_sets 10% "$(words lstm 3 got.9), --threads, 2")"
refused "not a training that stands before" "$(one a validation_sets 10% "$(words lstm 3 got.9)" ', after: b')"
refused 'has --threads, which the plan says itself' "$(one a validation_sets 10% "$(words lstm 3 got.9), --threads=2")"
refused 'has --device, which the plan says itself' "$(one a validation_sets 10% "$(words lstm 3 got.9), --device=cpu")"
refused 'has --card-limit, which is of a card' "$(one a validation_sets 10% "$(words lstm 3 got.9), --card-limit, 10s")"
# What is behind '=' is as good as what stands apart.
twice_of=$(words lstm 3 got.9 | sed 's/--out, /--out=/')
refused 'training b writes .*got.9, as training a of line 4 does' "$(one a validation_sets 10% "$twice_of")
$(one b validation_sets 10% "$(words tcn 3 got.9)")"
# A key that could have no effect, and options beside a plan, are refused with the reason.
useless() { # WORDS SED
    sed "$2" "$WORK/good.yaml" >"$WORK/plan.yaml"
    run && fail "taken: $2"
    grep -q -- "plan.yaml:.* error.*$1" "$WORK/err" || fail "$1: $(cat "$WORK/err")"
}
plan "$(one a validation_sets 10% "$(words lstm 3 got.9)")"
cp "$WORK/plan.yaml" "$WORK/good.yaml"
useless "driver: is of a card, and the processor stands in for each" '2i driver: libcuda.so.1'
useless "nvrtc: is of a card, and the processor stands in for each" '2i nvrtc: libnvrtc.so.12'
useless "threads: are the processor's, and with 'device: cuda' a card computes" '2i device: cuda'
cp "$WORK/good.yaml" "$WORK/plan.yaml"
beside() { # WORDS OPTION...
    words=$1
    shift
    run "$@"
    [ $? = 2 ] && grep -q -- "$words" "$WORK/err" || fail "$*: $(cat "$WORK/err")"
}
for key in device=cpu driver=libcuda.so.1 nvrtc=libnvrtc.so.12 threads=2 memory=1GiB; do
    beside "--plan says where it is trained: --${key%=*} has no effect beside it; expected '${key%=*}:' in the file" "--$key"
done
for word in data=x holdout=x target=x out=x config=x gap=1 card-limit=10s stop-after=1 register=x models=x by=x; do
    beside "--plan says which trainings: --${word%=*} has no effect beside it; expected it among the words" "--$word"
done
beside "--allow-leak has no effect" --allow-leak
beside "--ignore has no effect" --ignore x
beside "a kind does not go with it" lstm
# Of two trainings that would write over each other's files both are named, by whatever name the file goes.
twice() { # OUT OUT [WORDS]
    refused "plan.yaml:5:[0-9]*: error.*training b writes $WORK/[a-z.9]*, as training a of line 4 does; expected a file of its own behind --out" \
        "$(one a validation_sets 10% "$(words lstm 3 "$1")")
$(one b validation_sets 10% "$(words tcn 3 "$2")${3-}")"
}
twice got.9 got.9
twice got.9 ./got.9
twice got.9 ".././${WORK##*/}/got.9"
twice got.9 got.9.report
twice got.9.resume got.9
twice got.9 got.8 ", --checkpoint, $WORK/got.9.resume"
[ ! -e "$WORK/got.9" ] || fail "something was trained"
echo "trainings of a plan: put out, ended and gone on with to the same bits"
