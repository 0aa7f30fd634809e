#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# picture.sh AGON PLUGINS OUT: the picture of the README from a demo of ninety seconds, by a real browser. Needs node, npm,
# chromium and img2webp (Debian: nodejs npm chromium webp), and the packages of tests/browser from npm's registry.
set -eu
agon=$1 plugins=$2 out=$3
here=$(cd "$(dirname "$0")/../browser" && pwd)
for tool in node npm chromium img2webp; do
    command -v $tool >/dev/null || { echo "picture: needs $tool" >&2; exit 6; }
done
work=$(mktemp -d)
trap 'kill "${demo:-}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
mkdir "$work/frames"
place=$(cd "$(dirname "$agon")" && pwd)/tests/browser
. "$here/../support/npm.sh"
npm_install "$here" "$place" || { cat "$place/install.log" >&2; exit 6; }
"$agon" demo --plugins "$plugins" --dir "$work/run" --report "$work/report.html" >"$work/demo.txt" 2>&1 &
demo=$!
until url=$(grep -o 'http://[^ ]*token=[0-9a-f]*' "$work/demo.txt"); do
    kill -0 "$demo" || { cat "$work/demo.txt" >&2; exit 1; }
    sleep 0.1
done
node "$place/picture.mjs" "$(command -v chromium)" "${url%%$'\n'*}" "$work/report.html" "$work/frames"
wait "$demo"
arguments=()
while read -r ms name; do
    arguments+=(-d "$ms" "$work/frames/$name")
done <"$work/frames/frames"
img2webp -loop 0 -lossy -q "${QUALITY:-50}" -m 6 "${arguments[@]}" -o "$out"
n=$(stat -c %s "$out")
echo "$out: $((${#arguments[@]} / 3)) frames, $n bytes"
[ "$n" -le 1500000 ] || { echo "picture: larger than 1.5 MB; try QUALITY=40" >&2; exit 1; }
if [ -n "${FRAMES:-}" ]; then cp -r "$work/frames/." "$FRAMES/"; fi
