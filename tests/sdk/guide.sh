#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# guide: the commands of docs/plugin-guide.md work as they stand there, in that order; the code that it shows
# stands in the file that it names. usage: guide.sh AGON
set -eu
agon=$(realpath "$1")
root=${AGON_SOURCE_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
guide=$root/docs/plugin-guide.md
dir=$(mktemp -d)
trap 'kill $(cat "$dir/pids" 2>/dev/null) 2>/dev/null || true; rm -rf "$dir"' EXIT
mkdir "$dir/bin" "$dir/code"
ln -s "$agon" "$dir/bin/agon"

# Code: each block behind "<!-- from FILE -->" is found in FILE, line after line.
awk -v dir="$dir/code" '/^<!-- from / { file = $3 } /^```c$/ { n++; at = dir "/" n; print file > at; next }
    /^```$/ { at = ""; next } at { print > at }' "$guide"
for block in "$dir"/code/*; do
    file=$(head -n 1 "$block")
    tail -n +2 "$block" >"$dir/block"
    awk 'NR == FNR { want[++n] = $0; next } { have[++m] = $0 }
        END { for (i = 1; i + n - 1 <= m; i++) { for (k = 1; k <= n && have[i + k - 1] == want[k]; k++);
                  if (k > n) exit 0 }
              exit 1 }' "$dir/block" "$root/$file" ||
        { echo "the guide shows what does not stand in $file:"; cat "$dir/block"; exit 1; }
done
[ -e "$dir/code/1" ] || { echo "the guide shows no code"; exit 1; }

# Commands: the blocks "sh", as one script. Another port each time, for two builds may test at once, and below those that
# the kernel gives to connections;
# a simulator is awaited, as a person would.
port=$((20000 + $$ % 12000))
while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
awk '/^```sh$/ { in_block = 1; next } /^```$/ { in_block = 0 } in_block' "$guide" |
    sed -e "s/18080/$port/" -e 's/ > sim\.json &$/ > sim.json \& echo $! >>"$PIDS"; while [ ! -s sim.json ]; do kill -0 $!; sleep 0.05; done/' \
        -e 's/^kill %1$/kill $(cat "$PIDS")/' -e "s|^agon run |sed -i s/18080/$port/ venue.yaml; agon run |" >"$dir/script"
grep -q '^agon backtest' "$dir/script" || { echo "the guide has no commands"; exit 1; }
cd "$dir"
{ echo "trap 'echo \"failed: \$BASH_COMMAND\"' ERR"; cat "$dir/script"; } >"$dir/commands"
PATH=$dir/bin:$PATH PIDS=$dir/pids bash -eu "$dir/commands"
# What the page promises of them.
for file in alpha/out/fills.csv alpha/out/equity.csv; do
    [ "$(wc -l <"$file")" -gt 1 ] || { echo "$file holds nothing"; exit 1; }
done
