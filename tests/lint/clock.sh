#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clock: nobody but host/sys/clock.c reads the wall clock. A process has one clock (clock_now), which
# does not follow a wall clock that is set; a second reader would have another time than the rest.
. "$(dirname "$0")/common.sh"

words='CLOCK_REALTIME(_COARSE)?|CLOCK_TAI|gettimeofday|timespec_get|ftime|stime'
calls='(^|[^A-Za-z0-9_>.])time *\('

# clock_faults FILE...: places that read it, comments left out.
clock_faults() {
    awk -v words="$words" -v calls="$calls" '
        FNR == 1 { in_comment = 0 }
        { text = $0
          if (in_comment) { if (!sub(/^.*\*\//, "", text)) next; in_comment = 0 }
          gsub(/\/\*[^*]*(\*[^\/][^*]*)*\*\//, "", text)
          sub(/\/\/.*/, "", text)
          if (sub(/\/\*.*/, "", text)) in_comment = 1
          gsub(/"([^"\\]|\\.)*"/, "\"\"", text)
          if (text ~ "(^|[^A-Za-z0-9_])(" words ")([^A-Za-z0-9_]|$)" || text ~ calls)
              printf "%s:%d: reads the wall clock; use clock_now (sys/clock.h)\n", FILENAME, FNR }' "$@"
}

# It finds what it is for, and leaves alone what it is not.
self=$(mktemp -d)
trap 'rm -rf "$self"' EXIT
printf 'int a = time(NULL);\nclock_gettime(CLOCK_REALTIME, &x);\ngettimeofday(&x, 0);\n' >"$self/bad.c"
printf '/* time (it) CLOCK_REALTIME */\nint b = on_time(c) + p->time(c); // time(x)\nputs("time(NULL)");\n' >"$self/good.c"
[ "$(clock_faults "$self/bad.c" | wc -l)" = 3 ] || fault "clock.sh: does not find what it is for"
[ -z "$(clock_faults "$self/good.c")" ] || fault "clock.sh: finds what is none: $(clock_faults "$self/good.c")"

while IFS= read -r line; do
    fault "$line"
done < <(tracked_files | grep -E '^(host|sdk|plugins)/.*\.[ch]$' | grep -v '^host/sys/clock\.c$' |
    tr '\n' '\0' | xargs -0 bash -c "$(declare -f clock_faults); words='$words'; calls='$calls'; clock_faults \"\$@\"" -)

# What a compiler or a library makes of it shows in the archives.
while read -r archive object symbol; do
    fault "$archive ($object): uses $symbol; use clock_now (sys/clock.h)"
done < <(nm -A --undefined-only "$build"/host/*/lib*.a 2>/dev/null |
    sed -nE 's/^.*\/(lib[^\/]*\.a):(.*\/)?([^:\/]*\.o): *U (time|gettimeofday|timespec_get|ftime)(@.*)?$/\1 \3 \4/p' |
    grep -v ' clock\.c\.o ' | sort -u)
finish
