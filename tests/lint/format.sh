#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# format: every C file is as .clang-format has it. Other versions of clang-format decide otherwise,
# so only version 14 judges.
. "$(dirname "$0")/common.sh"

command -v clang-format >/dev/null && clang-format --version | grep -q 'version 14' || {
    echo "no clang-format 14 here"
    exit 77
}
while read -r file; do
    fault "$file: not formatted; run clang-format -i $file"
done < <(tracked_files | grep -E '\.[ch]$' | xargs -P 2 -n 40 clang-format --dry-run 2>&1 |
    sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: warning: .*-Wclang-format-violations.*/\1/p' | sort -u)
finish
