#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# journal: agon journal against the backtest that wrote it: what the run itself reported is the known
# answer for what is read back.
set -u
agon=$AGON_BUILD_ROOT/agon plugin=$AGON_BUILD_ROOT/plugins/ema_cross/ema_cross.so
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place" || exit 1
n_failed=0
fail() { echo "FAIL: $*"; n_failed=$((n_failed + 1)); }
code() {
    local want=$1 rc
    shift
    "$@" >out 2>err
    rc=$?
    [ $rc = "$want" ] || fail "$*: exit code $rc, not $want: $(cat err)"
}

code 0 "$agon" backtest "$plugin" --param fast=2 slow=3 bar_s=60 volume_min=0 rsi_entry=0 --seed 3 --for 22m --journal j \
    --csv csv --html page.html --json
events=$(jq .seq out)

code 0 "$agon" journal export j --fills fills.csv --equity equity.csv
[ "$(wc -l <fills.csv)" -gt 3 ] || fail 'the run has no fills: this test shows nothing'
grep -q '</html>' page.html && [ "$(grep -c '<svg' page.html)" -ge 2 ] || fail 'no page with plots'
cmp fills.csv csv/fills.csv || fail 'the fills are not those that the backtest wrote'
cmp equity.csv csv/equity.csv || fail 'the equity is not that which the backtest wrote'
code 0 "$agon" journal export j --fills fills.json --equity equity.json --format json
jq -r '.[] | [.[]] | join(",")' fills.json | cmp - <(tail -n +2 fills.csv) ||
    fail 'fills differ between JSON and CSV'
jq -r '.[] | [.[]] | join(",")' equity.json | cmp - <(tail -n +2 equity.csv) ||
    fail 'equity differs between JSON and CSV'

# Bars of which some are missing: the minutes of equity go on behind them.
awk 'BEGIN { print "open_time_ms,open,high,low,close,volume"
    for (i = 0; i < 300; i++) if (i < 90 || i > 150 && i != 200) {
        px = 100 + i % 7; printf "%.0f,%d,%d,%d,%.1f,10\n", 1609459200000 + i * 60000, px, px + 1, px - 1, px + 0.5 } }' >bars.csv
code 0 "$agon" backtest "$plugin" --param fast=2 slow=3 bar_s=60 volume_min=0 rsi_entry=0 --data BTCUSDT=bars.csv \
    --data-latency 5ms --journal gaps --csv gaps.csv
code 0 "$agon" journal export gaps --fills gaps.fills --equity gaps.equity
[ "$(wc -l <gaps.equity)" -gt 230 ] || fail "$(wc -l <gaps.equity) rows of equity: this test shows nothing"
cmp gaps.fills gaps.csv/fills.csv || fail 'the fills of bars are not those that the backtest wrote'
cmp gaps.equity gaps.csv/equity.csv || fail 'the equity of bars is not that which the backtest wrote'

# Each row has the venue's time beside the engine's.
tail -n +2 fills.csv | cut -d, -f1,14 | grep -qv '^20[^,]*Z,20[^,]*Z$' && fail 'a fill without one of its times'
tail -n +3 equity.csv | cut -d, -f1,2 | grep -qv '^20[^,]*Z,20[^,]*Z$' && fail 'equity without one of its times'
for what in orders trades; do
    code 0 "$agon" journal export j --$what $what.csv
    code 0 "$agon" journal export j --$what $what.json --format json
    jq -r '.[] | [.[]] | join(",")' $what.json | cmp - <(tail -n +2 $what.csv) ||
        fail "$what differ between JSON and CSV"
    jq -e 'all(.[]; (.time | length) > 0 and (.venue_time | length) > 0)' $what.json >jq.out || fail "$what without one of their times"
done
jq -r '.[] | select(.said == "fill") | [.seq, .order_id, .agent, .side] | join(",")' orders.json |
    cmp - <(tail -n +2 fills.csv | awk -F, '{ print $11 "," $10 "," $2 "," $4 }') || fail 'the orders tell of other fills'
jq -e 'any(.[]; .said == "ack" and .state == "open") and all(.[]; .made <= .time)' orders.json >jq.out || fail 'no order was taken'

code 0 "$agon" journal stats j --json
jq -e --argjson n "$events" '.events == $n and .last_seq == $n and .is_clean and .torn_bytes == 0
    and ([.types[].events] | add) == $n and ([.classes[].events] | add) == $n
    and ([.types[].bytes] | add) == ([.classes[].bytes] | add) and .runs == 1' out >jq.out ||
    fail "stats do not add up: $(cat out)"
