#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# layers: every #include against host/layers.txt; sdk/ and plugins/ see no header of the host.
. "$(dirname "$0")/common.sh"

declare -A allowed
while read -r lib others; do
    case $lib in "#"*|"") ;; *) allowed[${lib%:}]=" $others " ;; esac
done < <(grep -v '^#' host/layers.txt)

while IFS=: read -r file line include; do
    header=${include#*\"}
    header=${header%%\"*}
    lib=${file#*/}
    lib=${lib%%/*}
    to=${header%%/*}
    case $file in
    host/*)
        may=${allowed[$lib]-none}
        if [ "$may" = none ]; then
            fault "$file:$line: the library $lib is not in host/layers.txt"
        elif [ "$to" = "$header" ]; then
            fault "$file:$line: \"$header\" without its library; write \"$lib/$header\""
        elif [ "$to" != "$lib" ] && [ "$may" != " * " ] && [[ $may != *" $to "* ]]; then
            fault "$file:$line: $lib may not include $to (host/layers.txt)"
        elif [ "$to" = cli ] && [ "$lib" != cli ]; then
            fault "$file:$line: nobody includes cli"
        fi
        ;;
    sdk/*|plugins/*)
        [ -f "${file%/*}/$header" ] || [ -f "sdk/include/$header" ] ||
            fault "$file:$line: \"$header\" is not the SDK's"
        ;;
    esac
done < <(tracked_files | grep -E '^(host|sdk|plugins)/.*\.[ch]$' | xargs grep -nE '^ *#include *"')

# What the two sides of the wire may share ends at base, market and net.
while IFS=: read -r file line _; do
    fault "$file:$line: venue reads JSON with its own scanner, not with jansson"
done < <(tracked_files | grep -E '^host/venue/.*\.[ch]$' | xargs -r grep -nE '#include *<jansson' /dev/null)
finish
