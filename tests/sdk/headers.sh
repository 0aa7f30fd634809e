#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# headers: every SDK header stands alone, in every standard, with every compiler that is there, and
# none of them has anything to say about it. usage: headers.sh INCLUDE-DIR (requirement b-80)
set -u
dir=$1
flags="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Werror -fsyntax-only"
failed=0
n=0

try() { # compiler, language, standard, header
    n=$((n + 1))
    echo "#include \"$4\"" | "$1" -x "$2" -std="$3" $flags -I"$dir" - || {
        echo "not clean: $1 -std=$3 $4"
        failed=1
    }
}

for header in $(cd "$dir" && find agon -name '*.h' | sort); do
    for cc in gcc clang; do
        command -v $cc >/dev/null || continue
        for std in c99 c11 c17; do
            try $cc c $std "$header"
        done
    done
    for cxx in g++ clang++; do
        command -v $cxx >/dev/null || continue
        try $cxx c++ c++17 "$header"
    done
done
[ $n -gt 0 ] || { echo "no compiler found"; exit 77; }
echo "$n compilations"
exit $failed
