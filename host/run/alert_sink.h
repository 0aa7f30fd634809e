// SPDX-License-Identifier: Apache-2.0
/* alert_sink: where alerts leave the host. Each has a text, which the webhook gets within 5 s, or
 * it lies in the dead-letter file by then; over the stream port, so that time is the port's. How
 * far the sink has come is kept in a file, for the next run. [sink] */
#ifndef RUN_ALERT_SINK_H
#define RUN_ALERT_SINK_H

#include <stdatomic.h>

#include "net/post.h"

#define ALERT_SINK_DEAD_FILE "alerts.dead.ndjson"

struct alert_sink_config {
    struct post_target target;
    int dir_fd; /* borrowed: the run directory */
    void *ctx;
    /* The dead letter is written. [sink] */
    void (*on_dead)(void *ctx, const char *text, const char *why, uint64_t n_dead);
};
struct alert_sink {
    struct alert_sink_config config;
    struct post *post;                    /* owned; NULL: not open */
    int dead_fd, cursor_fd;               /* -1: none */
    _Atomic uint64_t n_delivered, n_dead; /* [any] */
};

void alert_sink_init(struct alert_sink *sink);
/* AGON_ENOMEM, AGON_EIO: its files cannot be opened. What was opened is closed by deinit. */
int alert_sink_open(struct alert_sink *sink, const struct stream_port *port,
                    const struct alert_sink_config *config, struct error *err);
void alert_sink_deinit(struct alert_sink *sink); /* the port is stopped by then */
/* The last alert that is done with, by this run or an earlier one. AGON_ENOENT: none was. */
int alert_sink_last(const struct alert_sink *sink, uint64_t *seq);
/* n at most POST_TEXT_MAX. */
void alert_sink_put(struct alert_sink *sink, uint64_t seq, const char *text, size_t n);

#endif
