#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# 4,096 instruments of a host: 64 venues of 64 each, over one feed of 64 markets. All have their books, and one of the last is
# traded; a journal of them replays. One more is refused by its place, and so is what one venue has no room for.
. "$(dirname "$0")/common.sh"

start_sim --seed 3 --symbols "$(python3 -c "print(','.join('S%02dUSDT' % i for i in range(64)))")"
# Of 1000 levels the venue gives few a minute; of each book a hundred are kept for as many venues. Histories of all would take
# two minutes' weight.
VENUE_MORE='snapshot_levels: 5
warm_bars: 0' MODE=paper live_files ''
sed -i 's/^credential: .*//' "$WORK/conf/venue.yaml"
files() { # VENUES INSTRUMENTS-OF-EACH: and EXTRA lines of instruments
    python3 - "$WORK/conf" "$1" "$2" "${EXTRA-}" <<'PY'
import sys
conf, venues, each, extra = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
first = open(f'{conf}/venue.yaml').read()
names = ['binance'] + [f'v{i}' for i in range(2, venues + 1)]
for name in names[1:]:
    open(f'{conf}/{name}.yaml', 'w').write(first.replace('name: binance', f'name: {name}', 1) + 'feed: binance\n')
head = [l for l in open(f'{conf}/live.yaml') if not l.startswith(('venue', '  - {'))]
head.insert(0, 'venues: [venue.yaml' + ''.join(f', {n}.yaml' for n in names[1:]) + ']\n')
with open(f'{conf}/live.yaml', 'w') as file:
    file.writelines(head)
    for name in names:
        for i in range(each):
            file.write(f'  - {{venue: {name}, symbol: S{i:02}USDT, base: S{i:02}, quote: USDT, tick: 0.01, lot: 0.00001, min_notional: 5}}\n')
    file.write(extra)
PY
}
roster() { # VENUES
    printf 'seed: 1\nbase_currency: USDT\nagents:\n  - {name: on_last, plugin: once.so, stage: live, capital: 100000 USDT, instruments: ["v%s:S63USDT"], params: {what: 1, qty: 1000}, hard: 30s}\n' \
        "$1" >"$WORK/conf/roster.yaml"
}
roster 64
beyond() { # NAME TEXT: is not begun, with that text
    timeout 60 "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/none" --plugins "$PLUGINS" --quiet --for 1ms >"$WORK/out" 2>&1 && fail "$1: taken"
    grep -q -- "$2" "$WORK/out" || fail "$1: does not say '$2': $(head -3 "$WORK/out")"
}
EXTRA='  - {venue: v64, symbol: S64USDT, base: S64, quote: USDT, tick: 0.01, lot: 0.00001}
' files 64 64
beyond 'instruments of a host' 'live.yaml:[0-9]*:.*instruments: 4097 entries; expected 1 to 4096'
# Of one venue there are fewer, and of assets: each is said where it stands.
EXTRA=$(python3 -c "
for i in range(200): print('  - {venue: v2, symbol: X%03dUSDT, base: S00, quote: USDT, tick: 0.01, lot: 0.00001}' % i)") files 64 60
beyond 'instruments of a venue' "live.yaml:[0-9]*:.*one too many of venue 'v2', which has 256 at most; expected it under another entry"
EXTRA=$(python3 -c "
for i in range(200): print('  - {venue: v%d, symbol: X%03dUSDT, base: X%03d, quote: Q%03d, tick: 0.01, lot: 0.00001}' % (2 + i // 100, i, i, i))
for i in range(200): print('  - {venue: v%d, symbol: Y%03dUSDT, base: Y%03d, quote: USDT, tick: 0.01, lot: 0.00001}' % (4 + i // 100, i, i))") files 64 32
beyond 'assets of a host' "live.yaml:[0-9]*:.*'Y[0-9]*' is one asset too many: a host has at most 512"
# All that there can be are 511 and the base currency. One that no instrument has is refused by the roster's line, so that none
# comes beside those of the instruments.
bases() { # MAX: each instrument has a base of its own, up to that number
    python3 - "$WORK/conf/live.yaml" "$1" <<'PY'
import itertools, re, sys
count = itertools.count()
text = open(sys.argv[1]).read()
open(sys.argv[1], 'w').write(re.sub(r'base: S\d\d', lambda _: 'base: N%03d' % min(next(count), int(sys.argv[2])), text))
PY
}
files 8 64
roster 8
bases 511
beyond '513 assets' "live.yaml:[0-9]*:.*'N511' is one asset too many: a host has at most 512"
files 8 64
bases 510
timeout 120 "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/all" --plugins "$PLUGINS" --quiet --for 1ms >"$WORK/out" 2>&1 ||
    fail "512 assets are refused: $(head -3 "$WORK/out")"
sed -i 's/USDT,/EUR,/; s/base_currency: USDT/base_currency: EUR/' "$WORK/conf/roster.yaml"
beyond 'a base currency beside 512 assets' "roster.yaml:[0-9]*:.*is priced in USDT, and no instrument of this run says its value in EUR"

# A sanitizer takes every page of a table of books: of its build a sixteenth runs.
n=64
is_sanitized && n=4
files $n 64
roster $n
start_host
ctl_is() { "$AGON" ctl "$2" --dir "$WORK/run" --json 2>/dev/null | jq -e "$1" >/dev/null; }
until_true "$HOST_PID" "$((n * 64)) books" ctl_is "length == $((n * 64)) and all(.[]; .state == \"live\")" books
until_true "$HOST_PID" "an order on the last of $((n * 64)) instruments" ctl_is 'any(.[]; .name == "on_last" and .orders >= 1)' agents
"$AGON" ctl books v$n:S63USDT --dir "$WORK/run" --json | jq -e '(.bid | tonumber) > 0' >/dev/null || fail "the last instrument has no price"
kb=$(awk '/^VmRSS/ { print $2 }' "/proc/$HOST_PID/status")
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host of $((n * 64)) instruments"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal of $((n * 64)) instruments does not replay"
echo "$((n * 64)) instruments of $n venues in a host of $kb kB, and what is said of one more"
