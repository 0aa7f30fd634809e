#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# calls_names.sh COMPILER...: C source with the names of all system calls of the kernel's headers, by number.
LC_ALL=C
export LC_ALL
echo '#include "agent/calls.h"'
echo 'const char *const calls_names[] = {'
echo '#include <asm/unistd.h>' | "$@" -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/[\2] = "\1",/p' | sort
echo '};'
echo 'const uint64_t calls_count = sizeof(calls_names) / sizeof(calls_names[0]);'
