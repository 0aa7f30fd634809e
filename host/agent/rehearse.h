// SPDX-License-Identifier: Apache-2.0
/* rehearse: plays a plugin on a made-up tape and looks at what it does: the dynamic checks of `agon
 * validate` (SDK 4.4, val-r..) that need a running plugin.
 *
 * It happens in a child with the sandbox of a process runner, so a crash is a finding. The tape is
 * the same for everybody: 20,000 events of all public and private types, candles of each length
 * among them, then one with prices and times that no market has. */
#ifndef AGENT_REHEARSE_H
#define AGENT_REHEARSE_H

#include "agent/feed.h"

#define REHEARSAL_EVENTS      20000
#define REHEARSAL_LONG_EVENTS 1000000            /* for a certificate */
#define REHEARSAL_TEXT        (ERROR_TEXT + 128) /* a whole reason, and where it is of */
#define REHEARSAL_HARD_NS     100000000 /* of processor time: what a slot grants a callback */

enum rehearsal_check {                   /* val-r.. of SDK 4.4 */
                       REHEARSE_START,   /* r05: create and on_start with the declared arena */
                       REHEARSE_FP,      /* r02: floating-point control words unchanged */
                       REHEARSE_TIME,    /* r08: p99 of a callback within the declared budget, none
                                            beyond what ends a plugin */
                       REHEARSE_REPEAT,  /* r14: two identical runs, identical intents */
                       REHEARSE_SAVE,    /* r15: save, load, save: equal bytes */
                       REHEARSE_RESTORE, /* r16: a restored instance goes on exactly like the
                                            original */
                       REHEARSE_TRUNCATED, /* r17: a truncated state is refused */
                       REHEARSE_EXTREME, /* r25, r26: extreme prices, gaps, halts, jumps of time: no
                                            crash */
                       REHEARSE_PARAMS,  /* r36: every parameter at its least and its most: no crash
                                          */
                       REHEARSE_METERS,  /* r38: what it causes at each event does not fill a
                                            meter of a slot */
                       REHEARSE_LONG,    /* r37: a million events without a crash or an error; only
                                            where a certificate is wanted */
                       REHEARSE_CHECKS
};
enum rehearsal_verdict {
    REHEARSAL_NONE = 0,
    REHEARSAL_OK = 1,
    REHEARSAL_NOTE = 2,
    REHEARSAL_ERROR = 3
};

struct rehearsal { /* filled in shared memory as it goes: what stands there when the child dies
                      counts */
    _Atomic uint32_t at; /* enum rehearsal_check under way */
    uint32_t n_wishes;   /* of one run */
    struct {
        uint32_t verdict; /* enum rehearsal_verdict */
        char text[REHEARSAL_TEXT];
    } checks[REHEARSE_CHECKS];
};

struct rehearse_given {                    /* borrowed; beside the plugin's own defaults */
    uint32_t n_long;                       /* events of REHEARSE_LONG; 0: it is not made */
    uint32_t n_files;                      /* that it finds by agon.asset */
    const struct setup_file *files;        /* n_files of them */
    const void *contents[SETUP_FILES_MAX]; /* of each */
};
/* In the child: entry was checked. Once in a process. */
void rehearse(struct rehearsal *rehearsal, const struct agon_entry *entry, uint32_t index,
              const struct rehearse_given *given);
const char *rehearsal_id(unsigned check);   /* "r05"; NULL beyond */
const char *rehearsal_name(unsigned check); /* in words */

#endif
