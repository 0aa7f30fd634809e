#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# packaging/Containerfile is built by a container engine, where one runs: the image has the program, is no root's, and a host in
# it is found healthy by its own check. What can be said without an engine is said first.
. "$(dirname "$0")/common.sh"
file=$AGON_SOURCE_ROOT/packaging/Containerfile
[ "$(grep -c '^FROM ' "$file")" = 2 ] || fail "not of two stages"
grep -q '^USER agon$' "$file" || fail "it runs as root"
line() { sed -n "s/^$1 *.*\(\[.*\]\)\$/\1/p" "$file"; }
line HEALTHCHECK | command jq -e '.[1] == "ctl" and .[2] == "status"' >/dev/null || fail "its health is not asked of the host: $(line HEALTHCHECK)"
for word in $(line CMD | tail -n 1 | command jq -r '.[] | select(startswith("--"))'); do
    "$AGON" run --help | grep -q -e "  $word " || fail "agon run knows no $word"
done

engine=
for name in podman docker; do
    command -v $name >/dev/null && $name info >"$WORK/info" 2>&1 && engine=$name && break
done
[ -n "$engine" ] || { echo "skipped: neither podman nor docker runs here"; exit 77; }
$engine pull docker.io/library/debian:12-slim >"$WORK/pull" 2>&1 || { echo "skipped: the base image cannot be fetched: $(tail -n 1 "$WORK/pull")"; exit 77; }
image=agon-test-$$
trap '$engine rm -f $image >/dev/null 2>&1; $engine rmi -f $image >/dev/null 2>&1; cleanup' EXIT
$engine build -t $image -f "$file" "$AGON_SOURCE_ROOT" >"$WORK/build" 2>&1 || fail "the image: $(tail -n 20 "$WORK/build")"
[ "$($engine run --rm $image --version)" = "$("$AGON" --version)" ] || fail "another program is in it"
[ "$($engine run --rm --entrypoint id $image -u)" != 0 ] || fail "it runs as root"
$engine run -d --name $image $image >"$WORK/id" 2>&1 || fail "it does not start: $(cat "$WORK/id")"
healthy() { $engine exec $image agon ctl status --dir /var/lib/agon/run >"$WORK/status" 2>&1; }
until_true 0 "the host answers" healthy
$engine stop $image >/dev/null || fail "it does not stop"
[ "$($engine inspect -f '{{.State.ExitCode}}' $image)" = 0 ] || fail "it ended with $($engine inspect -f '{{.State.ExitCode}}' $image)"
echo "built by $engine, healthy, stopped in good order"
