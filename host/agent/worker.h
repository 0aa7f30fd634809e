// SPDX-License-Identifier: Apache-2.0
/* worker: a process of ours that calls plugins' code among its own: a backtest, a benchmark.
 *
 * It is forked, opens what it needs, maps the plugins (image.h) and then takes the whole sandbox
 * (sandbox.h): from there on it reads what is open, writes to what is open, and nothing else. What
 * it prints goes through its parent: standard error line by line, standard output when the worker
 * has ended well, both without control characters. Files of one directory can be served to it by
 * name (sys/disk_far.h). A plugin that crashes, or tries what is forbidden, ends the worker, and
 * the parent is told how. */
#ifndef AGENT_WORKER_H
#define AGENT_WORKER_H

#include "agent/called.h"
#include "agent/fault.h"
#include "agent/sandbox.h"
#include "base/disk.h"
#include "base/error.h"

struct worker;
struct worker_config {
    /* In the worker: everything. Returns its exit status. */
    int (*run)(void *ctx, struct worker *worker);
    void *ctx;
    const struct disk *disk; /* served to it; NULL: none */
};
enum worker_end_kind {
    WORKER_EXITED = 0,      /* code is its exit status */
    WORKER_CRASHED = 1,     /* by a signal or a forbidden call: text says which */
    WORKER_INTERRUPTED = 2, /* we were told to end by INT, TERM or HUP, and ended it */
    WORKER_FAILED = 3       /* no such process, or no word of it: text says why */
};
struct worker_end {
    enum worker_end_kind kind;
    int code;
    int is_whole; /* it said that all its files are written: worker_done */
    int who; /* of worker_enter, when it crashed; -1: nobody's code ran, or a thread beside did */
    char text[ERROR_TEXT];
};
/* Runs it and returns when it has ended. [main thread] */
void worker_run(const struct worker_config *config, struct worker_end *end);

/* --- in the worker --- */

struct worker_threads { /* of ours beside the one that calls plugins */
    void (*begin)(void *ctx);
    void *ctx;
};
/* All that is to be opened is open, all plugins are mapped, nothing of theirs has run. room:
 * address space that may be taken from here on. threads: begun while some may begin still; NULL:
 * none. AGON_ENOTSUP: this machine has no filter of system calls, and then no plugin runs here;
 * AGON_EIO. */
int worker_close(struct worker *worker, uint64_t room, const struct worker_threads *threads,
                 struct error *err);
/* Whose code is called from here on; -1: nobody's. The same as words, of slot + 1. */
void worker_enter(struct worker *worker, int who);
struct called worker_called(struct worker *worker);
/* Completes what is told of a crash: where in its file, after which event. In a signal handler. */
void worker_tell(struct worker *worker, void (*complete)(void *ctx, struct child_crash *crash),
                 void *ctx);
const struct disk *worker_disk(struct worker *worker); /* what config.disk is there */
void worker_done(struct worker *worker);               /* files written before this are whole */

#endif
