// SPDX-License-Identifier: Apache-2.0
#include "venue/rescue.h"

#include <stdio.h>
#include <stdlib.h>

#include "venue/client_id.h"
#include "venue/rescue_wire.h"

#define TURN_NS       ((int64_t)20 * 1000000)
#define RETRY_NS      ((int64_t)100 * 1000000)
#define OVERTAKEN_MAX 6 /* from a second to 64 */
#define ANSWER_NS     ((int64_t)1000 * 1000000)
#define JOBS_MAX      2048
#define AUTH_TRIES    3

struct rescue_link {
    struct rescue *rescue;
    int conn; /* -1: none */
    int is_open;
    struct http_parse *http; /* owned */
    uint8_t op;              /* of the request that is out; 0: idle */
    int64_t retry_ns, sent_ns;
};

struct rescue {
    struct venue_config config; /* its secrets are not */
    const struct stream_port *stream;
    const struct venue_wire *venue;
    const struct rescue_wire *wire;
    void *self; /* the exchange's; owned by it */
    struct order_ids ids;
    struct symbols symbols;
    struct clock_offset clock;
    struct limiter limiter;
    struct rescue_link links[RESCUE_LINKS];
    uint32_t n_links; /* that are used */
    struct stream_owner timer_owner;
    struct rescue_job jobs[JOBS_MAX];
    uint32_t n_jobs, next_job;
    uint8_t has_foreign[SYMBOLS_MAX], has_ours[SYMBOLS_MAX];
    uint32_t n_strangers;      /* of whatever instrument, at the last list */
    int64_t began_ns, list_ns; /* the next list not before */
    uint32_t n_lists, n_auth;
    uint32_t n_overtaken; /* nonces in a row that were refused */
    struct rescue_status status;
    struct gateway_http request;
    char text[GATEWAY_HTTP_MAX];
};

static int64_t now_of(const struct rescue *rescue)
{
    return rescue->stream->now(rescue->stream->ctx);
}

/* Requests --------------------------------------------------------------------------------------
 */

static int write_request(struct rescue *rescue, const struct rescue_job *jobs, uint32_t n)
{
    struct gateway_http *http = &rescue->request;
    const struct stream_port *stream = rescue->stream;
    int written;

    http->method = "GET";
    http->n_headers = http->body_n = 0;
    if (jobs[0].op != RESCUE_TIME)
        return rescue->wire->write(rescue->self, jobs, n,
                                   clock_offset_now(&rescue->clock, now_of(rescue)),
                                   stream->utc != NULL ? stream->utc(stream->ctx) : 0, http);
    written = snprintf(http->target, sizeof(http->target), "%s%s", rescue->config.rest_path,
                       rescue->venue->time_path);
    return written > 0 && (size_t)written < sizeof(http->target) ? AGON_OK : AGON_ENOSPC;
}

/* AGON_EAGAIN: not now. */
static int send_jobs(struct rescue *rescue, struct rescue_link *link, const struct rescue_job *jobs,
                     uint32_t n)
{
    const struct gateway_http *http = &rescue->request;
    struct http_request request = {0};
    uint32_t cost = jobs[0].op == RESCUE_LIST   ? rescue->wire->list_weight
                    : jobs[0].op >= RESCUE_MANY ? rescue->wire->cancel_weight
                                                : 1;
    int64_t now = now_of(rescue);
    char host[300];
    int64_t n_bytes;
    int rc;

    if (limiter_take(&rescue->limiter, now, LIMITER_CANCEL, &cost, 1, NULL) < 0)
        return AGON_EAGAIN;
    if (write_request(rescue, jobs, n) < 0)
        return AGON_ENOSPC;
    snprintf(host, sizeof(host), "%s:%u", rescue->config.rest.host, rescue->config.rest.port);
    request = (struct http_request){.method = http->method,
                                    .host = host,
                                    .target = http->target,
                                    .headers = http->headers,
                                    .n_headers = http->n_headers,
                                    .body = http->body_n > 0 ? http->body : NULL,
                                    .body_n = http->body_n};
    n_bytes = http_write_request(rescue->text, sizeof(rescue->text), &request);
    if (n_bytes < 0)
        return AGON_ENOSPC;
    rc = rescue->stream->send(rescue->stream->ctx, link->conn, rescue->text, (size_t)n_bytes);
    explicit_bzero(rescue->text, (size_t)n_bytes);
    if (rc < 0)
        return AGON_EAGAIN;
    link->op = jobs[0].op;
    link->sent_ns = now;
    rescue->status.n_cancels += jobs[0].op >= RESCUE_MANY;
    return AGON_OK;
}

/* Answers ---------------------------------------------------------------------------------------
 */

