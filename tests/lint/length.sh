#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# length: no source has more than 900 lines, in host, sdk, plugins, tests and packaging alike, whatever its language: what is
# longer has more than one topic. Those of before the rule stand in length.txt with a bound of their own, which follows them
# down. A patch of tests/adding is several files.
. "$(dirname "$0")/common.sh"

most=900
slack=100
list=tests/lint/length.txt
declare -A bound
while read -r file lines; do
    bound[$file]=$lines
    [ -e "$file" ] || fault "$list: $file is not there: take it out"
done < <(grep -v '^#' "$list")
while read -r lines file; do
    may=${bound[$file]:-}
    if [ -z "$may" ]; then
        [ "$lines" -le "$most" ] ||
            fault "$file:1: $lines lines, and a file may have $most: cut it by topic, into files whose names say which"
    elif [ "$lines" -gt "$may" ]; then
        fault "$file:1: $lines lines; it may have $may ($list), and has to come to $most"
    elif [ "$lines" -le "$most" ]; then
        fault "$list: $file has $lines lines: take it out"
    elif [ "$((may - lines))" -gt "$slack" ]; then
        fault "$list: $file has $lines lines: lower its bound of $may"
    fi
done < <(tracked_files | grep -E '^(agon$|\.ci/|host/|sdk/|plugins/|tests/|packaging/)' |
    grep -E '(\.(c|h|cpp|sh|py|js|mjs|css|html|build)|/[a-z]+|^agon)$' | grep -vE '/node_modules/|^tests/(fuzz/corpus|data)/' |
    xargs wc -l | awk '$2 != "total" { print $1, $2 }')
finish
