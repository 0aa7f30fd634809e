// SPDX-License-Identifier: Apache-2.0
/* ops: control over a running host, as `agon run` and `agon demo` both have it: its socket and, on
 * loopback, HTTP. [control] */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include "ops/api.h"

struct log;
struct ops_config {
    const char *dir;  /* run directory; borrowed until ops_close */
    const char *http; /* "127.0.0.1:0", "[::1]:8080", "off" */
    const char *mode; /* "paper", "live" */
    int64_t speed_milli;
    int is_async;
    const char *roster, *plugins; /* borrowed; NULL: no roster */
    char (*load_from)[256];       /* borrowed; of n_load_from folders */
    uint32_t n_load_from;
    int is_watched;       /* the roster is applied when it is saved */
    struct log *log;      /* borrowed; may be NULL */
    const char *log_path; /* borrowed; NULL: no file */
};
struct ops {
    struct api api;
    struct control *control; /* owned */
};

int ops_open(struct ops *desk, struct host *host, const struct ops_config *config,
             struct error *err);
/* One line for people: where the dashboard is; with the token in it where only they see it. */
void ops_print(const struct ops *desk, FILE *out, int has_token);
/* The dashboard shows that from now on. [control] */
void ops_tell_act(struct ops *desk, const struct api_act *act);
void ops_close(struct ops *desk); /* before host_stop */

#endif
