#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bugs: each bug that agon dst can plant has to be found, in that many seeds at most, and the seed
# that found it has to find it again.
#
#   bugs.sh AGON
set -u
agon=$1
failed=0

while read -r bug seeds; do
    said=$("$agon" dst --seeds "$seeds" --bug "$bug" --stop)
    if [ $? -ne 1 ]; then
        echo "$bug: not found in $seeds seeds"
        failed=1
        continue
    fi
    seed=$(sed -n 's/^seed \([0-9]*\): .*/\1/p' <<<"$said" | head -1)
    first=$(sed -n 's/^\(seed [0-9]*: .*\)/\1/p' <<<"$said" | head -1)
    again=$("$agon" dst --seed "$seed" --bug "$bug" --stop | sed -n 's/^\(seed [0-9]*: .*\)/\1/p' | head -1)
    if [ "$first" != "$again" ]; then
        echo "$bug: found by seed $seed, and not again: $again"
        failed=1
    fi
    echo "$bug: $first"
done <<'END'
resend 20
assume-rejected 100
early-send 100
early-absent 100
new-fill-id 20
no-gap 20
cancel-is-done 100
no-reconcile 20
early-snapshot 200
END
exit $failed
