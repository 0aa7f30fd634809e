#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# registered: a script that nobody runs holds nothing. Each script of tests/integration is a test of Meson, or one of the
# few that a command starts.
. "$(dirname "$0")/common.sh"

# name: who starts it
by_command="common: . (read by the others)
cards_common: . (read by those of cards)
kraken: . (read by those of Kraken)
okx: . (read by those of OKX)
okx_venue: . (read by those that have a venue of OKX)
keeper_side: . (read by those of a keeper on one exchange)
builds: ./agon soak builds
stop_times: ./agon soak stop"

declare -A is_test started
while read -r name; do is_test[$name]=1; done < <(grep -oE "'[a-z0-9_]+'" tests/integration/meson.build | tr -d "'")
while IFS=: read -r name _; do started[$name]=1; done <<<"$by_command"
for script in tests/integration/*.sh; do
    name=${script##*/} name=${name%.sh}
    [ -n "${is_test[$name]-}${started[$name]-}" ] ||
        fault "$script: no test of tests/integration/meson.build, and not among those by command (tests/lint/registered.sh)"
done
while IFS=: read -r name _; do
    [ -e "tests/integration/$name.sh" ] || fault "tests/lint/registered.sh: $name.sh is not there"
    [ -z "${is_test[$name]-}" ] || fault "tests/lint/registered.sh: $name is a test now: take it out of the list"
done <<<"$by_command"

# Soaks: each that `./agon soak all` goes through is one that it takes, and stands in its head and in the table of docs/operations.md.
head=$(sed -n '/^#   .\/agon soak NAME/,/^#   .\/agon coverage/p' agon)
operations=$(<docs/operations.md)
# The names of its branches, "    one | two)", one a line.
branches=$(sed -nE 's/^    (([a-z-]+ \| )*[a-z-]+)\).*/\1/p' agon | sed 's/ | /\n/g')
takes() { [[ $'\n'$branches$'\n' == *$'\n'"$1"$'\n'* ]]; }
for name in $(sed -n 's/^soaks="\(.*\)"$/\1/p' agon | tr -d ','); do
    takes "$name" || fault "agon: takes no soak $name"
    [[ $head == *[\ :]"$name"[,\;]* ]] || fault "agon: its head does not name the soak $name"
    [[ $operations == *"| \`./agon soak $name\`"* ]] || fault "docs/operations.md: the table has no \`./agon soak $name\`"
done
while read -r name; do
    takes "$name" || fault "tests/lint/registered.sh: there is no ./agon soak $name"
done < <(sed -n 's/.*: \.\/agon soak //p' <<<"$by_command")
finish
