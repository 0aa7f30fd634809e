// SPDX-License-Identifier: Apache-2.0
/* claim: a name on this machine that one process has at a time, such as a venue's account.
 *
 * An abstract Unix socket: no file, nothing that others could write, follow or remove, and free at
 * the moment its process is, however that ends. Who finds it taken is told by whom. Another host of
 * the same user (or root's) may ask the holder to let go. [control] */
#ifndef SYS_CLAIM_H
#define SYS_CLAIM_H

#include "base/error.h"

struct claim {
    int fd;     /* -1: none */
    int asking; /* a connection of who wants it; -1: nobody does */
};
void claim_init(struct claim *claim);
/* AGON_EBUSY: another process has it, whose number and user are in err. */
int claim_take(struct claim *claim, const char *name, struct error *err);
/* Asks the holder to let go, and takes it when it did. AGON_ETIME: it did not answer in time, or is
 * another user's; AGON_EBUSY: somebody was faster. */
int claim_take_over(struct claim *claim, const char *name, int64_t wait_ns, struct error *err);
/* Does somebody ask for it? Then the caller stops what it does under that name, and gives it up. */
int claim_is_asked(struct claim *claim);
/* Lets go and says so to who asked. */
void claim_give(struct claim *claim);
void claim_close(struct claim *claim);

#endif
