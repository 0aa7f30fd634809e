#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs: links of every page lead somewhere, and the commands that pages show exist.
. "$(dirname "$0")/common.sh"

pages=$(tracked_files | grep -E '\.md$')
# of_pages PROGRAM [VARIABLE...]: that program of awk over the pages that come in.
of_pages() {
    tr '\n' '\0' | xargs -0 awk "$@"
}

while IFS=$'\t' read -r page link target; do
    [ -e "$target" ] || fault "$page: the link $link leads nowhere"
done < <(of_pages '
    FNR == 1 { in_code = 0; folder = FILENAME; if (!sub(/\/[^\/]*$/, "", folder)) folder = "." }
    /^```/ { in_code = !in_code }
    in_code { next }
    { text = $0
      gsub(/`[^`]*`/, "", text)
      while (match(text, /\]\([^) ]+\)/)) {
          link = substr(text, RSTART + 2, RLENGTH - 3)
          text = substr(text, RSTART + RLENGTH)
          target = link
          sub(/#.*/, "", target)
          if (target != "" && target !~ /^(http:\/\/|https:\/\/|mailto:)/)
              print FILENAME "\t" link "\t" folder "/" target } }' <<<"$pages")

# Commands stand at the head of a line of a code block, or in backquotes.
known=" test soak coverage build package help --help --version $("$build/agon" completion words | tr '\n' ' ')"
while IFS=: read -r page line verb; do
    case $known in
    *" $verb "*) ;;
    *) fault "$page:$line: agon $verb is not a command" ;;
    esac
done < <(grep -E '^(README|CONTRIBUTING|docs/.*)\.md$' <<<"$pages" | grep -v '^docs/adr/' | of_pages '
    function command_in(text) { # the word behind the first "agon" in it
        sub(/^[^a]*agon +/, "", text)
        print FILENAME ":" FNR ":" text }
    { text = $0
      if (match(text, /^(\$ )?(\.\/)?agon +[a-z-]+/)) {
          command_in(substr(text, 1, RLENGTH))
          text = substr(text, RLENGTH + 1) }
      while (match(text, /`(\.\/)?agon +[a-z-]+/)) {
          command_in(substr(text, RSTART, RLENGTH))
          text = substr(text, RSTART + RLENGTH) } }')

# The README's picture moves and loads quickly; ./agon soak picture makes it.
picture=$(sed -nE 's/^!\[.*\]\((docs\/pictures\/[a-z.]+)\)$/\1/p' README.md)
if [ ! -f "$picture" ]; then
    fault "README.md: no picture '$picture'"
elif ! head -c 100 "$picture" | tr -cd 'A-Z' | grep -q 'RIFF.*WEBP.*ANIM'; then
    fault "$picture: no animated WebP"
elif [ "$(stat -c %s "$picture")" -gt 1500000 ]; then
    fault "$picture: larger than 1.5 MB"
fi
finish