static void add_job(struct rescue *rescue, enum rescue_op op, const struct symbol *symbol,
                    const char *client_id)
{
    struct rescue_job *job = &rescue->jobs[rescue->n_jobs];

    if (rescue->n_jobs == JOBS_MAX)
        return; // the next list has them again
    rescue->n_jobs++;
    job->op = (uint8_t)op;
    job->symbol = symbol;
    snprintf(job->client_id, sizeof(job->client_id), "%s", client_id);
}

static enum client_id_whose whose(const struct rescue *rescue, const struct wire_order *order)
{
    struct client_id id;

    return client_id_read(&rescue->ids, order->client_id, strlen(order->client_id), &id);
}

static void on_listed(void *ctx, const struct wire_order *order)
{
    struct rescue *rescue = ctx;
    uint32_t is_ours = whose(rescue, order) == CLIENT_ID_OURS;
    size_t at = order->symbol != NULL ? (size_t)(order->symbol - rescue->symbols.all) : 0;

    rescue->n_strangers += !is_ours;
    if (order->symbol == NULL && !rescue->wire->needs_no_symbol) {
        rescue->status.n_elsewhere += is_ours;
    } else if (is_ours) {
        rescue->has_ours[at] = 1;
        rescue->status.n_left++;
        add_job(rescue, RESCUE_ORDER, order->symbol, order->client_id);
    } else {
        rescue->has_foreign[at] = 1;
        rescue->status.n_foreign++;
    }
}

/* Where all of an instrument, or of the account, are ours one request ends them. */
static void join_jobs(struct rescue *rescue)
{
    uint32_t n = 0;

    if (rescue->wire->reach == RESCUE_NOTHING)
        return;
    if (rescue->wire->reach == RESCUE_ACCOUNT) {
        if (rescue->n_strangers > 0 || rescue->n_jobs < 2)
            return;
        rescue->n_jobs = 0;
        add_job(rescue, RESCUE_MANY, NULL, "");
        return;
    }
    for (uint32_t i = 0; i < rescue->n_jobs; i++) {
        if (rescue->has_foreign[rescue->jobs[i].symbol - rescue->symbols.all])
            rescue->jobs[n++] = rescue->jobs[i];
    }
    rescue->n_jobs = n;
    for (uint32_t i = 0; i < rescue->symbols.n; i++) {
        if (rescue->has_ours[i] && !rescue->has_foreign[i])
            add_job(rescue, RESCUE_MANY, &rescue->symbols.all[i], "");
    }
}

/* Nothing of ours was listed: is that all there is to know? */
static void judge_end(struct rescue *rescue, int64_t sent_ns, int n_listed)
{
    int64_t window_ns = (int64_t)rescue->config.recv_window_ms * 1000000;
    struct rescue_status *status = &rescue->status;

    // What the host sent with its last breath may still arrive for so long.
    if (sent_ns - rescue->began_ns <= window_ns)
        return;
    if (status->n_elsewhere > 0)
        snprintf(status->text, sizeof(status->text),
                 "%u orders are of symbols that the configuration does not name",
                 status->n_elsewhere);
    else if (rescue->wire->page > 0 && (uint32_t)n_listed >= rescue->wire->page)
        snprintf(status->text, sizeof(status->text),
                 "%d orders of others are open: behind so many the venue lists no more, and ours "
                 "may be among those",
                 n_listed);
    else
        status->state = RESCUE_DONE;
}

static void take_list(struct rescue *rescue, int64_t sent_ns, const struct http_message *reply)
{
    int n_listed;

    rescue->n_jobs = rescue->next_job = rescue->n_strangers = 0;
    rescue->status.n_left = rescue->status.n_foreign = rescue->status.n_elsewhere = 0;
    memset(rescue->has_ours, 0, sizeof(rescue->has_ours));
    memset(rescue->has_foreign, 0, sizeof(rescue->has_foreign));
    n_listed = rescue->wire->read_list(rescue->self, reply->body, reply->body_n, on_listed, rescue);
    if (n_listed < 0) {
        snprintf(rescue->status.text, sizeof(rescue->status.text), "a list that cannot be read");
        rescue->list_ns = now_of(rescue) + RETRY_NS;
        return;
    }
    if (rescue->n_lists++ == 0)
        rescue->status.n_found = rescue->status.n_left;
    join_jobs(rescue);
    if (rescue->status.n_left > 0)
        return;
    rescue->list_ns = sent_ns + rescue->wire->list_ns;
    judge_end(rescue, sent_ns, n_listed);
}

