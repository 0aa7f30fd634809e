#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs: links of every page lead somewhere, and the commands that pages show exist.
. "$(dirname "$0")/common.sh"

while read -r page; do
    while read -r link; do
        target=${link%%#*}
        [ -z "$target" ] && continue
        case $target in http://*|https://*|mailto:*) continue ;; esac
        [ -e "$(dirname "$page")/$target" ] || fault "$page: the link $link leads nowhere"
    done < <(awk '/^```/ { c = !c } !c' "$page" | sed 's/`[^`]*`//g' |
        grep -oE '\]\([^) ]+\)' | sed 's/^](//; s/)$//')
done < <(tracked_files | grep -E '\.md$')

# Commands stand at the head of a line of a code block, or in backquotes.
known=" test soak coverage build help --help --version $("$build/agon" completion words | tr '\n' ' ')"
while IFS=: read -r page line text; do
    verb=$(sed -E 's/.*agon +//' <<<"$text")
    case $known in
    *" $verb "*) ;;
    *) fault "$page:$line: agon $verb is not a command" ;;
    esac
done < <(tracked_files | grep -E '^(README|CONTRIBUTING|docs/.*)\.md$' | grep -v '^docs/adr/' |
    xargs grep -noE '(^(\$ )?|`)(\./)?agon +[a-z-]+' /dev/null)
finish
