// SPDX-License-Identifier: Apache-2.0
/* demo_impl: what the files of `agon demo` share: cmd_demo.c starts and ends it, demo_show.c shows
 * it while it runs, demo_tell.c says what happened. [main thread] */
#ifndef CLI_DEMO_IMPL_H
#define CLI_DEMO_IMPL_H

#include <limits.h>

#include "demo/acts.h"
#include "demo/daytest.h"
#include "demo/demo_config.h"
#include "demo/simproc.h"
#include "ops/ops.h"
#include "report/run_report.h"
#include "report/table.h"

#define DEMO_LINE 80 /* columns of a line that is no picture */

struct demo {
    struct opts {
        int64_t seconds_ns, speed;
        uint64_t seed;
        const char *data, *market, *dir, *plugins, *http, *report;
        int is_kept;
    } opts;
    char about[200];    /* of the market; "": it is recorded */
    char command[1024]; /* its own words */
    char dir[PATH_MAX];
    char run_dir[PATH_MAX];
    char log_path[PATH_MAX];
    struct ops desk;
    int is_own_dir;
    struct simproc sim;
    struct daytest daytest;
    struct host *host; /* owned */
    struct log *log;   /* owned */
    int log_fd, signal_fd;
    int64_t began_ns; /* the command, monotonic */
    struct table table;
    struct acts acts;
    int is_story_told;       /* the acts are over: what is kept runs on without */
    struct host_view *view;  /* owned */
    struct host_plans plans; /* tournaments, as of the view or newer */
    struct crew_slot slots[DEMO_SLOTS];
    uint32_t n_slots;
    char newcomer[512];              /* the file that takes over from DEMO_NEWCOMER's */
    agon_ns_t t_end;                 /* engine time when it was told to stop */
    int64_t began_host_ns, ended_ns; /* real time of the host; ended 0: it runs */
    char reloaded[256];              /* what became of that; empty: it was not tried */
    char held[96];                   /* by whom was reloaded, just before */
    struct host_changeover changeovers[HOST_CHANGEOVERS_MAX];
    uint32_t n_changeovers;
    struct run_report story;
};

/* demo_show.c: what there is to see, taken for all that is said of it. */
void demo_look(struct demo *demo);
/* The head, before anything happens; the picture or lines of one look; the end of
 * pictures. */
void demo_show_head(struct demo *demo);
void demo_show(struct demo *demo, int64_t elapsed_ns);
void demo_show_end(struct demo *demo);
/* What its acts are told by. */
struct acts_seen demo_acts_seen(const struct demo *demo);
/* It goes on behind its summary: the proof is yet to come, and what became of an agent may be
 * another thing than then. */
void demo_show_kept(struct demo *demo);
/* The column of the day's backtest. */
struct table_more demo_show_day(struct demo *demo);
/* "Act 2 of 7: A crash, contained". */
void demo_act_name(enum act act, char text[80]);

/* demo_tell.c: what happened, to the terminal and as a page; AGON_ECORRUPT when a promise is
 * broken. is_over: the host has stopped. */
int demo_tell(struct demo *demo, int is_over, struct error *err);

#endif
