// SPDX-License-Identifier: Apache-2.0
/* fence: what a worker takes away from itself before it is given a job. A driver needs files, its
 * device files and their requests, and threads; so a card's worker keeps what those take and loses
 * all else: it starts no program, looks into no other process, reaches no network, writes to no
 * file but the card's and what /proc has of its own threads, and ends with its host. A worker of
 * the processor needs no file at all. [one thread] */
#ifndef CARD_FENCE_H
#define CARD_FENCE_H

#include "base/error.h"

enum card_fence {
    CARD_FENCE_PROCESS = 1, /* no new rights, no core, ends with its host, nobody looks into it */
    CARD_FENCE_FILES = 2,   /* Landlock: of a card what its driver reads, else none */
    CARD_FENCE_CALLS = 4    /* no program, no network, no other process, no kernel's insides */
};
/* What of it holds, by these bits. driver: the library that is open, whose folder may be read;
 * NULL: the device needs no file. compiler: another one; NULL: none. As files are closed for good,
 * what was opened before stays. */
uint32_t card_fence_close(const char *driver, const char *compiler);
/* Nobody of its user looks into it from here on. Of a card, once that is open: what hides itself
 * owns no file of its own under /proc any more, unless it is root's, and CUDA names its threads
 * there when it begins. 0: it could not be done. */
int card_fence_hide(void);

#endif