static void take_refusal(struct rescue *rescue, uint8_t op, enum answer answer, const char *text)
{
    int64_t now = now_of(rescue);

    snprintf(rescue->status.text, sizeof(rescue->status.text), "%.150s", text);
    // An order that is gone meanwhile is what was wanted; the list says so.
    if (op == RESCUE_TIME || op == RESCUE_LIST)
        rescue->list_ns = now + RETRY_NS;
    if (answer == ANSWER_CLOCK)
        memset(&rescue->clock, 0, sizeof(rescue->clock));
    else if (answer == ANSWER_RATE)
        limiter_ban(&rescue->limiter, now, now + ANSWER_NS); // cancels too, which may cost nothing
    else if (answer == ANSWER_AUTH && ++rescue->n_auth >= AUTH_TRIES)
        rescue->status.state = RESCUE_GIVEN_UP;
    // A nonce that was overtaken: too many of them in a row, and the key is locked out.
    if (answer == ANSWER_CLOCK && rescue->wire->is_serial) {
        limiter_ban(&rescue->limiter, now, now + (ANSWER_NS << rescue->n_overtaken));
        if (rescue->n_overtaken < OVERTAKEN_MAX)
            rescue->n_overtaken++;
    }
}

static void take(struct rescue *rescue, struct rescue_link *link, const struct http_message *reply)
{
    uint8_t op = link->op;
    char text[WIRE_TEXT] = "";
    int64_t resolution_ns = 0;
    enum answer answer = rescue->wire->judge(rescue->self, reply, text, sizeof(text));
    agon_ns_t t;

    link->op = 0;
    if (answer == ANSWER_GOOD && op != RESCUE_TIME)
        rescue->n_overtaken = 0;
    if (answer != ANSWER_GOOD) {
        take_refusal(rescue, op, answer, text);
    } else if (op == RESCUE_TIME) {
        if (rescue->venue->read_time(NULL, reply->body, reply->body_n, &t, &resolution_ns) >= 0)
            clock_offset_sample(&rescue->clock, link->sent_ns, now_of(rescue), t, resolution_ns);
    } else if (op == RESCUE_LIST) {
        take_list(rescue, link->sent_ns, reply);
    }
}

/* Connections -----------------------------------------------------------------------------------
 */

static void turn(struct rescue *rescue);

static void on_open(void *ctx, int conn)
{
    struct rescue_link *link = ctx;

    if (conn != link->conn)
        return;
    link->is_open = 1;
    turn(link->rescue);
}

static void drop(struct rescue_link *link)
{
    if (link->conn >= 0)
        link->rescue->stream->close(link->rescue->stream->ctx, link->conn, 0);
}

static void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    struct rescue_link *link = ctx;
    struct error err = {0};
    size_t used = 0;

    if (conn != link->conn || link->http == NULL)
        return;
    if (http_feed(link->http, bytes, n, &used, &err) == 1 && used == n && link->op != 0) {
        const struct http_message *reply = http_message(link->http);
        int is_last = !reply->is_keep_alive;

        take(link->rescue, link, reply);
        if (is_last)
            drop(link);
        turn(link->rescue);
    } else if (err.code < 0 || used < n) {
        drop(link); // what it was about is listed again
    }
}

static void on_end(void *ctx, int conn, enum stream_end end, const char *text)
{
    struct rescue_link *link = ctx;

    (void)end;
    if (conn != link->conn)
        return;
    if (!link->is_open)
        snprintf(link->rescue->status.text, sizeof(link->rescue->status.text), "%.150s", text);
    http_free(link->http);
    link->http = NULL;
    link->conn = -1;
    link->is_open = 0;
    link->op = 0;
    link->retry_ns = now_of(link->rescue) + RETRY_NS;
}

static void dial(struct rescue *rescue, struct rescue_link *link)
{
    struct stream_owner owner = {
        .ctx = link, .on_open = on_open, .on_bytes = on_bytes, .on_end = on_end};

    link->retry_ns = now_of(rescue) + RETRY_NS;
    if (http_new(&link->http, HTTP_CLIENT, 0) < 0)
        return;
    link->conn = rescue->stream->connect(rescue->stream->ctx, &rescue->config.rest, &owner);
    if (link->conn >= 0)
        return;
    link->conn = -1;
    http_free(link->http);
    link->http = NULL;
}

/* What is to be asked next: so many jobs of one request; 0: nothing now. */
static uint32_t next_jobs(struct rescue *rescue, int64_t now, struct rescue_job *asked,
                          const struct rescue_job **jobs)
{
    uint32_t n_out = 0;
    uint32_t n = 1;

    *asked = (struct rescue_job){.op = RESCUE_LIST};
    *jobs = asked;
    for (uint32_t i = 0; i < rescue->n_links; i++)
        n_out += rescue->links[i].op != 0;
    if (!rescue->clock.is_known) {
        asked->op = RESCUE_TIME;
        return n_out == 0;
    }
    if (rescue->next_job >= rescue->n_jobs)
        return n_out == 0 && now >= rescue->list_ns;
    *jobs = &rescue->jobs[rescue->next_job];
    while ((*jobs)->op == RESCUE_ORDER && n < rescue->wire->batch &&
           rescue->next_job + n < rescue->n_jobs && (*jobs)[n].op == RESCUE_ORDER)
        n++;
    return n;
}

