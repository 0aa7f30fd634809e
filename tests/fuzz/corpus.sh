#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/corpus.sh DIR: writes seeds for the fuzzers, DIR/<harness>/, from the repository's own
# scripts, configurations and plugins and, where ../shared/data is there, from recorded frames.
# Recordings are never copied into the repository: DIR is in a build folder.
set -eu
root=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
out=$1
data=$root/../shared/data
rm -rf "$out"
for name in binance config control cron elf gateway http journal kraken okx roster settings sim tape tape_file trees ubjson \
    wish ws; do
    mkdir -p "$out/$name"
done

cp "$root"/tests/data/trees/*.json "$root"/tests/data/trees/*.ubj "$out/trees/"
cp "$root"/tests/data/trees/*.ubj "$out/ubjson/"

# each PREFIX: every line of stdin becomes PREFIX-<n>.
each() {
    awk -v prefix="$1" '{ file = prefix "-" NR; printf "%s", $0 > file; close(file) }'
}

# messages SCRIPT: what the venue of a script says, one a line.
messages() {
    sed -n '/ SAY /s/\${req}/1099511628799/g; s/^\(market\|user\) //p; s/^\(on\|always\) [^{[]*\([{[]\)/\2/p' "$1" |
        sed 's/\${t}/1700000000000/g; s/\${req}/5/g; s/\${[0-9:]*}/0000000000000000000000/g'
}

# Scripts of a written venue: whole for the gateway, their messages for the decoder.
for script in "$root"/tests/data/venue/binance/*.script; do
    name=$(basename "$script" .script)
    while IFS= read -r line; do
        case $line in
        "use "*) cat "$root/tests/data/venue/${line#use }" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$script" | sed 's/^market /market /; /^#/d' >"$out/gateway/$name"
    messages "$script" | each "$out/binance/$name"
done
for script in "$root"/tests/data/venue/kraken/*.script "$root"/tests/data/venue/okx*/*.script; do
    folder=$(basename "$(dirname "$script")")
    messages "$script" | each "$out/${folder%_swap}/$folder-$(basename "$script" .script)"
done

# Configurations: each alone, and together as agon run reads them.
for file in "$root"/configs/*.yaml "$root"/configs/*/*.yaml; do
    cp "$file" "$out/roster/$(basename "$file")"
    cp "$file" "$out/config/$(basename "$file")"
done
for file in "$root"/configs/*.yaml; do
    {
        sed 's/^venue:.*/venue: venue.yaml/; s/^roster:.*/roster: roster.yaml/' "$file"
        echo "==="
        cat "$root"/configs/venues/binance.yaml
        echo "==="
        cat "$(ls "$root"/configs/rosters/*.yaml | head -n 1)"
        echo "==="
        printf 'key: CANARY\nsecret: CANARY\n'
    } >"$out/settings/$(basename "$file")"
done

# Plugins as an author builds them, small ones first.
for plugin in "$root"/sdk/template/my_strategy.c "$root"/plugins/*/*.c; do
    name=$(basename "$plugin" .c)
    ${CC:-cc} -O1 -shared -fPIC -fvisibility=hidden -Wl,-Bsymbolic -Wl,-z,now -I "$root/sdk/include" \
        -o "$out/elf/$name" "$plugin" "$root"/sdk/lib/*.c -lm 2>/dev/null || rm -f "$out/elf/$name"
done

# Recorded frames.
[ -d "$data" ] || exit 0
for file in "$data"/book/binance_spot_*.raw.gz; do
    name=$(basename "$file" .raw.gz)
    zcat "$file" 2>/dev/null | head -n 400 | cut -d ' ' -f 2- | awk 'length($0) < 6000' |
        awk 'NR % 5 == 1' | sed 's/btcusdt/btcusdt/' | each "$out/binance/$name"
    { printf '\002'; zcat "$file" 2>/dev/null | head -n 30; } >"$out/tape/$name"
    { printf '\002'; zcat "$file" 2>/dev/null | grep -m 1 -B 4 -A 12 '"lastUpdateId"' | cut -c 1-20000; } \
        >"$out/tape/$name-snapshot"
done
for file in "$data"/trades/*BTCUSDT*.csv "$data"/trades/*ETHUSDT*.csv "$data"/ohlcv/binance_um_BTCUSDT_*.csv*; do
    [ -f "$file" ] || continue
    { printf '\000'; { case $file in *.gz) zcat "$file" ;; *) cat "$file" ;; esac; } 2>/dev/null |
        head -n 20; } >"$out/tape/$(basename "$file")"
    case $file in *.gz) { printf '\004'; zcat "$file" 2>/dev/null | head -n 12 | gzip -9; } \
        >"$out/tape/$(basename "$file").packed" ;; esac
done
# One JSON object a line; "payload" is the message, an object or a text.
sed -n 's/.*"transport":"\(http\|ws\|ws-api\)","payload":\({.*}\)}$/\2/p; s/.*"transport":"http","payload":\(\[.*\]\)}$/\1/p' \
    "$data"/wire/binance/samples.ndjson | awk 'length($0) < 8000' | each "$out/binance/sample"
zcat "$data"/wire/binance/capture_spot_*.ndjson.gz | sed -n 's/.*"raw":"\(.*\)"}$/\1/p' |
    sed 's/\\"/"/g' | awk 'length($0) < 4000 && NR % 3 == 0' | head -n 40 | each "$out/binance/capture"
# The same messages as an HTTP answer and as frames of a WebSocket.
n=0
for file in "$out"/binance/sample-*; do
    n=$((n + 1))
    [ $((n % 12)) = 0 ] || continue
    length=$(wc -c <"$file")
    { printf '\004\007HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n' "$length"
        cat "$file"; } >"$out/http/$(basename "$file")"
    [ "$length" -lt 65536 ] && [ "$length" -gt 125 ] &&
        { printf '\000\020\201\176'
            # shellcheck disable=SC2059
            printf "$(printf '\\%03o\\%03o' $((length / 256)) $((length % 256)))"
            cat "$file"; } >"$out/ws/$(basename "$file")"
done
exit 0
