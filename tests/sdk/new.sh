#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# new: what `agon new` writes builds with its own meson.build, passes every static check for every
# runner, and says what it is; a name that is none or a folder that is there is refused. usage: new.sh AGON
set -eu
agon=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

"$agon" new alpha_one >/dev/null
for name in alpha_one.c meson.build params.yaml roster.yaml agon.yaml venue.yaml README.md include/agon/agon.h include/agon/strategy.h lib/leg.c; do
    [ -f alpha_one/$name ] || { echo "missing: $name"; exit 1; }
done
! grep -rq my_strategy alpha_one || { echo "the template's name is left in a file"; exit 1; }
cd alpha_one
meson setup build -Dwerror=true >/dev/null
ninja -C build >/dev/null
"$agon" validate build/alpha_one.so --runner inproc
"$agon" inspect build/alpha_one.so --describe | grep -q "org.example.alpha_one"
# What the guide has for a model is there too: every header of the SDK, and the features.
for header in "$AGON_SOURCE_ROOT"/sdk/include/agon/*.h "$AGON_SOURCE_ROOT"/sdk/include/agon/ext/*.h; do
    [ -s "include/agon/${header#*/sdk/include/agon/}" ] || { echo "missing: ${header##*/}"; exit 1; }
done
cat >more.c <<EOF
#include <agon/agon.h>
#include <agon/ext/nn.h>
#include <agon/feature.h>
const struct agon_nn_inputs inputs = {.edition = AGON_FEATURES_EDITION};
int main(void)
{
    static struct agon_features features;
    static char text[AGON_FEATURES_TEXT];
    agon_features_text(&features, text);
    return 0;
}
EOF
cc -std=c17 -Wall -Wextra -Werror -Iinclude more.c build/libagon-ta.a -lm -o more && ./more || { echo "features do not build"; exit 1; }
intents() { "$agon" backtest build/alpha_one.so --for 1h --json "$@" | sed -n 's/.*"intents_hash": *"\([^"]*\)".*/\1/p'; }
printf 'fast: 3\nslow: 9\n' >other.yaml
[ "$(intents --params other.yaml)" = "$(intents --param fast=3 slow=9)" ] || { echo "--params is not as --param"; exit 1; }
[ "$(intents --params other.yaml --param slow=26)" = "$(intents --param fast=3 slow=26)" ] ||
    { echo "--param does not come before --params"; exit 1; }
[ "$(intents --params other.yaml)" != "$(intents --params params.yaml)" ] || { echo "--params changes nothing"; exit 1; }
printf 'fast: [3]\n' >bad.yaml
"$agon" backtest build/alpha_one.so --for 1m --params bad.yaml 2>err && { echo "took bad parameters"; exit 1; }
grep -q 'bad.yaml:1:7: error' err || { cat err; exit 1; }
cd ..
if "$agon" new alpha_one 2>/dev/null; then echo "overwrote a folder"; exit 1; fi
for bad in Alpha 1a a-b a/b "" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; do
    if "$agon" new "$bad" >/dev/null 2>&1; then echo "took the name '$bad'"; exit 1; fi
done
