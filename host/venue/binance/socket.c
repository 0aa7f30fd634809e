// SPDX-License-Identifier: Apache-2.0
/* socket: orders by the WebSocket API: on spot over the connection that user data come by, on USD-M
 * over one of its own. A request has the parameters that it has by REST and is signed by itself, so
 * any connection takes it. An answer has the status that REST's has, its result or error is REST's
 * body, and what stands in REST's headers of limits is told beside it. */
#include <stdio.h>

#include "venue/binance/core.h"
#include "venue/binance/decode_in.h"

#define NS_PER_S ((int64_t)1000000000)

int64_t binance_say(void *self, struct gateway_request *request, uint64_t id, char *text,
                    size_t room)
{
    const struct binance *binance = self;
    struct gateway_http http = {.method = ""};
    int64_t n = binance_write(self, request, &http);

    if (n == AGON_OK)
        n = snprintf(text, room, "{\"id\":\"%llu\",\"method\":\"%s\",\"params\":%.*s}",
                     (unsigned long long)id, binance->flavour->said[request->kind],
                     (int)http.body_n, http.body);
    explicit_bzero(http.body, http.body_n);
    return n < (int64_t)room ? n : AGON_ENOSPC;
}

/* Reading ---------------------------------------------------------------------------------------
 */

static int take_interval(struct scan *scan, int64_t *interval_ns)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } names[] = {{"SECOND", 1}, {"MINUTE", 60}, {"HOUR", 3600}, {"DAY", 86400}};
    struct scan_text text;

    if (scan_string(scan, &text) < 0)
        return scan->rc;
    *interval_ns = 0; // one that is new to us is none of ours
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (scan_is(&text, names[i].name))
            *interval_ns = names[i].seconds * NS_PER_S;
    }
    return AGON_OK;
}

static int take_limit(struct scan *scan, struct binance_said *said)
{
    struct scan_text key, text = {0};
    uint64_t seen = 0, number = 0, used = 0;
    int64_t interval_ns = 0;
    int is_orders, rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    is_orders = -1;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "rateLimitType")) {
            TAKE(0, scan_string(scan, &text));
            is_orders = scan_is(&text, "ORDERS") ? 1 : scan_is(&text, "REQUEST_WEIGHT") ? 0 : -1;
        } else if (scan_is(&key, "interval")) {
            TAKE(1, take_interval(scan, &interval_ns));
        } else if (scan_is(&key, "intervalNum")) {
            TAKE(2, scan_u64(scan, &number));
        } else if (scan_is(&key, "count")) {
            TAKE(3, scan_u64(scan, &used));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    NEED(15);
    if (is_orders < 0 || interval_ns == 0 || number == 0 || number > 1000 || used > UINT32_MAX ||
        said->n_counts == BINANCE_COUNTS)
        return AGON_OK;
    said->counts[said->n_counts].is_orders = (uint8_t)is_orders;
    said->counts[said->n_counts].window_ns = interval_ns * (int64_t)number;
    said->counts[said->n_counts++].used = (uint32_t)used;
    return AGON_OK;
}

static int take_limits(struct scan *scan, struct binance_said *said)
{
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        if (take_limit(scan, said) < 0)
            return scan->rc;
    }
    return rc;
}

static int take_data(struct scan *scan, struct binance_decoder *dec, struct binance_said *said)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "serverTime"))
            TAKE(0, decode_in_time(scan, dec, &said->t_server));
        else if (scan_is(&key, "retryAfter"))
            TAKE(1, decode_in_time(scan, dec, &said->t_retry));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    return rc;
}

/* An error is REST's body as it stands; of what it says of limits the rest of it tells. */
static int take_error(struct scan *scan, struct binance_decoder *dec, struct binance_said *said)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    scan_peek(scan); // what stands before it is behind
    said->body = scan->at;
    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "data") && scan_peek(scan) == '{')
            TAKE(0, take_data(scan, dec, said));
        else if (scan_skip(scan) < 0)
            return scan->rc;
    }
    said->n = (size_t)(scan->at - said->body);
    return rc;
}

static int take_id(struct scan *scan, uint64_t *id)
{
    struct scan_text text;
    int64_t value = 0;

    if (scan_null(scan))
        return AGON_OK;
    if (scan_peek(scan) != '"')
        return scan_u64(scan, id);
    if (scan_string(scan, &text) < 0)
        return scan->rc;
    if (!text.is_raw && num_parse(text.at, text.n, 0, &value) == AGON_OK && value > 0)
        *id = (uint64_t)value;
    return AGON_OK;
}

static int decode_said(struct scan *scan, struct binance_decoder *dec, struct binance_said *said)
{
    struct scan_text key, slice;
    uint64_t seen = 0, status = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        if (scan_is(&key, "id")) {
            TAKE(0, take_id(scan, &said->id));
        } else if (scan_is(&key, "status")) {
            TAKE(1, scan_u64(scan, &status));
        } else if (scan_is(&key, "result")) {
            // One of both: an answer that has two is none.
            TAKE(2, scan_slice(scan, &slice));
            said->body = slice.at;
            said->n = slice.n;
        } else if (scan_is(&key, "error")) {
            TAKE(2, take_error(scan, dec, said));
        } else if (scan_is(&key, "rateLimits")) {
            TAKE(3, take_limits(scan, said));
        } else if (scan_skip(scan) < 0) {
            return scan->rc;
        }
    }
    if (rc < 0)
        return scan_fail(scan);
    said->status = status < 1000 ? (int)status : 0;
    return scan_end(scan) < 0 ? scan->rc : WIRE_REPLY;
}

int binance_decode_said(struct binance_decoder *dec, const void *bytes, size_t n,
                        struct binance_said *said)
{
    struct scan scan;

    memset(said, 0, sizeof(*said));
    said->body = "";
    scan_init(&scan, bytes, n);
    return decode_in_judge(dec, WIRE_REPLY, decode_said(&scan, dec, said), bytes, n);
}

static void take_counts(struct binance *binance, const struct binance_said *said)
{
    struct binance_counts *counts = &binance->counts;

    memset(counts, 0, sizeof(*counts));
    for (uint32_t i = 0; i < said->n_counts; i++) {
        if (!said->counts[i].is_orders) {
            if (said->counts[i].window_ns == 60 * NS_PER_S)
                counts->used[BUCKET_WEIGHT] = said->counts[i].used;
        } else {
            counts->used[said->counts[i].window_ns == 10 * NS_PER_S ? BUCKET_ORDERS
                                                                    : BUCKET_ORDERS_DAY] =
                said->counts[i].used;
        }
    }
    if (said->t_retry > said->t_server && said->t_server != 0)
        counts->wait_ns = said->t_retry - said->t_server;
}

int binance_take_said(struct binance *binance, struct link *link, const void *bytes, size_t n)
{
    struct binance_said said;

    if (binance_decode_said(&binance->dec, bytes, n, &said) < 0)
        return 0;
    take_counts(binance, &said);
    return venue_said_status(binance->client, link, said.id, said.status, said.body, said.n);
}
