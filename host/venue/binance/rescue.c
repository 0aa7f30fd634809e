// SPDX-License-Identifier: Apache-2.0
#include "venue/rescue.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/clock_offset.h"
#include "net/http.h"
#include "net/limiter.h"
#include "venue/binance/core.h"

#define TURN_NS    ((int64_t)20 * 1000000)
#define RETRY_NS   ((int64_t)100 * 1000000)
#define ANSWER_NS  ((int64_t)1000 * 1000000)
#define LIST_NS    ((int64_t)1000 * 1000000) /* between two lists when nothing is left */
#define JOBS_MAX   2048
#define SHARE_PPM  250000u
#define AUTH_TRIES 3

enum job_kind { JOB_TIME = 1, JOB_LIST = 2, JOB_SYMBOL = 3, JOB_ORDER = 4 };
struct job {
    uint8_t kind;
    const struct symbol *symbol;
    char client_id[40];
};
struct rescue_link {
    struct rescue *rescue;
    int conn; /* -1: none */
    int is_open;
    struct http_parse *http; /* owned */
    struct job job;          /* kind 0: idle */
    int64_t retry_ns, sent_ns;
};
struct rescue_paths {
    const char *dialect, *time, *list, *symbol, *order;
    uint32_t list_weight;
};
static const struct rescue_paths all_paths[] = {
    {"binance_spot", "/v3/time", "/v3/openOrders", "/v3/openOrders", "/v3/order", 80},
    {"binance_um", "/v1/time", "/v1/openOrders", "/v1/allOpenOrders", "/v1/order", 40}};

struct rescue {
    struct venue_config config; /* its secrets are not */
    const struct stream_port *stream;
    const struct rescue_paths *paths;
    struct order_ids ids;
    struct symbols symbols;
    struct binance_decoder dec;
    struct binance_vault *vault; /* owned */
    struct clock_offset clock;
    struct limiter limiter;
    struct rescue_link links[RESCUE_LINKS];
    struct stream_owner timer_owner;
    struct job jobs[JOBS_MAX];
    uint32_t n_jobs, next_job, n_out;
    uint8_t has_foreign[SYMBOLS_MAX], has_ours[SYMBOLS_MAX];
    int64_t began_ns, list_ns; /* the next list not before */
    uint32_t n_lists, n_auth;
    struct rescue_status status;
    char text[4096];
};

static int64_t now_of(const struct rescue *rescue)
{
    return rescue->stream->now(rescue->stream->ctx);
}

/* Requests --------------------------------------------------------------------------------------
 */

static int write_target(struct rescue *rescue, const struct job *job, char *target, size_t room)
{
    agon_ns_t venue_now = clock_offset_now(&rescue->clock, now_of(rescue));
    const char *path = job->kind == JOB_TIME     ? rescue->paths->time
                       : job->kind == JOB_LIST   ? rescue->paths->list
                       : job->kind == JOB_SYMBOL ? rescue->paths->symbol
                                                 : rescue->paths->order;
    struct binance_params params;
    char text[2048];
    int n;

    binance_params_init(&params, text, sizeof(text));
    if (job->kind != JOB_TIME) {
        if (job->symbol != NULL)
            binance_params_add(&params, "symbol", job->symbol->name);
        if (job->kind == JOB_ORDER)
            binance_params_add(&params, "origClientOrderId", job->client_id);
        binance_params_add_u64(&params, "recvWindow", rescue->config.recv_window_ms);
        binance_params_add_u64(&params, "timestamp", (uint64_t)venue_now / 1000000);
        if (binance_params_sign(&params, &rescue->vault->signer) < 0)
            return AGON_ENOSPC;
    }
    n = snprintf(target, room, "%s%s%s%s", rescue->config.rest_path, path, params.n > 0 ? "?" : "",
                 text);
    return n > 0 && (size_t)n < room ? AGON_OK : AGON_ENOSPC;
}

/* AGON_EAGAIN: not now. */
static int send_job(struct rescue *rescue, struct rescue_link *link, const struct job *job)
{
    struct http_header key = {"X-MBX-APIKEY", rescue->vault->key};
    struct http_request request = {.method = job->kind >= JOB_SYMBOL ? "DELETE" : "GET",
                                   .headers = &key,
                                   .n_headers = job->kind == JOB_TIME ? 0 : 1};
    const uint32_t cost = job->kind == JOB_LIST ? rescue->paths->list_weight : 1;
    int64_t now = now_of(rescue);
    char target[3072];
    char host[300];
    int64_t n;
    int rc;

    if (limiter_take(&rescue->limiter, now, LIMITER_CANCEL, &cost, 1, NULL) < 0)
        return AGON_EAGAIN;
    snprintf(host, sizeof(host), "%s:%u", rescue->config.rest.host, rescue->config.rest.port);
    request.host = host;
    request.target = target;
    if (write_target(rescue, job, target, sizeof(target)) < 0)
        return AGON_ENOSPC;
    n = http_write_request(rescue->text, sizeof(rescue->text), &request);
    if (n < 0)
        return AGON_ENOSPC;
    rc = rescue->stream->send(rescue->stream->ctx, link->conn, rescue->text, (size_t)n);
    explicit_bzero(rescue->text, (size_t)n);
    if (rc < 0)
        return AGON_EAGAIN;
    link->job = *job;
    link->sent_ns = now;
    rescue->status.n_cancels += job->kind >= JOB_SYMBOL;
    return AGON_OK;
}

