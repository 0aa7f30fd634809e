#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A policy learns by PPO in backtests of its plugin. What it was judged by there, with the trainer answering, is to the last order and
# the last bit of the engine's state what agon backtest comes to where the plugin asks the file. A training that is killed in the middle
# and goes on ends with the same file as one that ran through, and so does one with two threads. Checkpoints of another training, or
# not whole, or whose runs do not come back, are refused; so are models and features that are none.
. "$(dirname "$0")/common.sh"
POLICY=$2/../../plugins/policy/policy.so
SMALL=$WORK/small.yaml
cat >"$SMALL" <<END
environments: 4
episode: 1h
steps: 40
updates: 6
epochs: 2
minibatches: 2
hidden: 8
feed: 8
validation: 2
validation_every: 2
checkpoint_every: 1
judged: 3
judged_first: 7
END

train() { # NAME ARGUMENT...
    name=$1
    shift
    "$AGON" train ppo "$POLICY" --market rebound --param size=100 'features=return.1 return.5' --capital 1000 --out "$WORK/$name" --config "$SMALL" \
        --json "$@" >"$WORK/$name.json" 2>"$WORK/$name.err"
}
train whole.safetensors --checkpoint "$WORK/whole.ckpt" || fail "training: $(cat "$WORK/whole.safetensors.err")"
[ ! -e "$WORK/whole.safetensors.part" ] || fail "it leaves what it began with"

# Another seed learns something else, another number of threads the same.
train other.safetensors --seed 2 || fail "another seed: $(cat "$WORK/other.safetensors.err")"
cmp -s "$WORK/whole.safetensors" "$WORK/other.safetensors" && fail "another seed gave the same policy"
train threads.safetensors --threads 2 || fail "two threads: $(cat "$WORK/threads.safetensors.err")"
cmp "$WORK/whole.safetensors" "$WORK/threads.safetensors" || fail "two threads gave another policy"

# The plugin with the file, in a backtest of its own: the same orders, the same state.
python3 - "$AGON" "$POLICY" "$WORK/whole.safetensors" <<'END' || fail "what was judged is not what a backtest comes to"
import json, subprocess, sys
agon, policy, model = sys.argv[1:]
report = json.load(open(model + '.json'))
n_intents = 0
assert [market['seed'] for market in report['markets']] == [7, 8, 9], report
for market in report['markets']:
    words = [agon, 'backtest', policy, '--market', 'rebound', '--param', 'size=100', 'features=return.1 return.5', '--capital', '1000',
             '--file', 'weights=' + model, '--for', '1h', '--seed', str(market['seed']), '--json']
    run = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)
    assert run['intents_hash'] == market['intents_hash'], (market, run['intents_hash'])
    assert run['state_hash'] == market['state_hash'], (market, run['state_hash'])
    assert abs(float(run['agents'][0]['result']) - market['won']) < 1e-8, (market, run['agents'])
    n_intents += run['intents']
    apart = json.loads(subprocess.run(words + ['--runner', 'process'], stdout=subprocess.PIPE, check=True).stdout)
    assert apart['intents_hash'] == market['intents_hash'], (market, apart['intents_hash'])
assert n_intents > 10, n_intents
# Three markets: 95 % are 4.303 standard errors (Student's t, two degrees of freedom, of any table), where a large number has 1.96.
x = [market['won'] / market['decisions'] for market in report['markets']]
mean = sum(x) / 3
error = (sum((one - mean) ** 2 for one in x) / 2 / 3) ** 0.5
wide = (report['reward'] - report['reward_low']) / abs(report['reward'])
assert abs(wide - 4.303 * error / abs(mean)) < 1e-3 * wide, (wide, error, mean)
END

printf 'environments: 2\nepisode: 30m\nsteps: 8\nupdates: 1\nminibatches: 1\nvalidation: 1\njudged: 2\n' >"$WORK/tiny.yaml"
"$AGON" train ppo "$POLICY" --market rebound --capital 1000 --out "$WORK/tiny" --config "$WORK/tiny.yaml" >"$WORK/out" 2>&1 || fail "tiny: $(cat "$WORK/out")"
grep -q 'no edge is shown\|it earns' "$WORK/out" || fail "no verdict: $(cat "$WORK/out")"
"$AGON" validate "$POLICY" --file weights="$WORK/tiny" >"$WORK/out" 2>&1 ||
    fail "the plugin is not valid: $(cat "$WORK/out")"

# Killed in the middle, and gone on.
"$AGON" train ppo "$POLICY" --market rebound --param size=100 'features=return.1 return.5' --capital 1000 --out "$WORK/killed.safetensors" \
    --config "$SMALL" --checkpoint "$WORK/killed.ckpt" >/dev/null 2>"$WORK/killed.err" &
