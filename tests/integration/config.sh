#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `agon config check` and `agon config schema`: examples are taken and mistakes refused, by the program and by a validator
# of JSON Schema that others wrote; what is lawful and hardly meant is warned of, with its line, and changes the exit code only
# where that is asked for; a folder is gone through, each file once; nothing is made.
. "$(dirname "$0")/common.sh"
HERE=$(cd "$(dirname "$0")" && pwd)
says() { # CODE TEXT WORD...: config check WORD... ends with CODE and says TEXT
    code=$1 text=$2
    shift 2
    "$AGON" config check "$@" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$code" ] || fail "config check $*: ended with $rc instead of $code: $(cat "$WORK/out")"
    grep -q -e "$text" "$WORK/out" || fail "config check $*: does not say '$text': $(cat "$WORK/out")"
}

START=$WORK/start
mkdir -p "$START"
SIM_PORT=1
MODE=paper
live_files "$(agent first busy.so '' 'orders_per_second: 10')"
sed -i -e '/^load_from/d' "$WORK/conf/live.yaml"
cp -r "$WORK/conf" "$WORK/credentials" "$START/"
before=$(find "$WORK/conf" | sort)

# Lawful and hardly meant, a warning each with its place.
says 0 'conf/live.yaml: run, well' "$WORK/conf/live.yaml" --plugins "$PLUGINS"
grep -q '1 file, 0 with mistakes, 0 warnings' "$WORK/out" || fail "warnings of what is meant: $(cat "$WORK/out")"
doubt() { # TEXT SED FILE: with that change there is one warning more
    cp -r "$START/conf" "$WORK/doubt"
    sed -i "$2" "$WORK/doubt/$3"
    says 0 "$1" "$WORK/doubt/live.yaml" --plugins "$PLUGINS"
    says 1 "$1" "$WORK/doubt/live.yaml" --plugins "$PLUGINS" --strict
    grep -Eq '^[^:]*[a-z]+\.yaml:[0-9]+: warning: ' "$WORK/out" || fail "no place: $(cat "$WORK/out")"
    rm -r "$WORK/doubt"
}
doubt 'ETHUSDT is watched and nobody trades it' 's/, "binance:ETHUSDT"//' roster.yaml
doubt 'agent first is at stage shadow, which does not trade' 's/stage: live/stage: shadow/' roster.yaml
mkdir "$WORK/plugins" && : >"$WORK/plugins/empty.so"
PLUGINS=$WORK/plugins doubt 'agent first would be suspended: .*empty.so' 's/busy.so/empty.so/' roster.yaml
rm -r "$WORK/plugins"
doubt 'no order at market can pass: daily_loss is' 's/orders_per_second: 10/orders_per_second: 10, daily_loss: 0.0001%/' roster.yaml
doubt 'an order at market of limits.order .* could lose' 's/orders_per_second: 10/orders_per_second: 10, daily_loss: 0.5%/' roster.yaml
doubt 'daily_loss is more than drawdown allows' 's/orders_per_second: 10/orders_per_second: 10, daily_loss: 30%/' roster.yaml
doubt 'a tournament of one agent moves nothing' '$a tournament: {}' roster.yaml
doubt 'orders leave before their record is on the disk' 's/mode: paper/mode: live/; s/journal: sync/journal: async/' live.yaml
doubt 'entry_latency is of mode paper alone' 's/mode: paper/mode: live/; $a entry_latency: 5ms' live.yaml
doubt "nobody is alerted" 's/mode: paper/mode: live/' live.yaml
sed 's/127.0.0.1/venue.example/' "$START/conf/venue.yaml" >"$WORK/conf/venue.yaml"
sed -i 's/speed: 1/speed: 20/' "$WORK/conf/live.yaml"
sed -i 's/tls: false/tls: true/' "$WORK/conf/venue.yaml"
says 0 'speed is that of a simulator, and venue binance is at venue.example' "$WORK/conf/live.yaml" --plugins "$PLUGINS"
rm -r "$WORK/conf" && cp -r "$START/conf" "$WORK/"

# Live without keys is refused, as `agon run` would.
sed -i 's/mode: paper/mode: live/' "$WORK/conf/live.yaml"
sed -i '/^credential/d' "$WORK/conf/venue.yaml"
says 5 'mode live needs keys, and venue binance names none' "$WORK/conf/live.yaml" --plugins "$PLUGINS"
rm -r "$WORK/conf" && cp -r "$START/conf" "$WORK/"

# A folder: each file once, those of a run with it, and the gravest mistake decides.
printf 'scrape_configs: []\n' >"$WORK/conf/other.yml"
mkdir "$WORK/conf/more"
printf 'accounts:\n  - {key: mine, secret: some-secret, balances: {USDT: 5}}\n' >"$WORK/conf/more/accounts.yaml"
printf 'faults:\n  - {on: request, do: delay, for: 5ms, chance: 3%%}\n' >"$WORK/conf/more/faults.yaml"
says 3 "3 files\|4 files" "$WORK/conf" --plugins "$PLUGINS"
grep -q 'more/accounts.yaml: accounts, well' "$WORK/out" && grep -q 'live.yaml: run, well' "$WORK/out" || fail "the good ones: $(cat "$WORK/out")"
grep -q 'more/faults.yaml:2:' "$WORK/out" && grep -q 'other.yml: warning: ' "$WORK/out" || fail "the bad one, and the foreign one: $(cat "$WORK/out")"
grep -q -e 'roster.yaml: roster' -e 'venue.yaml: venue' "$WORK/out" && fail "twice: $(cat "$WORK/out")"
rm -r "$WORK/conf/other.yml" "$WORK/conf/more"
says 0 'well' "$WORK/conf/roster.yaml" "$WORK/conf/venue.yaml"
says 3 "unknown key 'agents'" "$WORK/conf/roster.yaml" --kind venue
printf 'a: [\n' >"$WORK/broken.yaml"
says 3 'broken.yaml:' "$WORK/broken.yaml"
says 3 'nowhere.yaml' "$WORK/nowhere.yaml"
[ "$(find "$WORK/conf" | sort)" = "$before" ] || fail "a check made something: $(find "$WORK/conf")"
echo "warnings, folders and refusals are as they are said"

python3 -c 'import jsonschema, yaml' 2>/dev/null || { echo "skipped: needs python3-jsonschema and python3-yaml"; exit 77; }
python3 "$HERE/config_schema.py" "$AGON" "$PLUGINS" "$AGON_SOURCE_ROOT/configs" "$HERE/mistakes.txt" "$START" || fail "schema and check differ"
