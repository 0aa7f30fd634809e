// SPDX-License-Identifier: Apache-2.0
/* calls: system calls by name, and what a plugin does instead of one that its sandbox forbids.
 * [any]
 */
#ifndef AGENT_CALLS_H
#define AGENT_CALLS_H

#include <stdint.h>

/* "openat"; NULL: the kernel that this was built for has none of that number. */
const char *calls_name(int64_t number);
/* "a plugin has no files: ..."; "" where there is nothing to say. */
const char *calls_advice(int64_t number);

/* By number; made by calls_names.sh from the kernel's headers. */
extern const char *const calls_names[];
extern const uint64_t calls_count;

#endif