[ "$(jq .types.trade.events out)" = "$(jq length trades.json)" ] || fail 'not every trade is exported'
trades=$(jq .types.trade.events out) due=$(jq .types.due.events out)
code 0 "$agon" journal stats j
grep -q "^closed  *in good order" out || fail 'stats do not say that it was closed'
# A hundred segments have room in 80 columns.
! sed -n 's/  [0-9]* segments*, .*//p' out | grep '.\{53\}' || fail "figures leave no room: $(cat out)"

code 0 "$agon" journal cat j
cut -d' ' -f1 out | cmp - <(seq "$events") || fail 'cat leaves out events'
code 0 "$agon" journal cat j --json --until 20000
jq -r .seq out | cmp - <(seq 20000) || fail 'cat --json is no JSON, or leaves out events'
code 0 "$agon" journal cat j --type trade
[ "$(wc -l <out)" = "$trades" ] || fail "cat shows $(wc -l <out) trades of $trades"
code 0 "$agon" journal cat j --type due --json
[ "$(jq -s length out)" = "$due" ] || fail "cat shows another number of timers than stats"
code 0 "$agon" journal cat j --from 100 --until 102
[ "$(cut -d' ' -f1 out | tr '\n' ' ')" = '100 101 102 ' ] || fail '--from and --until'
code 0 "$agon" journal cat j --from "$events" --until "$events"
[ ! -s err ] || fail "the last event is there, and cat says: $(cat err)"
code 0 "$agon" journal cat j --from "$events" --until 99999999
[ "$(wc -l <out)" = 1 ] && grep -q "^agon journal: --until 99999999 is behind the journal's last event, $events: it ends there$" err ||
    fail "an end that is not there: $(cat err)"
"$agon" journal cat j | head -n 1 >out
grep -q '^1 2026-01-01T00:00:00.000000000Z config' out || fail 'a pipe that closes early'

# inv_33: the builds of host and plugin stand in the journal, by the word of another program.
id_of() { readelf -nW "$1" 2>err | sed -n 's/.*Build ID: \([0-9a-f]*\).*/\1/p'; }
host=$(id_of "$agon") theirs=$(id_of "$plugin")
[ ${#host} = 40 ] && [ ${#theirs} = 40 ] || fail "readelf finds no build ids: '$host', '$theirs'"
code 0 "$agon" journal stats j --json
jq -e --arg id "${host:0:32}" '.builds == [$id]' out >jq.out || fail "segment heads name $(jq -c .builds out), not $host"
code 0 "$agon" journal stats j
grep -q "^builds  *${host:0:32}\b" out || fail "stats shows $(grep '^builds' out), not $host"
code 0 "$agon" journal cat j --type start --json
jq -e --arg host "$host" --arg theirs "$theirs" \
    '.build == $host[0:32] and .builds == [[null, $host], [0, $theirs]]' out >jq.out ||
    fail "START names $(jq -c '[.build, .builds]' out), not $host and $theirs"
code 0 "$agon" replay j
! grep -q 'build' err || fail "replay takes the build that wrote it for another: $(cat err)"

# A killed host leaves a torn tail: it is shown and harms nothing.
cp -r j torn
last=$(find torn -name 'market-*.aj' | sort | tail -n 1)
dd if=/dev/zero of="$last" bs=1 seek="$(stat -c %s "$last")" count=512 conv=notrunc status=none
printf 'torn' | dd of="$last" bs=1 seek="$(stat -c %s "$last")" conv=notrunc status=none
code 0 "$agon" journal stats torn --json
jq -e --argjson n "$events" '.torn_bytes > 0 and .events == $n' out >jq.out ||
    fail 'a torn tail is not shown'
# Damage in the middle is refused with its place, and shown up to there when forced.
cp -r j hurt
first=$(find hurt -name 'market-*.aj' | sort | head -n 1)
printf '\xff\xff\xff' | dd of="$first" bs=1 seek=100000 conv=notrunc status=none
code 4 "$agon" journal cat hurt
grep -q "$(basename "$first"): offset" err || fail "the damage has no place: $(cat err)"
[ ! -s out ] || fail 'events of a damaged journal were shown as good'
code 4 "$agon" replay hurt
code 4 "$agon" journal export hurt --fills never.csv
[ ! -e never.csv ] || fail 'a damaged journal was exported'
code 0 "$agon" journal stats hurt --force --json
jq -e '.is_forced and .events > 0' out >jq.out || fail '--force shows nothing'

code 4 "$agon" journal stats nowhere
[ ! -e nowhere ] || fail 'looking at a directory made it'
mkdir empty && code 4 "$agon" journal stats empty
code 4 "$agon" journal export empty --fills -
code 2 "$agon" journal show j
code 2 "$agon" journal export j
code 2 "$agon" journal cat j --type trads
grep -q 'did you mean trade?' err || fail 'no suggestion for a type'
code 2 "$agon" journal cat j --from 9 --until 8
[ "$n_failed" = 0 ]
