#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# container.sh: builds packaging/Containerfile of what is committed with buildah, and runs what came of it: its version, a
# demo, a host. Needs buildah, and for the base image either a registry or, where none is reached, debootstrap, which makes
# one of the same name from Debian's packages; root for that. Nothing of it is kept but with KEEP=1 (localhost/agon).
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
base=docker.io/library/debian:12-slim
image=localhost/agon
work=$(mktemp -d)
fail() {
    echo "container: $*" >&2
    exit 1
}
for tool in buildah git; do
    command -v $tool >/dev/null || { echo "container: needs $tool" >&2; exit 6; }
done
# No daemon, no driver of the kernel's and no control groups: it runs within containers too. Mounts stay in a namespace of
# their own.
if [ "${1:-}" != --inside ]; then
    exec unshare --mount --propagation private "$0" --inside
fi
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
export CONTAINERS_STORAGE_CONF=$work/storage.conf
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$work" "$work" >"$work/storage.conf"
container=
trap '[ -z "$container" ] || buildah rm "$container" >/dev/null; [ -n "${KEEP:-}" ] || buildah rmi --all --force >/dev/null 2>&1; rm -rf --one-file-system "$work"' EXIT

if ! buildah pull -q $base >"$work/pull.log" 2>&1; then
    command -v debootstrap >/dev/null || { echo "container: no registry is reached, and there is no debootstrap" >&2; exit 6; }
    debootstrap --variant=minbase bookworm "$work/root" >"$work/bootstrap.log" 2>&1 || { tail -n 5 "$work/bootstrap.log"; fail "debootstrap"; }
    cp -r /etc/apt/sources.list.d/debian.sources "$work/root/etc/apt/sources.list.d/" 2>/dev/null && rm -f "$work/root/etc/apt/sources.list"
    tar -C "$work/root" -cf "$work/base.tar" . && rm -rf --one-file-system "$work/root"
    container=$(buildah from scratch) && buildah add -q "$container" "$work/base.tar" / >/dev/null &&
        buildah commit -q "$container" $base >/dev/null && buildah rm "$container" >/dev/null || fail "no base image"
    container=
fi
git clone -q "$root" "$work/src" || fail "git clone"
buildah bud --pull-never --network host -t $image -f packaging/Containerfile "$work/src" >"$work/build.log" 2>&1 ||
    { tail -n 30 "$work/build.log"; fail "the image was not built"; }
container=$(buildah from --pull-never $image) || fail "buildah from"
as_agon() { buildah run --user agon "$container" -- "$@"; }
as_agon agon --version || fail "agon --version"
as_agon sh -c 'cd /tmp && agon demo --seconds 10 --report off' >"$work/demo.log" 2>&1 || { tail -n 40 "$work/demo.log"; fail "the demo"; }
tail -n 4 "$work/demo.log"
# As the image is started, on the simulator in place of an exchange: what runs in it can be asked, and ends well.
buildah copy -q --chown agon:agon "$container" "$work/src/configs" /tmp/configs >/dev/null || fail "buildah copy"
as_agon sh -c 'cd /tmp || exit 1; agon sim --port 0 --speed 60 >sim.json & sim=$!
    trap "kill $sim" EXIT
    until port=$(sed -n "s/^[^}]*,\"host\":\"[^\"]*\",\"port\":\([0-9]*\).*/\1/p" sim.json) && [ -n "$port" ]; do
        kill -0 $sim || exit 1
        sleep 0.1
    done
    sed -i "s/18080/$port/" configs/venues/sim.yaml || exit 1
    agon run --config configs/sim.yaml --dir /var/lib/agon/run --for 20s >run.log 2>&1 & host=$!
    until agon ctl status --dir /var/lib/agon/run >status.txt 2>/dev/null && grep -q "running *ok *yes" status.txt; do
        kill -0 $host && kill -0 $sim || { cat run.log; exit 1; }
        sleep 0.2
    done
    cat status.txt; wait $host || { cat run.log; exit 1; }' >"$work/run.log" 2>&1 || { tail -n 30 "$work/run.log"; fail "a host in it"; }
head -n 3 "$work/run.log"
echo "container: built of $(git -C "$work/src" rev-parse --short HEAD), $(buildah images --format '{{.Size}}' $image), demo and host ran in it"
