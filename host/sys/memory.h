// SPDX-License-Identifier: Apache-2.0
/* memory: what was allocated at the start is there before it is needed. A table of fixed size costs
 * a page fault for each page that is written first, and a process whose tables fill for hours looks
 * like one that leaks. Settling puts every page in place, so that a process takes at its start what
 * it will ever take. Stacks, and room that is hardly ever used, are spared. */
#ifndef SYS_MEMORY_H
#define SYS_MEMORY_H

#include <pthread.h>
#include <stdint.h>

#include "base/error.h"

/* Whole pages within it are never settled. Of the last 1024 ranges that is so. [any] */
void memory_spare(void *from, uint64_t bytes);
/* A thread's stack, of which little is ever used. [any] */
void memory_spare_stack(pthread_t thread);
/* This thread allocates from a place of its own from here on: made now, not at its first need. */
void memory_thread(void);
/* Puts the pages in place: of a range, shared or private, or of all private writable memory that is
 * no file's. What is in them stays; memory may be in use and be given back meanwhile. *bytes (may
 * be NULL) is how much that is, *left how much was spared. AGON_ENOTSUP: this system cannot, or
 * this build keeps shadows of all memory; pages then come as they are written. */
int memory_place(void *from, uint64_t bytes);
/* The same of what can only be read. [any] */
int memory_show(const void *from, uint64_t bytes);
int memory_settle(uint64_t *bytes, uint64_t *left, struct error *err);

#endif
