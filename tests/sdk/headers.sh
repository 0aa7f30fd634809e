#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# headers: every SDK header stands alone, in every standard, with every compiler that is there, and
# none of them has anything to say about it. usage: headers.sh INCLUDE-DIR (requirement b-80)
set -u
dir=$1
flags="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Werror -fsyntax-only"
failed=0
n=0
alone=$(mktemp -d)
trap 'rm -rf "$alone"' EXIT

# A file of each header, which includes nothing else.
mapfile -t headers < <(cd "$dir" && find agon -name '*.h' | sort)
files=()
for i in "${!headers[@]}"; do
    files+=("$alone/$i.c")
    echo "#include \"${headers[i]}\"" >"$alone/$i.c"
done

# at_once COMPILER LANGUAGE STANDARD: all of them are clean, each a translation unit of its own.
at_once() {
    "$1" -x "$2" -std="$3" $flags -I"$dir" "${files[@]}" >"$alone/said" 2>&1 && [ ! -s "$alone/said" ]
}

try() { # COMPILER LANGUAGE STANDARD
    local header
    n=$((n + ${#headers[@]}))
    at_once "$@" && return
    # Which of them, and what is said of it.
    for header in "${headers[@]}"; do
        echo "#include \"$header\"" | "$1" -x "$2" -std="$3" $flags -I"$dir" - || {
            echo "not clean: $1 -std=$3 $header"
            failed=1
        }
    done
}

for cc in gcc clang; do
    command -v $cc >/dev/null || continue
    for std in c99 c11 c17; do
        try $cc c $std
    done
done
for cxx in g++ clang++; do
    command -v $cxx >/dev/null || continue
    try $cxx c++ c++17
done
[ $n -gt 0 ] || { echo "no compiler found"; exit 77; }
echo "$n compilations"
exit $failed