pid=$!
until [ -e "$WORK/killed.ckpt" ]; do
    kill -0 "$pid" 2>/dev/null || fail "it was over before a checkpoint was seen"
    sleep 0.02
done
kill -9 "$pid" 2>/dev/null || fail "it was over before it could be killed"
wait "$pid" 2>/dev/null
[ ! -e "$WORK/killed.safetensors" ] || fail "a training that was killed left a model"
none_runs() { ! pgrep -f "$WORK/killed.safetensors" >/dev/null; }
until_true 0 "its runs do not outlive it" none_runs
cp "$WORK/killed.ckpt" "$WORK/kept.ckpt"
train killed.safetensors --checkpoint "$WORK/killed.ckpt" --resume || fail "resumed: $(cat "$WORK/killed.safetensors.err")"
cmp "$WORK/whole.safetensors" "$WORK/killed.safetensors" || fail "a training that was resumed gave another policy"
cmp "$WORK/whole.ckpt" "$WORK/killed.ckpt" || fail "... and another checkpoint"

# Begun once more without a word of it, the checkpoint would be lost: refused with both ways out.
cp "$WORK/kept.ckpt" "$WORK/again.ckpt"
train again.safetensors --checkpoint "$WORK/again.ckpt"
[ $? = 5 ] && grep -q 'again.ckpt is there: a training stands in it, and this one would write over it; --resume goes on with it, --restart removes it' "$WORK/again.safetensors.err" ||
    fail "a training that would be lost: $(cat "$WORK/again.safetensors.err")"
cmp -s "$WORK/again.ckpt" "$WORK/kept.ckpt" || fail "what was refused has changed the checkpoint"
train again.safetensors --checkpoint "$WORK/again.ckpt" --restart || fail "begun anew: $(cat "$WORK/again.safetensors.err")"
cmp "$WORK/whole.ckpt" "$WORK/again.ckpt" || fail "begun anew it is another training"

# Killed at each checkpoint that it writes, and gone on from each: all that a checkpoint holds is of use somewhere between them. It stops
# by itself, when validation has not been better twice, and the best policy is not the last one.
CHAIN=$WORK/chain.yaml
sed 's/^updates: .*/updates: 40/; s/^validation_every: .*/validation_every: 1/; s/^checkpoint_every: .*/checkpoint_every: 1/' "$SMALL" >"$CHAIN"
echo 'patience: 3' >>"$CHAIN"
SMALL=$CHAIN
train unbroken.safetensors --checkpoint "$WORK/unbroken.ckpt" || fail "unbroken: $(cat "$WORK/unbroken.safetensors.err")"
grep -q '"stopped": true' "$WORK/unbroken.safetensors.json" || fail "it does not stop by itself: $(cat "$WORK/unbroken.safetensors.json")"
n_kills=0
while [ ! -e "$WORK/chain.safetensors" ]; do
    before=$(stat -c %i "$WORK/chain.ckpt" 2>/dev/null)
    "$AGON" train ppo "$POLICY" --market rebound --param size=100 'features=return.1 return.5' --capital 1000 --out "$WORK/chain.safetensors" \
        --config "$CHAIN" --checkpoint "$WORK/chain.ckpt" --resume --json >"$WORK/chain.safetensors.json" 2>"$WORK/chain.err" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && [ "$(stat -c %i "$WORK/chain.ckpt" 2>/dev/null)" = "$before" ]; do
        sleep 0.01
    done
    kill -9 "$pid" 2>/dev/null && n_kills=$((n_kills + 1))
    wait "$pid" 2>/dev/null
    [ -s "$WORK/chain.err" ] && grep -q 'agon train:' "$WORK/chain.err" && fail "on the way: $(cat "$WORK/chain.err")"
    [ "$n_kills" -lt 60 ] || fail "it is never over"
done
[ "$n_kills" -ge 3 ] || fail "it was killed $n_kills times"
cmp "$WORK/unbroken.safetensors" "$WORK/chain.safetensors" || fail "killed $n_kills times it learnt another policy"
cmp "$WORK/unbroken.ckpt" "$WORK/chain.ckpt" || fail "... and has another checkpoint"
cmp <(sed 's/chain/unbroken/' "$WORK/chain.safetensors.json") "$WORK/unbroken.safetensors.json" || fail "... and another report"

