#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every attempt of tests/sdk/plugins/escape.h as root, as an ordinary user, and on what a kernel gives that has Landlock
# of version 0 (none), 1 and 2 or no user namespaces (tools/older.c answers for it): none gets through, and each is told
# with what stopped it. And what `agon doctor` says there of the layers. ESCAPES=all prints the table of each.
. "$(dirname "$0")/common.sh"
is_sanitized && {
    echo "skipped: a sanitizer's run-time cannot live in the sandbox"
    exit 77
}

# Where the ordinary user can read it too.
ESCAPES_EXE=$AGON_BUILD_ROOT/tests/sdk/escapes
mkdir -p "$WORK/all/tests/sdk/plugins" "$WORK/tmp"
for name in escape faulty tls ifunc execstack rpath executable; do
    cp "$FAULTY_DIR/$name.so" "$WORK/all/tests/sdk/plugins/"
done
cp "$ESCAPES_EXE" "${TOOLS}older" "$WORK/all/"
SELF=$(cd "$(dirname "$AGON")" && pwd)/agon
ordinary_user
chmod 755 "$WORK"
chmod 1777 "$WORK/tmp"
export AGON_BUILD_ROOT=$WORK/all TMPDIR=$WORK/tmp

# layers COMMAND...: what doctor says there, in a line
layers() {
    (cd "$WORK/tmp" && "$@" doctor --json) >"$WORK/doctor" 2>&1
    jq -r '[.checks[] | select(.topic | test("^(sandbox|landlock)")) |
        if .topic == "landlock" then "Landlock \(.text)" else "\(.topic | ltrimstr("sandbox ")) \(.text)" end] | join(", ")' "$WORK/doctor"
}
# attempts WHAT DOCTOR-SAYS COMMAND...: the command runs a program there
attempts() {
    what=$1
    said=$2
    shift 2
    "$@" "$WORK/all/escapes" >"$WORK/table" 2>&1 || fail "$what: $(grep -A 1 -E '^FAIL|FAIL:' "$WORK/table"; tail -n 2 "$WORK/table")"
    [ "${ESCAPES-}" != all ] || cat "$WORK/table"
    told=$(layers "$@" "$AGON")
    echo "$told" | grep -qE "$said" || fail "$what: doctor says: $told"
    printf '%s: %s\n  doctor: %s\n' "$what" "$(tail -n 1 "$WORK/table")" "$told"
}

[ "$(id -u)" != 0 ] || AGON=$SELF attempts "root" 'Landlock ABI [0-9]' env
AGON=$WORK/bin/agon
OLDER=$WORK/all/integration_older
user() { # WHAT DOCTOR-SAYS COMMAND...
    user_what=$1
    user_says=$2
    shift 2
    # shellcheck disable=SC2086
    attempts "$user_what" "$user_says" ${AS:-env} "$@"
}
user "ordinary user" 'Landlock ABI [0-9]'
# One of each kind in CI; all that there are by command.
[ "${ESCAPES-}" = all ] && abis='0 1 2' || abis=1
for abi in $abis; do
    user "ordinary user, Landlock ABI $abi" "Landlock ABI $abi, .*landlock $([ $abi = 0 ] && echo 'not here' || echo holds)" \
        "$OLDER" --landlock $abi
done
user "ordinary user, no user namespaces, no Landlock" 'namespaces not here.*landlock not here' \
    "$OLDER" --landlock 0 --no-user-namespaces
[ "${ESCAPES-}" = all ] || exit 0
user "ordinary user, no user namespaces" 'namespaces not here.*landlock holds' "$OLDER" --no-user-namespaces
[ "$(id -u)" = 0 ] || exit 0
for abi in 0 1 2; do
    AGON=$SELF attempts "root, Landlock ABI $abi" "Landlock ABI $abi" "$OLDER" --landlock $abi
done
AGON=$SELF attempts "root, no user namespaces" 'namespaces holds' "$OLDER" --no-user-namespaces
