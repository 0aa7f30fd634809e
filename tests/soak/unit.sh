#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# unit.sh PACKAGES: the packages' units under a systemd of their own. A bare Debian (debootstrap) gets the packages of the folder
# PACKAGES and is booted in namespaces: nothing of this machine is mounted in it, and what runs in it ends with it. Then, as an
# operator would: on paper as installed; live on the simulator, with keys; a host that dies and one that hangs, by restart,
# keeper and watchdog; a stop in good order; removal. Needs root, debootstrap and a mirror of Debian.
set -u
fail() {
    echo "unit: $*" >&2
    [ ! -e "${work:-/nonexistent}/boot.log" ] || { inside journalctl --no-pager -n 30 -u agon -u agon-keeper 2>/dev/null || tail -n 20 "$work/boot.log"; } >&2
    exit 1
}
packages=$(readlink -f "${1:?unit: which folder has the packages?}")
work=$(mktemp -d)
root=$work/root
init=
inside() { nsenter -t "$init" -a -- "$@"; }
until_true() { # WHAT COMMAND...
    local what=$1
    shift
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    fail "waited for: $what"
}

# The second half: within its namespaces, before it is the first process of them.
if [ "${UNIT_ROOT-}" != '' ]; then
    set -e
    root=$UNIT_ROOT
    mount --make-rprivate /
    ip link set lo up
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    for dir in run dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$dir"; done
    for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
        # shellcheck disable=SC2086
        set -- $device
        mknod -m 666 "$root/dev/$1" c "$2" "$3"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    : >"$root/dev/console"
    mkdir -p "$root/before"
    cd "$root"
    pivot_root . before
    umount -l /before
    mount --make-rshared / # as of a machine that boots: what a service is given is mounted from within another namespace
    exec env -i container=agon PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system </dev/null
fi

[ "$(id -u)" = 0 ] || { echo "unit: needs root" >&2; exit 6; }
for tool in debootstrap nsenter unshare systemctl dpkg-deb jq ip; do
    command -v $tool >/dev/null || { echo "unit: needs $tool" >&2; exit 6; }
done
for name in agon agon-plugins; do
    [ -e "$(echo "$packages/$name"_*.deb)" ] || { echo "unit: $packages has no package $name: ./agon package makes them" >&2; exit 6; }
done
clean() {
    [ -z "$init" ] || kill -9 "$init" 2>/dev/null
    wait 2>/dev/null
    [ -n "${KEEP-}" ] && { echo "unit: kept: $work" >&2 && return; }
    rm -rf --one-file-system "$work"
}
trap clean EXIT

debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,adduser,procps,iproute2,jq bookworm "$root" >"$work/bootstrap.log" 2>&1 ||
    fail "debootstrap: $(tail -n 3 "$work/bootstrap.log")"
cp "$packages"/agon_*.deb "$packages"/agon-plugins_*.deb "$root/root/"
unshare --mount --pid --fork bash -c "mount --make-rprivate / && mount -t proc proc '$root/proc' &&
    DEBIAN_FRONTEND=noninteractive chroot '$root' sh -c 'apt-get -q update && apt-get -qy install --no-install-recommends /root/*.deb'" \
    >"$work/apt.log" 2>&1 || fail "the packages do not install: $(tail -n 5 "$work/apt.log")"
[ ! -e "$root/etc/systemd/system/multi-user.target.wants/agon.service" ] || fail "the installation enabled the unit"
systemctl --root="$root" enable agon >"$work/enable.log" 2>&1 || fail "enable: $(cat "$work/enable.log")"

UNIT_ROOT=$root unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child bash "$0" "$packages" >"$work/boot.log" 2>&1 &
is_up() { init=$(pgrep -P $! -x systemd) && inside systemctl is-system-running | grep -q 'running\|degraded'; }
until_true "systemd has booted" is_up
what_is() { inside systemctl show "$1" --property "$2" --value; }
ctl() { inside agon ctl "$@" --dir /var/lib/agon/run; }
is_active() { [ "$(what_is "$1" ActiveState)" = active ]; }
says() { inside journalctl --no-pager -u "$1" | grep -q -e "$2"; }

