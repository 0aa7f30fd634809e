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
}

# marked FILE N [FUNCTION]: more than N times (in that function) it holds what an indirect branch may lead to.
marked() {
    [ "$(objdump -d --no-show-raw-insn ${3:+--disassemble="$3"} "$1" 2>/dev/null | grep -c endbr64)" -gt "$2" ]
}

for program in "$build/agon" "$build/agon-keeper" "$build/agon-gpu" "$build/agon-bench" "$build/agon-onnx" "$build/host/agent/agon-runner"; do
    [ -f "$program" ] || continue
    file_of "$program"
    if [ "$(uname -m)" = x86_64 ] && ! grep -q __asan_init "$program"; then
        # The note of the whole program is lost where the C library's start code has none: its objects' notes are read below.
        marked "$program" 0 main || fault "$program: its main has no CET mark (-fcf-protection)"
        # A frame of several pages is probed page by page, so that no jump passes the guard page.
        [ "$(objdump -d --no-show-raw-insn "$program" 2>/dev/null | grep -cE 'or[qb] +\$0x0,(0x[0-9a-f]+)?\(%rsp\)')" -gt 0 ] ||
            fault "$program: holds no stack probe"
    fi
done
# What lies beside a plugin: the C library and no other (host/agent/runner.h). So it is beside a driver.
for alone in "$build/host/agent/agon-runner" "$build/agon-gpu"; do
    [ -f "$alone" ] && ! grep -qE '__(asan|tsan|ubsan)_|__gcov_' "$alone" || continue
    others=$(readelf -dW "$alone" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vxE 'lib(c|m)\.so\.6|ld-linux-.*')
    [ -z "$others" ] || fault "$alone: needs $(echo $others)"
done
for plugin in "$build"/plugins/*/*.so "$build"/plugins/*.so; do
    [ -f "$plugin" ] || continue
    file_of "$plugin"
    [ "$(uname -m)" != x86_64 ] || grep -q __asan_init "$plugin" || marked "$plugin" 2 ||
        fault "$plugin: its functions have no CET marks (-fcf-protection)"
done

# Each compile line of the product has both flags, and each object says so of itself (CET). A tool of the build is none of it.
[ "$(uname -m)" != x86_64 ] || [ ! -f "$build/compile_commands.json" ] || said=$(python3 - "$build" <<'END'
import json, os, re, subprocess, sys
build = sys.argv[1]
objects = {}
for line in json.load(open(os.path.join(build, "compile_commands.json"))):
    source = os.path.relpath(os.path.join(line["directory"], line["file"]))
    # What is made while building is of the product too.
    if not source.startswith(("host/", "sdk/", "plugins/")) and not line["output"].startswith(("host/", "sdk/", "plugins/")) \
            or source == "host/agent/embed.c":
        continue
    objects[os.path.join(build, line["output"])] = source
    words = line["command"].split()
    for flag, unflag in (("-fstack-clash-protection", "-fno-stack-clash-protection"), ("-fcf-protection", "-fcf-protection=none")):
        if flag not in words or unflag in words:
            print(f"{source}: is not compiled with {flag}")
if not objects:
    print("compile_commands.json: no line of the product")
built = [path for path in objects if os.path.exists(path)]
notes = {}
for at in range(0, len(built), 100):
    text = subprocess.run(["readelf", "-nW"] + built[at:at + 100], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    # Of one file alone it does not say the name.
    parts = re.split(r"^File: (.*)$", text, flags=re.M) if len(built[at:at + 100]) > 1 else ["", built[at], text]
    notes.update(zip(parts[1::2], parts[2::2]))
for path in built:
    if not re.search(r"x86 feature: IBT, SHSTK", notes.get(path, "")):
        print(f"{objects[path]}: its object has no CET note (IBT, SHSTK)")
END
)
while read -r line; do
    [ -z "$line" ] || fault "$line"
done <<<"${said-}"
finish
