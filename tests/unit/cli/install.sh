#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# install: "meson install" gives the program, its man page and completion, and an SDK that a plugin's
# build finds by pkg-config.
set -u
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
fail() { echo "FAIL: $*"; exit 1; }

meson install -C "$AGON_BUILD_ROOT" --no-rebuild --destdir "$place" >"$place/log" 2>&1 ||
    { cat "$place/log"; fail 'meson install'; }
prefix=$(dirname "$(dirname "$(find "$place" -path '*/bin/agon' -type f)")")
[ "$("$prefix/bin/agon" --version)" = "$("$AGON_BUILD_ROOT/agon" --version)" ] ||
    fail 'the installed program is another'
for name in agon-bench agon-gpu agon-keeper agon-onnx; do
    [ -x "$prefix/bin/$name" ] || fail "no $name"
done
for name in agon-keeper agon-onnx; do
    head -n 1 "$prefix/share/man/man1/$name.1" | grep -q "^\.TH AGON" || fail "no man page of $name"
done
head -n 1 "$prefix/share/man/man1/agon.1" | grep -q '^\.TH AGON 1' || fail 'no man page'
for command in $("$prefix/bin/agon" completion words); do
    grep -q "^\.SS agon $command" "$prefix/share/man/man1/agon.1" ||
        fail "the man page does not know agon $command"
done
# bash takes the script, and it completes the name of a command and an option of it.
completed=$(bash -c '
    PATH=$1:$PATH
    source "$2"
    COMP_WORDS=(agon comp) COMP_CWORD=1 && _agon && echo "${COMPREPLY[0]}"
    COMP_WORDS=(agon completion --h) COMP_CWORD=2 && _agon && echo "${COMPREPLY[0]}"
' bash "$prefix/bin" "$prefix/share/bash-completion/completions/agon" | tr '\n' ' ')
[ "$completed" = 'completion --help ' ] || fail "completed to '$completed'"

export PKG_CONFIG_PATH=$prefix/share/pkgconfig:$prefix/lib/pkgconfig
flags=$(pkg-config --define-variable=prefix="$prefix" --cflags agon-sdk) || fail 'no agon-sdk.pc'
case $flags in
*-ffp-contract=off*-fvisibility=hidden*) ;;
*) fail "agon-sdk.pc lacks flags: $flags" ;;
esac
printf '#include <agon/agon.h>\nconst int minor = AGON_ABI_MINOR;\n' >"$place/plugin.c"
# shellcheck disable=SC2086
"${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror $flags -shared -fPIC \
    -o "$place/plugin.so" "$place/plugin.c" || fail 'a plugin does not compile'

# The installed program finds the plugins that were installed with it.
"$prefix/bin/agon" demo --seconds 10 >"$place/demo" 2>&1 || { tail -n 5 "$place/demo"; fail 'the installed demo'; }
