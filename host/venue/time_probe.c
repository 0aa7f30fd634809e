// SPDX-License-Identifier: Apache-2.0
#include "venue/time_probe.h"

#include <stdio.h>

#include "venue/gateway_core.h"
#include "venue/market_time.h"

#define ANSWER_MAX (64u << 10)

static void begin(struct time_probe *probe);

static void done(struct time_probe *probe, const char *why)
{
    probe->is_done = 1;
    if (probe->why[0] == '\0')
        snprintf(probe->why, sizeof(probe->why), "%.159s", why);
    if (probe->conn >= 0)
        probe->stream->close(probe->stream->ctx, probe->conn, 0);
}

static void ask(struct time_probe *probe)
{
    struct http_request wire = {.method = "GET"};
    char target[sizeof(probe->config->rest_path) + 32];
    char host[sizeof(probe->target.host) + 8];
    char bytes[1024];
    int64_t n;

    snprintf(target, sizeof(target), "%s%s", probe->config->rest_path, probe->wire->time_path);
    if (probe->target.port == (probe->target.is_tls ? 443 : 80))
        snprintf(host, sizeof(host), "%s", probe->target.host);
    else
        snprintf(host, sizeof(host), "%s:%u", probe->target.host, probe->target.port);
    wire.host = host;
    wire.target = target;
    n = http_write_request(bytes, sizeof(bytes), &wire);
    probe->sent_ns = probe->stream->now(probe->stream->ctx);
    if (n < 0 || probe->stream->send(probe->stream->ctx, probe->conn, bytes, (size_t)n) < 0)
        done(probe, "the question could not be sent");
}

static void on_open(void *ctx, int conn)
{
    struct time_probe *probe = ctx;

    if (conn == probe->conn && !probe->is_done)
        ask(probe);
}

/* One answer. Its error is half the way there and back, and what the stamp cuts off. */
static int take(struct time_probe *probe, const struct http_message *reply)
{
    struct clock_offset sample = {0};
    struct gateway_times *times = &probe->times;
    int64_t now = probe->stream->now(probe->stream->ctx);
    int64_t resolution_ns;
    agon_ns_t t;

    if (reply->status != 200 ||
        probe->wire->read_time(NULL, reply->body, reply->body_n, &t, &resolution_ns) < 0 ||
        clock_offset_sample(&sample, probe->sent_ns, now, t, resolution_ns) < 0)
        return AGON_EINVAL;
    times->offset_ns[1] = times->offset_ns[0];
    times->error_ns[1] = times->error_ns[0];
    times->offset_ns[0] = sample.offset_ns;
    times->error_ns[0] = sample.uncertainty_ns;
    times->n++;
    (void)venue_market_read(&times->market, reply, probe->sent_ns, now);
    (void)venue_bars_read(probe->bars, reply);
    return AGON_OK;
}

static void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    struct time_probe *probe = ctx;
    const char *at = bytes;

    while (n > 0 && !probe->is_done && conn == probe->conn) {
        const struct http_message *reply;
        size_t used = 0;
        int rc = http_feed(probe->http, at, n, &used, NULL);

        if (rc == 0)
            return;
        at += used;
        n -= used;
        reply = rc > 0 ? http_message(probe->http) : NULL;
        if (reply == NULL || take(probe, reply) < 0)
            done(probe, "its answer is not a time");
        else if (probe->times.n == 2 || !reply->is_keep_alive)
            done(probe, "");
        else
            ask(probe);
    }
}

static void on_end(void *ctx, int conn, enum stream_end end, const char *text)
{
    struct time_probe *probe = ctx;

    if (conn != probe->conn)
        return;
    probe->conn = -1;
    if (probe->is_done)
        return;
    // It may be the dates: then it is our own clock that is in question, and that is what we ask.
    if (end == STREAM_END_TLS && !probe->target.is_undated) {
        snprintf(probe->why, sizeof(probe->why), "%.159s", text != NULL ? text : "");
        probe->target.is_undated = probe->is_undated = 1;
        begin(probe);
        return;
    }
    done(probe, text != NULL ? text : "the connection ended");
}

static void begin(struct time_probe *probe)
{
    struct stream_owner owner = {
        .ctx = probe, .on_open = on_open, .on_bytes = on_bytes, .on_end = on_end};
    int rc;

    http_free(probe->http);
    probe->http = NULL;
    rc = http_new(&probe->http, HTTP_CLIENT, ANSWER_MAX);
    if (rc == AGON_OK)
        rc = probe->stream->connect(probe->stream->ctx, &probe->target, &owner);
    probe->conn = rc < 0 ? -1 : rc;
    if (rc < 0)
        done(probe, error_name(rc));
}

void time_probe_begin(struct time_probe *probe, const struct venue_config *config,
                      const struct stream_port *stream)
{
    memset(probe, 0, sizeof(*probe));
    probe->conn = -1;
    probe->config = config;
    probe->stream = stream;
    probe->target = config->rest;
    probe->target.is_undated = 0;
    probe->wire = venue_table_find(config->dialect);
    if (probe->wire == NULL)
        done(probe, "no such dialect");
    else
        begin(probe);
}

void time_probe_end(struct time_probe *probe)
{
    if (!probe->is_done)
        done(probe, "it did not answer in time");
    http_free(probe->http);
    probe->http = NULL;
}
