// SPDX-License-Identifier: Apache-2.0
/* desk: control over a running host, as `agon run` and `agon demo` both have it: its socket and, on
 * loopback, HTTP. [control] */
#ifndef CLI_DESK_H
#define CLI_DESK_H

#include "cli/api.h"

struct log;
struct desk_config {
    const char *dir;  /* run directory; borrowed until desk_close */
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
struct desk {
    struct api api;
    struct control *control; /* owned */
};

/* "ADDRESS:PORT" in parts; is_on 0 for "off". AGON_EINVAL. */
int desk_parse_http(const char *text, char address[64], uint16_t *port, int *is_on,
                    struct error *err);
int desk_open(struct desk *desk, struct host *host, const struct desk_config *config,
              struct error *err);
/* One line for people: where the dashboard is; with the token in it where only they see it. */
void desk_print(const struct desk *desk, FILE *out, int has_token);
void desk_close(struct desk *desk); /* before host_stop */

#endif