/* Answers ---------------------------------------------------------------------------------------
 */

static void add_job(struct rescue *rescue, enum job_kind kind, const struct symbol *symbol,
                    const char *client_id)
{
    struct job *job = &rescue->jobs[rescue->n_jobs];

    if (rescue->n_jobs == JOBS_MAX)
        return; // the next list has them again
    rescue->n_jobs++;
    job->kind = (uint8_t)kind;
    job->symbol = symbol;
    snprintf(job->client_id, sizeof(job->client_id), "%s", client_id);
}

static enum client_id_whose whose(const struct rescue *rescue, const struct wire_order *order)
{
    struct client_id id;

    return client_id_read(&rescue->ids, order->client_id, strlen(order->client_id), &id);
}

static void on_elsewhere(void *ctx, const struct wire_order *order)
{
    struct rescue *rescue = ctx;

    if (whose(rescue, order) == CLIENT_ID_OURS)
        rescue->status.n_elsewhere++;
}

static void on_listed(void *ctx, const struct wire_order *order)
{
    struct rescue *rescue = ctx;
    size_t at = (size_t)(order->symbol - rescue->symbols.all);

    if (whose(rescue, order) == CLIENT_ID_OURS) {
        rescue->has_ours[at] = 1;
        rescue->status.n_left++;
        add_job(rescue, JOB_ORDER, order->symbol, order->client_id);
    } else {
        rescue->has_foreign[at] = 1;
        rescue->status.n_foreign++;
    }
}

/* Where all of a symbol are ours one request ends them. */
static void join_jobs(struct rescue *rescue)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < rescue->n_jobs; i++) {
        if (rescue->has_foreign[rescue->jobs[i].symbol - rescue->symbols.all])
            rescue->jobs[n++] = rescue->jobs[i];
    }
    rescue->n_jobs = n;
    for (uint32_t i = 0; i < rescue->symbols.n; i++) {
        if (rescue->has_ours[i] && !rescue->has_foreign[i])
            add_job(rescue, JOB_SYMBOL, &rescue->symbols.all[i], "");
    }
}

static void take_list(struct rescue *rescue, int64_t sent_ns, const struct http_message *reply)
{
    int64_t window_ns = (int64_t)rescue->config.recv_window_ms * 1000000;

    rescue->n_jobs = rescue->next_job = 0;
    rescue->status.n_left = rescue->status.n_foreign = rescue->status.n_elsewhere = 0;
    memset(rescue->has_ours, 0, sizeof(rescue->has_ours));
    memset(rescue->has_foreign, 0, sizeof(rescue->has_foreign));
    if (binance_decode_orders(&rescue->dec, reply->body, reply->body_n, on_listed, rescue) < 0) {
        snprintf(rescue->status.text, sizeof(rescue->status.text), "a list that cannot be read");
        rescue->list_ns = now_of(rescue) + RETRY_NS;
        return;
    }
    if (rescue->n_lists++ == 0)
        rescue->status.n_found = rescue->status.n_left;
    join_jobs(rescue);
    if (rescue->status.n_left > 0)
        return;
    // What the host sent with its last breath may still arrive for so long.
    rescue->list_ns = sent_ns + LIST_NS;
    if (sent_ns - rescue->began_ns > window_ns && rescue->status.n_elsewhere == 0)
        rescue->status.state = RESCUE_DONE;
    else if (sent_ns - rescue->began_ns > window_ns && rescue->status.n_elsewhere > 0)
        snprintf(rescue->status.text, sizeof(rescue->status.text),
                 "%u orders are of symbols that the configuration does not name",
                 rescue->status.n_elsewhere);
}

static void take_refusal(struct rescue *rescue, const struct http_message *reply)
{
    int64_t now = now_of(rescue);
    char text[WIRE_TEXT] = "";
    int32_t code = 0;
    enum answer answer;

    if (binance_decode_error(reply->body, reply->body_n, &code, text, sizeof(text)) < 0)
        code = 0;
    answer = binance_judge(reply->status, code, text);
    snprintf(rescue->status.text, sizeof(rescue->status.text), "%d: %.120s", (int)code, text);
    if (answer == ANSWER_CLOCK)
        memset(&rescue->clock, 0, sizeof(rescue->clock));
    else if (answer == ANSWER_RATE)
        limiter_stop(&rescue->limiter, now, 0, now + ANSWER_NS);
    else if (answer == ANSWER_AUTH && ++rescue->n_auth >= AUTH_TRIES)
        rescue->status.state = RESCUE_GIVEN_UP;
}

