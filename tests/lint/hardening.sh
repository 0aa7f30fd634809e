#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hardening: the built programs and plugins, as files: position independent, every symbol bound at the start and the
# table read-only, no executable stack, stack probes, indirect branches marked (CET), and a build id.
. "$(dirname "$0")/common.sh"

# has FILE WHAT PATTERN TEXT: does the text hold it?
has() {
    grep -qE "$3" <<<"$4" || fault "$1: $2"
}

# file_of FILE IS_PROGRAM
file_of() {
    local head dynamic notes
    head=$(readelf -hlW "$1" 2>/dev/null)
    dynamic=$(readelf -dW "$1" 2>/dev/null)
    notes=$(readelf -nW "$1" 2>/dev/null)
    has "$1" "is not position independent" 'Type: +DYN' "$head"
    has "$1" "no GNU_RELRO" 'GNU_RELRO' "$head"
    has "$1" "is not linked with -z now" 'BIND_NOW|Flags:.*NOW' "$dynamic"
    has "$1" "no build id of 20 bytes" 'Build ID: [0-9a-f]{40}' "$notes"
    ! grep -qE 'GNU_STACK.* RWE ' <<<"$head" || fault "$1: its stack is executable"
    # The mark of the whole file is lost where the C library's start code has none; the code itself tells.
    [ "$(uname -m)" != x86_64 ] || grep -q __asan_init "$1" ||
        [ "$(objdump -d --no-show-raw-insn "$1" 2>/dev/null | grep -c endbr64)" -gt 2 ] ||
        fault "$1: its functions have no CET marks (-fcf-protection)"
}

for program in "$build/agon" "$build/agon-keeper"; do
    [ -f "$program" ] || continue
    file_of "$program"
    # A frame of several pages is probed page by page, so that no jump passes the guard page.
    [ "$(uname -m)" != x86_64 ] || grep -qF -- '-fstack-clash-protection' "$build/compile_commands.json" ||
        fault "$program: is not compiled with -fstack-clash-protection"
done
if [ "$(uname -m)" = x86_64 ] && [ -f "$build/agon" ] && ! grep -q __asan_init "$build/agon"; then
    n=$(objdump -d --no-show-raw-insn "$build/agon" 2>/dev/null | grep -cE 'or[qb] +\$0x0,(0x[0-9a-f]+)?\(%rsp\)')
    [ "$n" -gt 0 ] || fault "agon: holds no stack probe"
fi
for plugin in "$build"/plugins/*/*.so "$build"/plugins/*.so; do
    [ -f "$plugin" ] && file_of "$plugin"
done
finish