# What is not to be gone on from.
SMALL=$WORK/small.yaml
refused() { # WORDS ARGUMENT...
    expected=$1
    shift
    train refused.safetensors "$@" && fail "taken: $expected"
    grep -q -- "$expected" "$WORK/refused.safetensors.err" || fail "$expected: $(cat "$WORK/refused.safetensors.err")"
    [ ! -e "$WORK/refused.safetensors" ] && [ ! -e "$WORK/refused.safetensors.part" ] || fail "$expected: a file is left"
}
refused 'is of another training: seed was [0-9]* and is 2; expected' --checkpoint "$WORK/kept.ckpt" --resume --seed 2
refused 'is of another training: taker was none and is 4 bps; expected' --checkpoint "$WORK/kept.ckpt" --resume --taker 4
"$AGON" train ppo "$POLICY" --market rebound --param size=90 'features=return.1 return.5' --capital 999 --out "$WORK/other" --config "$SMALL" \
    --checkpoint "$WORK/kept.ckpt" --resume >"$WORK/out" 2>&1 && fail "taken: with another size"
grep -q 'is of another training: capital was 1000 and is 999; param.size was 100 and is 90; expected' "$WORK/out" || fail "another size: $(cat "$WORK/out")"
head -c 3000 "$WORK/kept.ckpt" >"$WORK/short.ckpt"
refused 'agon train:' --checkpoint "$WORK/short.ckpt" --resume
python3 - "$WORK" <<'END'
import json, struct, sys
whole = open(sys.argv[1] + '/kept.ckpt', 'rb').read()
n = struct.unpack('<Q', whole[:8])[0]
head = json.loads(whole[8:8 + n])
def with_(name, i, value):
    at = 8 + n + head[name]['data_offsets'][0] + 4 * i
    return whole[:at] + struct.pack('<f', value) + whole[at + 4:]
def at(name, i):
    return struct.unpack_from('<f', whole, 8 + n + head[name]['data_offsets'][0] + 4 * i)[0]
open(sys.argv[1] + '/moved.ckpt', 'wb').write(with_('env.actions', 3, (at('env.actions', 3) + 1) % 3))
open(sys.argv[1] + '/wild.ckpt', 'wb').write(with_('env.answers', 1, 1e9))
open(sys.argv[1] + '/action.ckpt', 'wb').write(with_('env.actions', 2, 7))
open(sys.argv[1] + '/hash.ckpt', 'wb').write(with_('env.hash', 32 * 3 + 31, (at('env.hash', 32 * 3 + 31) + 1) % 256))
open(sys.argv[1] + '/episode.ckpt', 'wb').write(with_('env.episode', 2, at('env.episode', 2) + 1))
open(sys.argv[1] + '/fewer.ckpt', 'wb').write(with_('env.answers', 3, at('env.answers', 3) - 1))
END
refused 'is not where it was' --checkpoint "$WORK/moved.ckpt" --resume
refused 'run 3, .* is not where it was' --checkpoint "$WORK/hash.ckpt" --resume
refused 'run 2, .* is not where it was' --checkpoint "$WORK/episode.ckpt" --resume
refused 'run 3, .* is not where it was' --checkpoint "$WORK/fewer.ckpt" --resume
refused "run 1 is invalid" --checkpoint "$WORK/wild.ckpt" --resume
refused "run 0 is invalid" --checkpoint "$WORK/action.ckpt" --resume

# What a plugin is not to be given, and words that do not go together.
"$AGON" backtest "$POLICY" --market rebound --file weights="$WORK/whole.safetensors" --for 10m >"$WORK/out" 2>&1 && fail "a model of other features was taken"
grep -q 'it is asked by 3 inputs, and 2 are given (return.1 position)' "$WORK/out" || fail "no word of its features: $(cat "$WORK/out")"
"$AGON" backtest "$POLICY" --market rebound --param features=nonsense --file weights="$WORK/whole.safetensors" --for 10m >"$WORK/out" 2>&1 && fail "a feature that there is not was taken"
grep -q 'catalogue' "$WORK/out" || fail "no word of the feature: $(cat "$WORK/out")"
"$AGON" train ppo "$POLICY" --market rebound --param features=nonsense --out "$WORK/none" >"$WORK/out" 2>&1 && fail "trained on nonsense"
grep -q 'agon features ls' "$WORK/out" || fail "nonsense: $(cat "$WORK/out")"
"$AGON" train ppo "$POLICY" --market rebound >"$WORK/out" 2>&1 && fail "trained into nothing"
"$AGON" train ppo "$POLICY" --market rebound --out "$WORK/none" --resume >"$WORK/out" 2>&1 && fail "resumed from nothing"
printf 'minibatches: 7\n' >"$WORK/odd.yaml"
"$AGON" train ppo "$POLICY" --market rebound --out "$WORK/none" --config "$WORK/odd.yaml" >"$WORK/out" 2>&1 && fail "parts that do not divide were taken"
grep -q 'divide environments' "$WORK/out" || fail "odd parts: $(cat "$WORK/out")"
"$AGON" config check "$AGON_SOURCE_ROOT/configs/train" >"$WORK/out" 2>&1 || fail "its own parameters are refused: $(cat "$WORK/out")"
