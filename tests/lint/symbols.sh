#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# symbols: what the core's archives ask of the system, and what each archive exports.
#
# The core decides the same on every machine and at every time only when it cannot ask for a clock,
# a file, a thread, chance or the environment, and uses no function of libm that differs between
# CPUs. An exported name begins with its file, its folder, its library or a struct of a header; other
# words that a library has taken stand in prefixes.txt.
. "$(dirname "$0")/common.sh"

core="base config market match journal ledger slot risk exec score engine"
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

for lib in $core; do
    archive=$build/host/$lib/lib$lib.a
    [ -f "$archive" ] || continue
    used=$(nm -A --undefined-only "$archive" 2>/dev/null |
        sed -n 's/^.*[:\/]\([^:\/]*\.o\): *U \([^@]*\).*/\1 \2/p' | sort -u)
    while read -r object symbol; do
        fault "$lib ($object): uses $symbol; the core has no clock, file, thread or chance"
    done < <(grep -E " ($system)$" <<<"$used")
    while read -r object symbol; do
        fault "$lib ($object): uses $symbol; of libm only sqrt fabs floor ceil fma (base/fmath.h)"
    done < <(grep -E " ($libm)[fl]?$" <<<"$used")
done

for archive in "$build"/host/*/lib*.a; do
    lib=$(basename "$archive" .a)
    lib=${lib#lib}
    [ -d "host/$lib" ] || continue
    # Stems of the library's files, names of its folders, and its structs: dec_u8 acts on a dec.
    prefixes=$({ echo "$lib"
        find "host/$lib" -name '*.[ch]' | sed 's|.*/||; s|\.[ch]$||'
        find "host/$lib" -mindepth 1 -type d | sed 's|.*/||'
        find "host/$lib" -name '*.h' -exec sed -n 's/^struct \([a-z_0-9]*\)[ ;].*/\1/p' {} +; } | sort -u | paste -sd '|')
    prefixes="$prefixes|$(sed -n "s/^$lib: *//p" tests/lint/prefixes.txt | tr ' ' '\n' | paste -sd '|')|-"
    while read -r symbol; do
        fault "$lib: $symbol does not begin with the name of its file or library"
    done < <(nm --defined-only --extern-only "$archive" 2>/dev/null |
        sed -n 's/^[0-9a-f]* [TDBRC] //p' | sort -u |
        grep -vE "^($prefixes)([0-9_]|s_|$)|^($prefixes)s$")
done
finish
