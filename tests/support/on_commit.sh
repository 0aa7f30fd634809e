#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# on_commit: what do today's integration scripts say of an earlier commit's program? It checks that commit out, builds it
# and runs each script on it: the exchange and what looks on are today's, the host, ctl and everything else the commit's.
#
#   tests/support/on_commit.sh [--edit SED]... [--own-sim] COMMIT SCRIPT...
#   tests/support/on_commit.sh --edit '/^load_from:/d' ebe6ec3 ghost clock
#
# --edit changes the copies of the scripts that are run: what the commit has not got (a key of a file, an option) is taken
# out, so that what fails is what it does. --own-sim: the exchange is the commit's too. A script that still waits after
# LIMIT seconds (120) is ended and says for what. Today's build has to be there (./agon build); the commit's stays in
# build/on_commit for the next time. Exit code: 0 when every script failed, as they shall on what was wrong; else 1.
set -u
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
build=${AGON_BUILD:-$root/build}
edits=()
own_sim=
while [ $# -gt 0 ]; do
    case $1 in
    --edit)
        edits+=(-e "${2?--edit takes an expression of sed}")
        shift 2
        ;;
    --own-sim) own_sim=1 && shift ;;
    *) break ;;
    esac
done
[ $# -ge 2 ] || {
    sed -n 's/^#   //p' "$0" >&2
    exit 2
}
commit=$(git -C "$root" rev-parse --short=10 --verify "$1^{commit}") || exit 2
shift
tree=$build/on_commit/$commit
[ -x "$build/agon" ] || {
    echo "on_commit: today's program is not built: ./agon build" >&2
    exit 6
}
if [ ! -x "$tree/build/agon" ]; then
    rm -rf "${tree:?}"
    mkdir -p "$tree" && git -C "$root" archive "$commit" | tar -x -C "$tree" || exit 6
    AGON_BUILD='' "$tree/agon" build || exit 6
    # Plugins of today's scripts, by that commit's SDK: a plugin that needs more than it had is not there.
    for source in "$root"/tests/integration/plugins/*.c; do
        name=$(basename "$source" .c)
        [ ! -e "$tree/tests/integration/plugins/$name.c" ] || continue
        cp "$source" "$tree/tests/integration/plugins"
        (cd "$tree/build" && ninja -t commands tests/integration/plugins/busy.so | sed "s/busy\\b/$name/g" | sh) \
            >"$tree/build/$name.log" 2>&1 || echo "on_commit: $name.c needs another SDK than that of $commit"
    done
fi

# Tools that read a journal are the commit's, which wrote it; who only looks on is today's.
work=$(mktemp -d "${TMPDIR:-/tmp}/agon-on-commit-XXXXXX") || exit 6
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tests/integration/tools"
ln -s "$build"/tests/integration/tools/integration_* "$work/tests/integration/tools"
ln -sf "$tree"/build/tests/integration/tools/integration_* "$work/tests/integration/tools"
ln -s "$tree/build/tests/integration/plugins" "$work/tests/integration/plugins"
ln -s "$tree/build/tests/sdk" "$work/tests/sdk"
ln -s "$tree/build/plugins" "$work/plugins"
cp -pr "$root/tests/integration" "$work/scripts"
[ ${#edits[@]} = 0 ] || sed -i "${edits[@]}" "$work"/scripts/*.sh
printf '#!/bin/sh\n[ "${1-}" != sim ] || [ -n "%s" ] || exec "%s" "$@"\nexec "%s" "$@"\n' "$own_sim" "$build/agon" "$tree/build/agon" \
    >"$work/agon"
chmod +x "$work/agon"

rc=0
for name in "$@"; do
    AGON_SOURCE_ROOT=$root AGON_BUILD_ROOT=$work timeout --foreground -k 10 "${LIMIT:-120}" \
        "$(sed -n '1s/^#!//p' "$work/scripts/$name.sh")" "$work/scripts/$name.sh" "$work/agon" "$work/tests/integration" >"$work/out" 2>&1
    code=$?
    [ $code != 0 ] || rc=1
    echo "$name on $commit: ended with $code"
    sed 's/^/    /' "$work/out"
done
exit $rc