static void turn(struct rescue *rescue)
{
    int64_t now = now_of(rescue);
    const struct rescue_job *jobs;
    struct rescue_job asked;
    uint32_t n;

    for (uint32_t i = 0; i < rescue->n_links && rescue->status.state == RESCUE_RUNNING; i++) {
        struct rescue_link *link = &rescue->links[i];

        if (link->conn < 0 && now >= link->retry_ns)
            dial(rescue, link);
        if (link->is_open && link->op != 0 && now - link->sent_ns > ANSWER_NS)
            drop(link);
        if (!link->is_open || link->op != 0)
            continue;
        n = next_jobs(rescue, now, &asked, &jobs);
        if (n > 0 && send_jobs(rescue, link, jobs, n) == AGON_OK && jobs != &asked)
            rescue->next_job += n;
    }
}

static void on_timer(void *ctx, uint64_t cookie)
{
    struct rescue *rescue = ctx;

    (void)cookie;
    turn(rescue);
    if (rescue->status.state == RESCUE_RUNNING)
        rescue->stream->timer(rescue->stream->ctx, TURN_NS, 0, &rescue->timer_owner);
}

/* Life ------------------------------------------------------------------------------------------
 */

static int take_symbols(struct rescue *rescue, const struct agon_instrument *instruments,
                        uint32_t n, struct error *err)
{
    int rc = AGON_OK;

    symbols_init(&rescue->symbols);
    // Prices and amounts are read to be judged whole, and then forgotten: one asset stands for all.
    rc = symbols_add_asset(&rescue->symbols, "any", 1, 8, err);
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        struct agon_instrument instrument = instruments[i];

        instrument.hdr.instrument = i + 1;
        instrument.base = instrument.quote = instrument.settle = 1;
        rc = symbols_add(&rescue->symbols, &instrument, err);
    }
    return rc;
}

static int add_limit(struct rescue *rescue, struct error *err)
{
    const struct venue_config *config = &rescue->config;
    struct limiter_rule rule = {.share_ppm = rescue->wire->share_ppm};

    for (uint32_t i = 0; i < config->n_limits; i++) {
        if (strcmp(config->limits[i].name, "weight") != 0)
            continue;
        rule.window_ns = config->limits[i].window_ns;
        rule.capacity = config->limits[i].capacity;
    }
    limiter_init(&rescue->limiter);
    return limiter_add(&rescue->limiter, &rule, now_of(rescue)) < 0
               ? error_set(err, AGON_EINVAL, "the limit \"weight\" is missing")
               : AGON_OK;
}

int rescue_new(struct rescue **out, const struct venue_config *config,
               const struct stream_port *stream, const struct order_ids *ids,
               const struct agon_instrument *instruments, uint32_t n, struct error *err)
{
    struct rescue *rescue = calloc(1, sizeof(*rescue));
    int rc;

    *out = NULL;
    if (rescue == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    rescue->config = *config;
    rescue->config.key = rescue->config.secret = rescue->config.passphrase = (struct secret){0};
    rescue->stream = stream;
    rescue->ids = *ids;
    rescue->venue = venue_table_find(config->dialect);
    rescue->wire = rescue->venue != NULL ? rescue->venue->rescue : NULL;
    rc = rescue->wire != NULL
             ? take_symbols(rescue, instruments, n, err)
             : error_set(err, AGON_ENOTSUP, "orders on %s cannot be cancelled", config->dialect);
    if (rc >= 0)
        rc = rescue->wire->open(config, &rescue->symbols, &rescue->self, err);
    if (rc >= 0)
        rc = add_limit(rescue, err);
    if (rc < 0) {
        rescue_free(rescue);
        return rc;
    }
    rescue->timer_owner = (struct stream_owner){.ctx = rescue, .on_timer = on_timer};
    rescue->n_links = rescue->wire->is_serial ? 1 : RESCUE_LINKS;
    for (int i = 0; i < RESCUE_LINKS; i++)
        rescue->links[i] = (struct rescue_link){.rescue = rescue, .conn = -1};
    *out = rescue;
    return AGON_OK;
}

void rescue_start(struct rescue *rescue)
{
    rescue->status.state = RESCUE_RUNNING;
    rescue->began_ns = now_of(rescue);
    on_timer(rescue, 0);
}

void rescue_status(const struct rescue *rescue, struct rescue_status *status)
{
    *status = rescue->status;
}

void rescue_free(struct rescue *rescue)
{
    if (rescue == NULL)
        return;
    for (int i = 0; i < RESCUE_LINKS; i++)
        http_free(rescue->links[i].http);
    if (rescue->wire != NULL)
        rescue->wire->close(rescue->self);
    free(rescue);
}
