#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every limit of the documentation's tables, of a slot and of all slots together, alone, on a running host: what allows more risk is one row, is refused until
# it is said a second time, and is then in force; what allows less acts at once. Limits that stand against each other
# are refused with their line.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
# key:tighter:looser
values='capital:90000 USDT:110000 USDT
order:1000 USDT:2000 USDT
position:20000 USDT:30000 USDT
daily_loss:2%:3%
drawdown:10%:11%
collar:1%:1.5%
collar_passive:4%:5%
open_orders:20:21
orders_per_second:7:8
orders_burst:30:31
duplicate_window:5s:2s
duplicates:1:2
book_age:30s:40s
leverage:1:125
on_breach:close:cancel'
# Of all slots together.
shared='equity:2000 USDT:1000 USDT
daily_loss:2%:3%
gross:500000 USDT:500001 USDT
net:200000 USDT:200001 USDT
venue:300000 USDT:300001 USDT
asset:200000 USDT:200001 USDT
drawdown:10%:11%
on_breach:close:cancel'

roster() { # KEY VALUE: the roster with one limit, the amounts that follow from the capital given
    local capital='100000 USDT' order='1000 USDT' position='20000 USDT' more=
    case $1 in
    capital) capital=$2 ;;
    order) order=$2 ;;
    position) position=$2 ;;
    *) more=", $1: $2" ;;
    esac
    printf 'base_currency: USDT\nagents:\n  - {name: busy_1, plugin: busy.so, stage: live, capital: %s,\n' "$capital"
    printf '     instruments: ["binance:BTCUSDT"], params: {every: 1000}, hard: 30s,\n'
    printf '     limits: {order: %s, position: %s%s}}\n' "$order" "$position" "$more"
}

start_sim --seed 3
live_files "$(agent busy_1 busy.so 'every: 1000')"
roster drawdown 20% >"$WORK/conf/roster.yaml"
start_host
is_running() { ctl status --json >"$WORK/out" 2>/dev/null && jq -e '.state == "running"' "$WORK/out" >/dev/null; }
until_true "$HOST_PID" "a running host" is_running

# The list above is the documentation's, which a unit test holds equal to the program's.
sed -n 's/^| `\(limits\.\)\{0,1\}\([a-z_]*\)` | .* | \(more\|less\|later in the list\) |.*/\2/p' \
    "$AGON_SOURCE_ROOT/docs/operations.md" | sort >"$WORK/documented"
sed 's/:.*//' <<<"$values" | sort >"$WORK/tried"
diff "$WORK/documented" "$WORK/tried" || fail "the limits of docs/operations.md are not the ones tried here"

n=0
while IFS=: read -r key tight loose; do
    roster "$key" "$tight" >"$WORK/tight.yaml"
    roster "$key" "$loose" >"$WORK/loose.yaml"
    # Whatever was in force, the tight one is made, with a yes where that is wanted.
    ctl apply "$WORK/tight.yaml" --yes busy_1 >"$WORK/out" 2>&1 || fail "$key $tight: $(cat "$WORK/out")"
    before=$(ctl agent busy_1 --json | jq -c .limits)
    ctl apply "$WORK/loose.yaml" --dry-run --json >"$WORK/out" || fail "$key: dry run"
    name=limits.$key
    [ "$key" = capital ] && name=capital
    # What is a share of the capital moves with it; else one row alone.
    jq -e --arg name "$name" '.changes | map(select(.what != "limits.daily_loss" or $name != "capital")) |
        length == 1 and .[0].what == $name and .[0].dangerous' "$WORK/out" >/dev/null ||
        fail "$key from $tight to $loose: $(cat "$WORK/out")"
    ctl apply "$WORK/loose.yaml" >"$WORK/out" 2>&1 && fail "$key is raised to $loose without a yes"
    grep -qF -- "--yes busy_1" "$WORK/out" || fail "$key: $(cat "$WORK/out")"
    [ "$(ctl agent busy_1 --json | jq -c .limits)" = "$before" ] || fail "$key: what was refused is in force"
    ctl apply "$WORK/loose.yaml" --yes busy_1 >"$WORK/out" 2>&1 || fail "$key: $(cat "$WORK/out")"
    [ "$(ctl agent busy_1 --json | jq -c .limits)" != "$before" ] || fail "$key: what was made is not in force"
    ctl apply "$WORK/tight.yaml" >"$WORK/out" 2>&1 || fail "$key back to $tight wants a yes: $(cat "$WORK/out")"
    [ "$(ctl agent busy_1 --json | jq -c .limits)" = "$before" ] || fail "$key: the tighter one is not in force"
    n=$((n + 1))
