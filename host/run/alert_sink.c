// SPDX-License-Identifier: Apache-2.0
#include "run/alert_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/log.h"

#define DELIVER_NS ((int64_t)4750 * 1000 * 1000) /* then there is time to write the dead letter */
#define DEAD_MAX   ((off_t)16 << 20)             /* bytes; the file before it is kept too */

static int open_dead(const struct alert_sink *sink)
{
    return openat(sink->config.dir_fd, ALERT_SINK_DEAD_FILE,
                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void write_dead(struct alert_sink *sink, const char *text, size_t n)
{
    struct stat stat;

    if (sink->dead_fd >= 0 && fstat(sink->dead_fd, &stat) == 0 && stat.st_size > DEAD_MAX) {
        (void)close(sink->dead_fd);
        if (renameat(sink->config.dir_fd, ALERT_SINK_DEAD_FILE, sink->config.dir_fd,
                     ALERT_SINK_DEAD_FILE ".1") < 0)
            log_warn("alert", "dead-letter", ALERT_SINK_DEAD_FILE " could not be renamed");
        sink->dead_fd = open_dead(sink);
    }
    if (sink->dead_fd < 0 || write(sink->dead_fd, text, n) != (ssize_t)n ||
        write(sink->dead_fd, "\n", 1) != 1 || fdatasync(sink->dead_fd) < 0)
        log_error("alert", "dead-letter", "the dead-letter file could not be written: %.*s", (int)n,
                  text);
}

static void on_done(void *ctx, uint64_t seq, const char *text, size_t n, const char *why)
{
    struct alert_sink *sink = ctx;

    if (why != NULL) {
        write_dead(sink, text, n);
        sink->config.on_dead(sink->config.ctx, text, why, atomic_fetch_add(&sink->n_dead, 1) + 1);
    } else {
        atomic_fetch_add(&sink->n_delivered, 1);
    }
    if (pwrite(sink->cursor_fd, &seq, sizeof(seq), 0) != sizeof(seq))
        log_warn("alert", "cursor", "how far alerts were sent could not be noted");
}

void alert_sink_init(struct alert_sink *sink)
{
    memset(sink, 0, sizeof(*sink));
    sink->dead_fd = sink->cursor_fd = -1;
}

int alert_sink_open(struct alert_sink *sink, const struct stream_port *port,
                    const struct alert_sink_config *config, struct error *err)
{
    struct post_config post = {
        .target = config->target, .deadline_ns = DELIVER_NS, .ctx = sink, .on_done = on_done};

    sink->config = *config;
    if (post_new(&sink->post, port, &post) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the webhook");
    sink->dead_fd = open_dead(sink);
    sink->cursor_fd =
        openat(config->dir_fd, "alerts.cursor", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (sink->dead_fd < 0 || sink->cursor_fd < 0)
        return error_set(err, AGON_EIO, "the files of alerts could not be opened: %s",
                         strerror(errno));
    return AGON_OK;
}

void alert_sink_deinit(struct alert_sink *sink)
{
    post_free(sink->post);
    if (sink->dead_fd >= 0)
        (void)close(sink->dead_fd);
    if (sink->cursor_fd >= 0)
        (void)close(sink->cursor_fd);
    sink->post = NULL;
    sink->dead_fd = sink->cursor_fd = -1;
}

int alert_sink_last(const struct alert_sink *sink, uint64_t *seq)
{
    return pread(sink->cursor_fd, seq, sizeof(*seq), 0) == sizeof(*seq) ? AGON_OK : AGON_ENOENT;
}

void alert_sink_put(struct alert_sink *sink, uint64_t seq, const char *text, size_t n)
{
    post_put(sink->post, seq, text, n);
}