# As installed: on paper, of a market that is not reached here, and nothing restarts for that.
until_true "the host is active" is_active agon
until_true "the keeper is active" is_active agon-keeper
until_true "the keeper says what it is for" says agon-keeper 'until one is live there is nothing to cancel'
[ "$(what_is agon StatusText)" = 'paper, 4 agents' ] || fail "its status is: $(what_is agon StatusText)"
[ "$(what_is agon NRestarts)$(what_is agon-keeper NRestarts)" = 00 ] || fail "a unit was restarted: $(what_is agon NRestarts) $(what_is agon-keeper NRestarts)"
ctl status --json | jq -e '.mode == "paper"' >/dev/null || fail "the host does not answer"
[ "$(inside stat -c %U:%a /var/lib/agon/run)" = agon:700 ] || fail "the run directory is $(inside stat -c %U:%a /var/lib/agon/run)"
inside grep -q '^NoNewPrivs:.1' "/proc/$(what_is agon MainPID)/status" || fail "it may get new privileges"
inside systemctl stop agon || fail "stop"
[ "$(what_is agon Result)" = success ] || fail "stopped: $(what_is agon Result)"
echo "on paper as installed: active, the keeper beside it, ended in good order"

# Live, on the simulator.
inside systemd-run --quiet --unit agon-sim --property=DynamicUser=yes agon sim --port 18080 --seed 3 || fail "the simulator"
printf 'key: agon-sim-key\nsecret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==\n' >"$root/etc/agon/credentials/binance-main"
cp "$root/etc/agon/credentials/binance-main" "$root/etc/agon/credentials/binance-main-keeper"
chmod 600 "$root"/etc/agon/credentials/*
sed 's/^credential: .*/credential: binance-main/' "$root/usr/share/doc/agon/examples/venues/sim.yaml" >"$root/etc/agon/venues/sim.yaml"
sed -i -e 's/^mode: .*/mode: live/' -e 's|^venue: .*|venue: venues/sim.yaml|' -e '/_latency:/d' "$root/etc/agon/agon.yaml"
cat >"$root/etc/agon/rosters/first.yaml" <<EOF
seed: 1
base_currency: USDT
agents:
  - {name: mm_1, plugin: mm/mm.so, stage: live, capital: 50000 USDT, instruments: ["binance:BTCUSDT"], signals: {volatility: none}, params: {interval_ms: 300}}
EOF
inside mv /var/lib/agon/run /var/lib/agon/paper
inside systemctl start agon || fail "start, live"
until_true "the keeper is restarted with its keys and watches" says agon-keeper 'watching process'
open_orders() { ctl status --json | jq -e '.open_orders > 0'; }
until_true "orders are open" open_orders
inside journalctl --no-pager | grep -q YWdvbi1zaW0tc2VjcmV0 && fail "a secret is in the log"
inside test -r /proc/"$(what_is agon MainPID)"/environ && inside cat /proc/"$(what_is agon MainPID)"/environ | grep -q YWdvbi1zaW0tc2VjcmV0 && fail "a secret is in the environment"

died() { # HOW RESTARTS: it runs again, with orders
    until_true "restarted after it $1" restarted "$2"
    until_true "orders are open after it $1" open_orders
    echo "a host that $1: restarted by its unit, with orders again"
}
restarted() { [ "$(what_is agon NRestarts)" -ge "$1" ] && is_active agon; }
inside kill -9 "$(what_is agon MainPID)"
died 'was killed' 1
inside kill -STOP "$(what_is agon MainPID)"
until_true "the keeper ends a hung one" says agon-keeper 'was hung and is'
died 'hung' 2
inside systemctl stop agon-keeper
inside kill -STOP "$(what_is agon MainPID)"
died 'hung without its keeper, by the watchdog' 3
[ "$(inside journalctl --no-pager -u agon | grep -c 'Watchdog timeout')" = 1 ] || fail "the watchdog ended it $(inside journalctl --no-pager -u agon | grep -c 'Watchdog timeout') times"
inside systemctl stop agon || fail "stop"
[ "$(what_is agon Result)" = success ] || fail "stopped: $(what_is agon Result)"
inside agon replay /var/lib/agon/run --verify >"$work/replay.out" 2>&1 || fail "the journal does not replay: $(tail -n 3 "$work/replay.out")"

inside apt-get -qy purge agon agon-plugins >"$work/purge.log" 2>&1 || fail "purge: $(tail -n 5 "$work/purge.log")"
inside systemctl cat agon >/dev/null 2>&1 && fail "the unit is there after the packages are gone"
inside test -d /var/lib/agon/run/journal || fail "the journal went with the packages"
echo "unit: the packages' units under systemd $(dpkg-deb -f "$packages"/agon_*.deb Version), paper and live, killed, hung and stopped"
