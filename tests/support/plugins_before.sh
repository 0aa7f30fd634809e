#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# plugins_before: do the plugins of before <agon/strategy.h> (docs/adr/0058) still come to the intents of tests/unit/plugins/intents.txt?
# Their sources are compiled against this tree's SDK and run by its host, so that what differs is the plugins. When the
# engine changes and both come to other intents, these are the new ones; when only today's do, a rule has changed.
#
#   tests/support/plugins_before.sh [COMMIT]     another commit's plugins; today's build has to be there (./agon build)
set -u
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
build=${AGON_BUILD:-$root/build}
commit=${1:-7411ee4a^}
work=$(mktemp -d "${TMPDIR:-/tmp}/agon-before-XXXXXX") || exit 6
trap 'rm -rf "$work"' EXIT
[ -e "$build/plugins/libplugin-ta.a" ] || { echo "plugins_before: today's program is not built: ./agon build" >&2; exit 6; }
git -C "$root" archive "$commit" plugins | tar -x -C "$work" || exit 6

for source in "$work"/plugins/*/*.c; do
    folder=$(dirname "$source")
    name=$(basename "$source" .c)
    [ "$name" != trailing ] || name=ema_cross_trailing
    ${CC:-cc} -shared -fPIC -O2 -std=c17 -ffp-contract=off -fvisibility=hidden -fno-math-errno -I"$root/sdk/include" "$source" \
        "$build/plugins/libplugin-ta.a" -Wl,-Bsymbolic -Wl,-z,now -Wl,-z,defs -Wl,-z,noexecstack -Wl,--build-id -lm \
        -o "$folder/$name.so" || exit 70
done
AGON_SOURCE_ROOT=$root AGON_BUILD_ROOT=$build AGON_PLUGINS=$work/plugins AGON_BEFORE=1 \
    "$root/tests/unit/plugins/backtest.sh"
