// SPDX-License-Identifier: Apache-2.0
/* away: a card as a device of this process, which opens no driver: agon-gpu does, and is started
 * for it (session.h). What is computed is what a device here would compute. A driver that fails,
 * hangs or dies is said by wait (AGON_EIO), as by any device, and by all that follows: reads bring
 * 0 then and nothing else is done. The process of agon-gpu ends with this device, and with the
 * thread that made it. [owner] */
#ifndef CARD_AWAY_H
#define CARD_AWAY_H

#include "kernels/device.h"

struct card_away_config {
    const char *program;        /* NULL: agon-gpu beside this program */
    const char *device;         /* "cuda"; "cpu", "scripted": for tests */
    const char *driver, *nvrtc; /* NULL: the system's */
    const char *script;         /* of scripted */
    const char *const *envp;    /* proc.h */
    uint32_t card, threads;     /* threads: of cpu and scripted */
    int log_fd;                 /* its stderr; -1: nowhere */
    uint64_t most;              /* bytes of the card that it may have; 0: what there is */
    int64_t limit_ns;           /* what is asked and takes longer hangs */
};
/* The values that a caller starts from. */
struct card_away_config card_away_preset(const char *device);
/* NULL: there is no agon-gpu, no driver, no such card, ...; the reason is in err. */
struct device *card_away_new(const struct card_away_config *config, struct error *err);
/* Why its last alloc gave no memory; "": it gave some. */
const char *card_away_why(const struct device *device);
int card_away_pid(const struct device *device); /* of agon-gpu, for tests */

#endif
