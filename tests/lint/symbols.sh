#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# symbols: what the core's archives ask of the system, and what each archive exports.
#
# The core decides the same on every machine and at every time only when it cannot ask for a clock,
# a file, a thread, chance or the environment, and uses no function of libm that differs between
# CPUs. An exported name begins with its file, its folder, its library or a struct of a header; other
# words that a library has taken stand in prefixes.txt.
. "$(dirname "$0")/common.sh"

core="base config market match journal ledger slot risk exec score gpu engine"
system='clock_gettime|clock_nanosleep|gettimeofday|time|localtime(_r)?|gmtime(_r)?|mktime|ftime|times'
system+='|rand|srand|random|srandom|rand_r|drand48|lrand48|getrandom|getentropy|arc4random.*'
system+='|randombytes.*|getenv|secure_getenv|setenv|pthread_.*|thrd_.*|mtx_.*|cnd_.*|sem_.*'
system+='|f?open(64)?|fdopen|freopen(64)?|openat(64)?|creat(64)?|read|write|p?readv?(64)?|p?writev?(64)?'
system+='|fread|mmap(64)?|socket|connect|bind|accept4?|send|sendto|recv|recvfrom|poll|epoll_.*|select'
system+='|nanosleep|usleep|sleep|fork|vfork|exec.*|system|popen|dlopen|dlsym|kill|signal|sigaction'
system+='|setlocale|strto(d|f|ld)|atof'
libm='a?(sin|cos|tan)h?|atan2|exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|cbrt|hypot|fmod|remainder'
libm+='|remquo|l?l?round|l?l?rint|nearbyint|trunc|erfc?|[tl]gamma|ldexp|frexp|scalbl?n|modf|logb|ilogb'
libm+='|nextafter|fdim|j[01n]|y[01n]'


# "library U object symbol" of what each archive needs, "library D symbol" of what it gives, sorted. What
# base/embed.h puts into the program is read-only data named agon_*, and the linker's alone.
symbols=$(nm -A --extern-only "$build"/host/*/lib*.a 2>/dev/null | sed -nE \
    -e '/ R agon_/d' \
    -e 's/^.*\/lib([^\/]*)\.a:(.*\/)?([^:\/]*\.o): +U ([^@]*).*/\1 U \3 \4/p' \
    -e 's/^.*\/lib([^\/]*)\.a:.*\.o:[0-9a-f]+ [TDBRC] /\1 D /p' | sort -u)
while IFS= read -r line; do
    fault "$line"
done < <(awk -v core="$core" -v asks="^($system)$" -v libm="^($libm)[fl]?$" '
    BEGIN { n = split(core, libs, " ") }
    $2 != "U" { next }
    $4 ~ asks { clock[$1] = clock[$1] $1 " (" $3 "): uses " $4 "; the core has no clock, file, thread or chance\n" }
    $4 ~ libm { floats[$1] = floats[$1] $1 " (" $3 "): uses " $4 "; of libm only sqrt fabs floor ceil fma (base/fmath.h)\n" }
    END { for (i = 1; i <= n; i++) printf "%s%s", clock[libs[i]], floats[libs[i]] }' <<<"$symbols")

# What a name may begin with, by library: stems of the library's files, names of its folders, and its structs (dec_u8 acts
# on a dec).
prefixes=$(find host -mindepth 1 \( -name '*.[ch]' -o -type d \) -printf '%y %p\n' | awk '
    NR == FNR { split($2, part, "/"); name = $2; sub(/.*\//, "", name)
                if ($1 != "d" && name ~ /\.h$/) ARGV[ARGC++] = $2
                if ($1 != "d") sub(/\.[ch]$/, "", name)
                print part[2], name; next }
    /^struct [a-z_0-9]*[ ;]/ { split(FILENAME, part, "/"); name = $2; sub(/;.*/, "", name); print part[2], name }' -)
while IFS= read -r line; do
    fault "$line"
done < <({
    sed 's/^/P /' <<<"$prefixes"
    sed -n 's/^\([a-z]*\): */T \1 /p' tests/lint/prefixes.txt
    sed -n 's/^\([^ ]*\) D /S \1 /p' <<<"$symbols"
} | awk '
    $1 == "P" { takes[$2, $3] = 1; there[$2] = 1; next }
    $1 == "T" { for (i = 3; i <= NF; i++) takes[$2, $i] = 1; next }
    !($2 in there) { next }
    { # each word that the name begins with, up to a digit, "_" or its end; "s" behind it is of more than one
      for (i = length($3); i > 0; i--) {
          rest = substr($3, i + 1)
          if (rest ~ /^([0-9_]|s_|$)/ || rest == "s") if (($2, substr($3, 1, i)) in takes) next }
      print $2 ": " $3 " does not begin with the name of its file or library" }')
finish
