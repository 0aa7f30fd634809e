#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Journals of earlier builds (tests/replay) replay to the states that those builds came to: what is moved, renamed or made a
# table changes nothing that an old journal leads to. Where a format has to change, its number and the way out are named and
# HASHES is written anew.
. "$(dirname "$0")/common.sh"
replay=$AGON_SOURCE_ROOT/tests/replay
n=0
while read -r name hash; do
    mkdir "$WORK/$name"
    python3 -m tarfile -e "$replay/$name.tar.xz" "$WORK/$name" || fail "$name does not unpack"
    "$AGON" replay "$WORK/$name/journal" --verify --json >"$WORK/replay.json" 2>"$WORK/err" ||
        fail "$name does not replay: $(cat "$WORK/err")"
    [ "$(json "$WORK/replay.json" state_hash)" = "$hash" ] ||
        fail "$name leads to $(json "$WORK/replay.json" state_hash), and led to $hash"
    # A reader of a row keeps the last of two keys that are the same: no key is there twice.
    "$AGON" journal cat "$WORK/$name" --json 2>/dev/null | python3 -c '
import json, sys
def once(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        sys.exit("a key is there twice: " + str(keys))
    return dict(pairs)
n = 0
for line in sys.stdin:
    n += 1
    json.loads(line, object_pairs_hook=once)
sys.exit(0 if n > 0 else "no rows")' 2>"$WORK/err" || fail "$name: $(cat "$WORK/err")"
    rm -rf "${WORK:?}/$name"
    n=$((n + 1))
done <"$replay/HASHES"
[ "$n" = "$(ls "$replay"/*.tar.xz | wc -l)" ] || fail "$n of the journals stand in HASHES"
echo "$n journals of earlier builds lead to the states that they led to"
