#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tags: every header that another library includes and that declares functions says which thread may
# call them.
. "$(dirname "$0")/common.sh"

tag="\\[(core|io|writer|sink|control|agent|any|producer|consumer|reader|owner|test)[],; ]|\\[[a-z ',]*thread"
# "library header" of each include that leaves its library.
includes=$(tracked_files | grep -E '^host/.*\.[ch]$' | xargs grep -oE '#include "[^"]*"' |
    sed 's|^host/\([^/]*\)/[^:]*:#include "\(.*\)"|\1 \2|' |
    awk '{ split($2, part, "/"); if (part[1] != $1) print $2 }' | sort -u)
while read -r file; do
    grep -qxF "${file#host/}" <<<"$includes" || continue
    grep -vE '^(static|typedef|#)|/\*' "$file" | grep -qE '^[a-z].*[a-z_0-9]\(.*(\)|,)' || continue
    grep -qE "$tag" "$file" || fault "$file: no thread tag ([core], [io], [any], ...)"
done < <(tracked_files | grep -E '^host/.*\.h$')
finish