static void take(struct rescue *rescue, struct rescue_link *link, const struct http_message *reply)
{
    struct job job = link->job;
    agon_ns_t t;

    link->job.kind = 0;
    if (reply->status < 200 || reply->status >= 300) {
        // An order that is gone meanwhile is what was wanted; the list says so.
        if (job.kind != JOB_ORDER && job.kind != JOB_SYMBOL)
            rescue->list_ns = now_of(rescue) + RETRY_NS;
        take_refusal(rescue, reply);
    } else if (job.kind == JOB_TIME) {
        if (binance_decode_time(&rescue->dec, reply->body, reply->body_n, &t) >= 0)
            clock_offset_sample(&rescue->clock, link->sent_ns, now_of(rescue), t,
                                rescue->dec.time_unit_ns);
    } else if (job.kind == JOB_LIST) {
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
    if (http_feed(link->http, bytes, n, &used, &err) == 1 && used == n && link->job.kind != 0) {
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
    link->job.kind = 0;
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

/* What is to be asked next; 0: nothing now. */
static int next_job(struct rescue *rescue, int64_t now, struct job *job)
{
    uint32_t n_out = 0;

    memset(job, 0, sizeof(*job));
    for (int i = 0; i < RESCUE_LINKS; i++)
        n_out += rescue->links[i].job.kind != 0;
    if (!rescue->clock.is_known) {
        job->kind = JOB_TIME;
        return n_out == 0;
    }
    if (rescue->next_job < rescue->n_jobs) {
        *job = rescue->jobs[rescue->next_job];
        return 1;
    }
    job->kind = JOB_LIST;
    return n_out == 0 && now >= rescue->list_ns;
}

static void turn(struct rescue *rescue)
{
    int64_t now = now_of(rescue);
    struct job job;

    for (int i = 0; i < RESCUE_LINKS && rescue->status.state == RESCUE_RUNNING; i++) {
        struct rescue_link *link = &rescue->links[i];

        if (link->conn < 0 && now >= link->retry_ns)
            dial(rescue, link);
        if (link->is_open && link->job.kind != 0 && now - link->sent_ns > ANSWER_NS)
            drop(link);
        if (!link->is_open || link->job.kind != 0 || !next_job(rescue, now, &job))
            continue;
        if (send_job(rescue, link, &job) < 0)
            continue;
        rescue->next_job += job.kind >= JOB_SYMBOL;
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

static int take_key(struct rescue *rescue, const struct venue_config *config, struct error *err)
{
    if (config->key.n == 0)
        return error_set(err, AGON_EINVAL, "no key");
    rescue->vault = secret_new(sizeof(*rescue->vault));
    if (rescue->vault == NULL)
        return error_set(err, AGON_ENOMEM, "no locked memory for the key");
    memcpy(rescue->vault->key, config->key.bytes, config->key.n);
    return binance_signer_init(&rescue->vault->signer,
                               config->key_kind == VENUE_KEY_ED25519 ? BINANCE_SIGN_ED25519
                                                                     : BINANCE_SIGN_HMAC,
                               &config->secret, err);
}

int rescue_new(struct rescue **out, const struct venue_config *config,
               const struct stream_port *stream, const struct order_ids *ids,
               const struct agon_instrument *instruments, uint32_t n, struct error *err)
{
    struct rescue *rescue = calloc(1, sizeof(*rescue));
    struct limiter_rule rule = {.share_ppm = SHARE_PPM};
    int rc;

    *out = NULL;
    if (rescue == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    rescue->config = *config;
    rescue->config.key = rescue->config.secret = (struct secret){0};
    rescue->stream = stream;
    rescue->ids = *ids;
    for (size_t i = 0; i < sizeof(all_paths) / sizeof(all_paths[0]); i++) {
        if (strcmp(config->dialect, all_paths[i].dialect) == 0)
            rescue->paths = &all_paths[i];
    }
    rc = rescue->paths != NULL
             ? take_symbols(rescue, instruments, n, err)
             : error_set(err, AGON_ENOTSUP, "orders on %s cannot be cancelled", config->dialect);
    if (rc >= 0)
        rc = take_key(rescue, config, err);
    for (uint32_t i = 0; i < config->n_limits; i++) {
        if (strcmp(config->limits[i].name, "weight") != 0)
            continue;
        rule.window_ns = config->limits[i].window_ns;
        rule.capacity = config->limits[i].capacity;
    }
    limiter_init(&rescue->limiter);
    if (rc >= 0 && limiter_add(&rescue->limiter, &rule, stream->now(stream->ctx)) < 0)
        rc = error_set(err, AGON_EINVAL, "the limit \"weight\" is missing");
    if (rc < 0) {
        rescue_free(rescue);
        return rc;
    }
    binance_decoder_init(&rescue->dec, &rescue->symbols);
    rescue->dec.ctx = rescue;
    rescue->dec.on_elsewhere = on_elsewhere;
    rescue->timer_owner = (struct stream_owner){.ctx = rescue, .on_timer = on_timer};
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
    secret_free(rescue->vault);
    free(rescue);
}
