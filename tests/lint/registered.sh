#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# registered: a script that nobody runs holds nothing. Each script of tests/integration is a test of Meson, or one of the
# few that a command starts. And what README counts is so.
. "$(dirname "$0")/common.sh"

# name: who starts it
by_command="common: . (read by the others)
builds: by hand, four builds of the host
stop_times: ./agon soak stop"

names=$(grep -oE "'[a-z0-9_]+'" tests/integration/meson.build | tr -d "'")
for script in tests/integration/*.sh; do
    name=$(basename "$script" .sh)
    grep -qx "$name" <<<"$names" && continue
    grep -q "^$name: " <<<"$by_command" ||
        fault "$script: no test of tests/integration/meson.build, and not among those by command (tests/lint/registered.sh)"
done
while IFS=: read -r name _; do
    [ -e "tests/integration/$name.sh" ] || fault "tests/lint/registered.sh: $name.sh is not there"
    ! grep -qx "$name" <<<"$names" || fault "tests/lint/registered.sh: $name is a test now: take it out of the list"
done <<<"$by_command"

served=$(grep -c '^    {AGON_EXT_' host/agent/ext_table.c)
grep -q "[; ]$served services" README.md || fault "README.md: a plugin is served $served services (host/agent/ext_table.c)"
finish
