// SPDX-License-Identifier: Apache-2.0
/* beat: the sign of life of a host, in shared memory (the file "beat" of its run directory).
 *
 * The host's core thread writes after each turn; the keeper, a process of its own, reads. Time is
 * CLOCK_MONOTONIC, which all processes of a machine share and which stands still while the machine
 * is suspended, so that neither a suspended machine nor a step of the wall clock looks like a hung
 * host. The file stays over restarts: who has mapped it sees the next host in the same place. [any]
 */
#ifndef SYS_BEAT_H
#define SYS_BEAT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define BEAT_FILE    "beat"
#define BEAT_VERSION 2
#define BEAT_SLOT    32
#define BEAT_EARLIER 15 /* ORDER_IDS_EARLIER */

enum beat_state {
    BEAT_NONE = 0,
    BEAT_STARTING = 1, /* no turn yet: a journal is being read */
    BEAT_RUNNING = 2,
    BEAT_STOPPING = 3, /* ordered to end */
    BEAT_ENDED = 4     /* ended in good order: nothing is open that it did not leave on purpose */
};
struct beat {
    uint32_t version;
    _Atomic uint32_t state;  /* enum beat_state */
    _Atomic int64_t beat_ns; /* last turn of the core */
    _Atomic int32_t pid;
    _Atomic uint32_t n_hosts;            /* that ever wrote here: another number is another host */
    _Atomic uint32_t journal, since_run; /* struct order_ids: which client ids are its */
    _Atomic uint32_t in_slot;            /* slot + 1 whose plugin the core is calling; 0: none */
    _Atomic uint64_t in_hash;   /* ... and that plugin's record_generation.generation_hash */
    _Atomic uint64_t pid_start; /* proc_start of pid: a number is given again, after a start of the
                                   machine too */
    /* Of a folder that was restored. A host of before wrote none of this. */
    _Atomic uint32_t n_earlier, pad;
    struct {
        _Atomic uint32_t journal, since_run;
    } earlier[BEAT_EARLIER];
};
#define BEAT_BYTES_BEFORE offsetof(struct beat, n_earlier)

/* Maps it for a host, made when it lacks. NULL with the reason. */
struct beat *beat_open(const char *dir, struct error *err);
/* Another host writes into it from here on; its first turn is now. For who has the memory already.
 */
void beat_begin(struct beat *beat, int32_t pid, uint64_t pid_start, int64_t mono_ns);
/* ... for who only looks: NULL without a reason: there is none yet. */
const struct beat *beat_look(const char *dir, struct error *err);
void beat_close(const struct beat *beat); /* NULL is fine */

#endif