done <<<"$values"

# The same of all slots together; besides, one that is taken away allows more.
sed -n 's/^| `portfolio\.\([a-z_]*\)` | .* | \(more\|less\|later in the list\) |.*/\1/p' \
    "$AGON_SOURCE_ROOT/docs/operations.md" | sort >"$WORK/documented"
sed 's/:.*//' <<<"$shared" | sort >"$WORK/tried"
diff "$WORK/documented" "$WORK/tried" || fail "the portfolio's limits of docs/operations.md are not the ones tried here"
base() { roster drawdown 20%; }
in_force() { ctl portfolio --json | jq -c '[.on_breach, (.limits | map([.limit, .at]))]'; }
base >"$WORK/none.yaml"
while IFS=: read -r key tight loose; do
    for of in tight loose; do
        base >"$WORK/$of.yaml"
        printf 'portfolio: {%s: %s}\n' "$key" "${!of}" >>"$WORK/$of.yaml"
    done
    ctl apply "$WORK/tight.yaml" --yes busy_1,portfolio >"$WORK/out" 2>&1 || fail "portfolio.$key $tight: $(cat "$WORK/out")"
    before=$(in_force)
    for to in loose none; do
        [ "$to-$key" != none-on_breach ] || continue # nothing said is the tightest
        ctl apply "$WORK/$to.yaml" --dry-run --json >"$WORK/out" || fail "portfolio.$key: dry run"
        jq -e --arg name "portfolio.$key" '.changes | length == 1 and .[0].what == $name and .[0].dangerous' "$WORK/out" >/dev/null ||
            fail "portfolio.$key from $tight to $to: $(cat "$WORK/out")"
        ctl apply "$WORK/$to.yaml" >"$WORK/out" 2>&1 && fail "portfolio.$key: $to is taken without a yes"
        grep -qF -- "--yes portfolio" "$WORK/out" || fail "portfolio.$key: $(cat "$WORK/out")"
        [ "$(in_force)" = "$before" ] || fail "portfolio.$key: what was refused is in force"
        ctl apply "$WORK/$to.yaml" --yes portfolio >"$WORK/out" 2>&1 || fail "portfolio.$key: $(cat "$WORK/out")"
        [ "$(in_force)" != "$before" ] || fail "portfolio.$key: what was made is not in force"
        ctl apply "$WORK/tight.yaml" >"$WORK/out" 2>&1 || fail "portfolio.$key back to $tight wants a yes: $(cat "$WORK/out")"
        [ "$(in_force)" = "$before" ] || fail "portfolio.$key: the tighter one is not in force"
    done
    n=$((n + 1))
done <<<"$shared"

roster order '900000 USDT' >"$WORK/bad.yaml"
ctl apply "$WORK/bad.yaml" >"$WORK/out" 2>&1 && fail "an order of 900000 with a position of 20000 is taken"
grep -q 'bad.yaml:5:.*order is above position' "$WORK/out" || fail "order above position: $(cat "$WORK/out")"
kill "$HOST_PID"
wait "$HOST_PID" || fail "the host ended with $?"
"$AGON" journal cat "$WORK/run" --type config >"$WORK/config" 2>&1 || fail "journal cat: $(cat "$WORK/config")"
grep -q 'slot.*leverage=125' "$WORK/config" || fail "the journal does not show the leverage: $(tail -3 "$WORK/config")"
echo "$n limits: raised with a yes, lowered at once"
