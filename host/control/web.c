// SPDX-License-Identifier: Apache-2.0
/* HTTP and WebSocket on loopback. Files come from a table and never from the disk. */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "control/impl.h"
#include "sys/clock.h"

#define API       "/api/v1/"
#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define WRONG_MAX 10 /* wrong tokens of one peer in a minute; then he waits for each answer */
#define SLOW_NS   ((int64_t)1000000000)
#define TOKEN_TEXT                                                                                 \
    "what is asked needs a token of the run directory: Authorization: Bearer TOKEN (token_read "   \
    "to "                                                                                          \
    "look, token to change)"
#define BODY_TEXT "; expected such as {\"args\": [\"NAME\"]}"
#define MINUTE_NS ((int64_t)60 * 1000000000)
#define STUCK_NS  ((int64_t)10 * 1000000000)
#define QUEUE_MAX (1u << 20) /* unsent bytes of one WebSocket */

static const struct http_header safe_headers[] = {
    {"content-security-policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
     "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"x-content-type-options", "nosniff"},
    {"referrer-policy", "no-referrer"},
    {"cross-origin-opener-policy", "same-origin"},
    {"cross-origin-resource-policy", "same-origin"},
    {"cache-control", "no-store"}};
#define SAFE_HEADERS (sizeof(safe_headers) / sizeof(safe_headers[0]))

static void respond(struct control *control, uint64_t conn, int status, const char *type,
                    const char *bytes, size_t n)
{
    struct http_header headers[SAFE_HEADERS + 1];
    struct http_response response = {.status = status,
                                     .headers = headers,
                                     .n_headers = SAFE_HEADERS + 1,
                                     .body = bytes,
                                     .body_n = n};

    memcpy(headers, safe_headers, sizeof(safe_headers));
    headers[SAFE_HEADERS] = (struct http_header){"content-type", type};
    server_respond(control->server, conn, &response);
}

static void refuse(struct control *control, uint64_t conn, int status, const char *text)
{
    struct jout out = {0};

    control->n_refused++;
    jout_open(&out, '{');
    jout_kv_str(&out, "error", text);
    jout_close(&out, '{');
    jout_text(&out);
    respond(control, conn, status, JSON_TYPE, out.at, out.n);
    jout_deinit(&out);
}

static void refuse_path(struct control *control, uint64_t conn, const char *path)
{
    char text[256];

    snprintf(text, sizeof(text),
             "no such path %.100s: the API is below " API ", and /openapi.json lists it", path);
    refuse(control, conn, 404, text);
}

static int status_of(int rc)
{
    switch (rc) {
    case AGON_EINVAL:
    case AGON_ERANGE:
        return 400;
    case AGON_EPERM:
        return 403;
    case AGON_ENOENT:
        return 404;
    case AGON_EBUSY:
    case AGON_ESTATE:
        return 409;
    case AGON_ECORRUPT: // of a file that was named, as is another version
    case AGON_EVERSION:
        return 422;
    case AGON_ENOTSUP:
        return 501;
    case AGON_EAGAIN:
    case AGON_ETIME:
    case AGON_ENOSPC:
        return 503;
    default:
        return 500;
    }
}

/* ---- who asks ---- */

/* A page of another site can make a browser ask us; under a name of its own that it has pointed
 * here, Host tells. */
static int is_our_host(const struct control *control, const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    char ours[64];

    for (size_t i = 0; host != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(ours, sizeof(ours), "%s:%u", names[i], control->port);
        if (strcasecmp(host, ours) == 0)
            return 1;
    }
    return 0;
}

static int is_our_origin(const struct control *control, const struct http_message *request)
{
    const char *origin = http_header_find(request, "origin");
    const char *site = http_header_find(request, "sec-fetch-site");

    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return 0;
    // Programs send none; a browser does, and "null" is nobody's.
    return origin == NULL ||
           (strncmp(origin, "http://", 7) == 0 && is_our_host(control, origin + 7));
}

static int is_guest(struct control *control, uint64_t conn, const struct http_message *request)
{
    if (!is_our_host(control, http_header_find(request, "host"))) {
        char text[160];

        snprintf(text, sizeof(text), "this host goes by its loopback address only: %s",
                 control->url);
        refuse(control, conn, 421, text);
        return 0;
    }
    if (!is_our_origin(control, request)) {
        refuse(control, conn, 403, "asked by a page of another site");
        return 0;
    }
    return 1;
}

enum rights { RIGHTS_NONE = 0, RIGHTS_WRONG = 1, RIGHTS_READ = 2, RIGHTS_OPERATE = 3 };

static int is_token(const char *given, size_t n, const char *token)
{
    return n == strlen(token) && sodium_memcmp(given, token, n) == 0;
}

/* What the token of a request allows. A WebSocket of a browser can send no header of its own, so
 * its token may stand in the query. */
static enum rights rights_of(const struct control *control, const struct http_message *request,
                             int is_ws)
{
    const char *given = http_header_find(request, "authorization");
    size_t n;

    if (given != NULL && strncasecmp(given, "bearer ", 7) == 0)
        given += 7;
    else if (given == NULL && is_ws && strncmp(request->query, "token=", 6) == 0)
        given = request->query + 6;
    else
        return given != NULL ? RIGHTS_WRONG : RIGHTS_NONE;
    n = strlen(given);
    return is_token(given, n, control->token)    ? RIGHTS_OPERATE
           : is_token(given, n, control->reader) ? RIGHTS_READ
                                                 : RIGHTS_WRONG;
}

/* What is counted of a peer: its address, whatever port it calls from. A new one takes the place of
 * the one that has been quiet longest. */
static struct wrong *wrong_of(struct control *control, const char *peer, int64_t mono)
{
    struct wrong *oldest = &control->wrong[0];
    size_t n = strrchr(peer, ':') != NULL ? (size_t)(strrchr(peer, ':') - peer) : strlen(peer);

    if (n >= sizeof(oldest->peer))
        n = sizeof(oldest->peer) - 1;
    for (int i = 0; i < PEERS_MAX; i++) {
        struct wrong *wrong = &control->wrong[i];

        if (strncmp(wrong->peer, peer, n) == 0 && wrong->peer[n] == '\0' && wrong->n > 0) {
            if (mono - wrong->since_ns > MINUTE_NS)
                wrong->n = 0;
            return wrong;
        }
        if (wrong->since_ns < oldest->since_ns)
            oldest = wrong;
    }
    memset(oldest, 0, sizeof(*oldest));
    memcpy(oldest->peer, peer, n);
    return oldest;
}

/* A wrong token is answered at once; who goes on naming them waits for each answer. That slows who
 * guesses, and nobody else: the right one passes whoever names it. */
static void wrong_token(struct control *control, uint64_t conn, const char *peer)
{
    int64_t mono = clock_mono();
    struct wrong *wrong = wrong_of(control, peer, mono);

    if (wrong->n++ == 0)
        wrong->since_ns = mono;
    if (wrong->n <= WRONG_MAX) {
        refuse(control, conn, 401, TOKEN_TEXT);
        return;
    }
    for (int i = 0; i < SLOWED_MAX; i++) {
        if (control->slowed[i].conn == 0) {
            control->slowed[i] = (struct slowed){.conn = conn, .due_ns = mono + SLOW_NS};
            return;
        }
    }
    refuse(control, conn, 429, "too many wrong tokens");
}

static void answer_slowed(struct control *control, int64_t mono)
{
    for (int i = 0; i < SLOWED_MAX; i++) {
        struct slowed *slowed = &control->slowed[i];

        if (slowed->conn == 0 || slowed->due_ns > mono)
            continue;
        refuse(control, slowed->conn, 429, "too many wrong tokens: the right one passes at once");
        slowed->conn = 0;
    }
}

static int is_reader(struct control *control, uint64_t conn, const struct http_message *request,
                     const char *peer)
{
    enum rights rights = rights_of(control, request, 0);

    if (rights >= RIGHTS_READ)
        return 1;
    if (rights == RIGHTS_WRONG)
        wrong_token(control, conn, peer);
    else
        refuse(control, conn, 401, TOKEN_TEXT);
    return 0;
}

static int is_operator(struct control *control, uint64_t conn, const struct http_message *request,
                       const char *peer)
{
    const char *type = http_header_find(request, "content-type");
    enum rights rights = rights_of(control, request, 0);

    // A form of another page can be no JSON without asking first.
    if (type == NULL || strncasecmp(type, JSON_TYPE, strlen(JSON_TYPE)) != 0 ||
        (type[strlen(JSON_TYPE)] != '\0' && type[strlen(JSON_TYPE)] != ';')) {
        refuse(control, conn, 415,
               "the content type has to be application/json: expected the header Content-Type: "
               "application/json");
        return 0;
    }
    if (rights == RIGHTS_OPERATE)
        return 1;
    if (rights == RIGHTS_READ)
        refuse(control, conn, 403,
               "this token only looks; expected the operator's, in the file `token` of the run "
               "directory");
    else
        wrong_token(control, conn, peer);
    return 0;
}

// Was this command taken before? Its sender did not hear of it, and must not do it twice.
static int is_repeat(struct control *control, const struct http_message *request)
{
    const char *key = http_header_find(request, "idempotency-key");
    uint64_t hash;

    if (key == NULL)
        return 0;
    hash = hash_bytes(key, strlen(key)) | 1;
    for (uint32_t i = 0; i < REPEAT_MAX; i++) {
        if (control->repeats[i] == hash)
            return 1;
    }
    control->repeats[control->n_repeats++ % REPEAT_MAX] = hash;
    return 0;
}

/* ---- API ---- */

struct words { /* of a path or a body, decoded */
    char bytes[2 * CONTROL_ARG_MAX];
    size_t n;
};

static int add_word(struct words *words, struct control_call *call, const char *raw, size_t n,
                    int is_path)
{
    char *to = words->bytes + words->n;
    size_t room = sizeof(words->bytes) - words->n;
    int64_t length = (int64_t)n;

    if (call->argc == CONTROL_ARGS || n + 1 > room)
        return AGON_EINVAL;
    if (is_path)
        length = http_pct_decode(raw, n, 0, to, room);
    else
        memcpy(to, raw, n);
    if (length <= 0)
        return AGON_EINVAL;
    to[length] = '\0';
    for (int64_t i = 0; i < length; i++) {
        if ((unsigned char)to[i] < 0x20 || to[i] == 0x7f)
            return AGON_EINVAL;
    }
    call->argv[call->argc++] = to;
    words->n += (size_t)length + 1;
    return AGON_OK;
}

static int path_words(const char *path, struct words *words, struct control_call *call)
{
    while (*path != '\0') {
        size_t n = strcspn(path, "/");

        if (add_word(words, call, path, n, 1) < 0)
            return AGON_EINVAL;
        path += n + (path[n] == '/');
    }
    return call->argc > 0 ? AGON_OK : AGON_EINVAL;
}

// {"args": ["ema", "5"]}. No body: no arguments.
static int body_words(const struct http_message *request, struct words *words,
                      struct control_call *call, struct error *err)
{
    json_error_t why;
    json_t *root, *args;
    const char *key;
    int rc = AGON_OK;

    if (request->body_n == 0)
        return AGON_OK;
    root = json_loadb(request->body, request->body_n, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(root)) {
        json_decref(root);
        return error_set(err, AGON_EINVAL, "the body is not a JSON object" BODY_TEXT);
    }
    // A word that is not understood is no word left out: without args some verbs mean everybody.
    json_object_foreach(root, key, args)
    {
        if (rc >= 0 && strcmp(key, "args") != 0)
            rc = error_set(err, AGON_EINVAL, "unknown key '%.32s' in the body" BODY_TEXT, key);
    }
    args = json_object_get(root, "args");
    if (args != NULL && !json_is_array(args))
        rc = error_set(err, AGON_EINVAL, "args is not an array of texts" BODY_TEXT);
    for (size_t i = 0; rc >= 0 && i < json_array_size(args); i++) {
        const char *word = json_string_value(json_array_get(args, i));

        if (word == NULL || add_word(words, call, word, strlen(word), 0) < 0)
            rc = error_set(err, AGON_EINVAL,
                           "args is not an array of texts, or is too long" BODY_TEXT);
    }
    json_decref(root);
    return rc;
}

/* "order/cancel" of "order cancel" */
static const char *path_of(const struct control_verb *verb, char name[32])
{
    char *space;

    snprintf(name, 32, "%.31s", verb->name);
    space = strchr(name, ' ');
    if (space != NULL)
        *space = '/';
    return name;
}

static void answer(struct control *control, uint64_t conn, int rc, struct jout *out,
                   const struct error *err)
{
    if (rc < 0) {
        refuse(control, conn, status_of(rc), err->text[0] != '\0' ? err->text : error_name(rc));
    } else {
        jout_text(out);
        respond(control, conn, 200, JSON_TYPE, out->at, out->n);
    }
}

static void on_job(struct job *job)
{
    answer(job->control, job->conn, job->rc, &job->out, &job->err);
}

// With places kept for it: what ends risk, by who may.
static int is_urgent(void *ctx, const struct http_message *request)
{
    struct control *control = ctx;
    struct control_call call = {0};
    struct words words = {0};
    struct error err = {0};
    const struct control_verb *verb;

    if (strncmp(request->path, API, strlen(API)) != 0 ||
        rights_of(control, request, 0) != RIGHTS_OPERATE ||
        path_words(request->path + strlen(API), &words, &call) < 0)
        return 0;
    verb = control_match(control->config.port.verbs, &call, &err);
    return verb != NULL && verb->is_urgent;
}

static void on_api(struct control *control, uint64_t conn, const struct http_message *request,
                   const char *peer)
{
    int is_post = strcmp(request->method, "POST") == 0;
    struct control_call call = {.who = "token"};
    struct words words = {0};
    struct error err = {0};
    struct jout out = {0};
    const struct control_verb *verb;
    char name[32];
    int rc;

    // Nobody learns without a token what there is to ask.
    if (!is_post && !is_reader(control, conn, request, peer))
        return;
    if (path_words(request->path + strlen(API), &words, &call) < 0) {
        refuse_path(control, conn, request->path);
        return;
    }
    verb = control_match(control->config.port.verbs, &call, &err);
    if (verb == NULL)
        error_hint(&err, "/openapi.json lists them");
    if (verb == NULL || verb->scope == CONTROL_CLIENT) {
        refuse(control, conn, 404, err.text[0] != '\0' ? err.text : "only `agon ctl` does this");
        return;
    }
    if (is_post != (verb->scope == CONTROL_OPERATE)) {
        refuse(control, conn, 405, is_post ? "this only looks: GET" : "this changes state: POST");
        return;
    }
    if (is_post && !is_operator(control, conn, request, peer))
        return;
    // A word of the path that was meant for something else would be who or why.
    if (is_post && call.argc > 0) {
        char text[320];

        snprintf(text, sizeof(text),
                 "'%.64s' behind %s in the path: arguments of a POST stand in its body; expected "
                 "POST " API "%s%s%s%s",
                 call.argv[0], verb->name, path_of(verb, name),
                 verb->usage[0] != '\0' ? " with {\"args\": [...]}: " : "", verb->usage,
                 verb->usage[0] != '\0' ? "" : " alone");
        refuse(control, conn, 400, text);
        return;
    }
    rc = is_post ? body_words(request, &words, &call, &err) : AGON_OK;
    if (rc >= 0 && is_post && is_repeat(control, request)) {
        refuse(control, conn, 409, "a command with this idempotency key was taken before");
        return;
    }
    if (rc >= 0)
        rc = control_check(verb, &call, &err);
    if (rc >= 0 && verb->is_slow) {
        rc = control_begin(control, verb, &call, on_job, NULL, conn);
        if (rc >= 0)
            return; // answered when it is done
    } else if (rc >= 0) {
        rc = control_run(control, verb, &call, &out, &err);
    }
    answer(control, conn, rc, &out, &err);
    jout_deinit(&out);
}

static void on_metrics(struct control *control, uint64_t conn)
{
    const struct control_counts counts = {.n_taken = control->n_requests,
                                          .n_refused = control->n_refused};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (out == NULL) {
        refuse(control, conn, 503, "out of memory");
        return;
    }
    control->config.port.look(control->config.port.ctx, clock_mono());
    control->config.port.metrics(control->config.port.ctx, &counts, out);
    if (fclose(out) != 0)
        refuse(control, conn, 503, "out of memory");
    else
        respond(control, conn, 200, TEXT_TYPE, text, n);
    free(text);
}

/* For a service manager or a load balancer, without a token: that this thread serves, */
static void on_health(struct control *control, uint64_t conn)
{
    static const char text[] = "{\"status\":\"ok\"}";

    respond(control, conn, 200, JSON_TYPE, text, sizeof(text) - 1);
}

/* and whether orders are taken; if not, what is missing. */
static void on_ready(struct control *control, uint64_t conn)
{
    struct jout out = {0};
    int is_ready;

    control->config.port.look(control->config.port.ctx, clock_mono());
    is_ready = control->config.port.ready(control->config.port.ctx, &out);
    jout_text(&out);
    respond(control, conn, is_ready ? 200 : 503, JSON_TYPE, out.at, out.n);
    jout_deinit(&out);
}

static void on_request(void *ctx, uint64_t conn, const struct http_message *request,
                       const char *peer)
{
    struct control *control = ctx;
    const struct control_file *file = control->config.port.files;
    int is_get = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;

    if (!control_is_now(control, NULL) && !is_urgent(control, request)) {
        if (control_wait(control, conn, NULL) < 0)
            refuse(control, conn, 503, "too many requests just now: try again");
        return;
    }
    if (!is_guest(control, conn, request))
        return;
    if (!is_get && strcmp(request->method, "POST") != 0) {
        char text[96];

        snprintf(text, sizeof(text), "only GET and POST are known here, and not %.16s",
                 request->method);
        refuse(control, conn, 405, text);
        return;
    }
    if (strncmp(request->path, API, strlen(API)) == 0) {
        on_api(control, conn, request, peer);
        return;
    }
    if (!is_get) {
        refuse(control, conn, 405, "this only looks: GET");
        return;
    }
    if (strcmp(request->path, "/healthz") == 0) {
        on_health(control, conn);
        return;
    }
    if (strcmp(request->path, "/readyz") == 0 && control->config.port.ready != NULL) {
        on_ready(control, conn);
        return;
    }
    if (strcmp(request->path, "/metrics") == 0) {
        if (is_reader(control, conn, request, peer))
            on_metrics(control, conn);
        return;
    }
    if (strcmp(request->path, "/openapi.json") == 0) {
        if (!is_reader(control, conn, request, peer))
            return;
        if (control->openapi.n == 0) {
            control_openapi(&control->config.port, control->url, &control->openapi);
            jout_text(&control->openapi);
        }
        respond(control, conn, 200, JSON_TYPE, control->openapi.at, control->openapi.n);
        return;
    }
    for (; file != NULL && file->path != NULL; file++) {
        if (strcmp(request->path, file->path) == 0) {
            respond(control, conn, 200, file->type, file->bytes, file->n);
            return;
        }
    }
    refuse_path(control, conn, request->path);
}

/* ---- WebSocket ---- */

static struct watcher *find_watcher(struct control *control, uint64_t conn)
{
    for (uint32_t i = 0; i < WATCH_MAX; i++) {
        if (control->watchers[i].conn == conn)
            return &control->watchers[i];
    }
    return NULL;
}

static int on_ws_request(void *ctx, uint64_t conn, const struct http_message *request,
                         const char *peer)
{
    struct control *control = ctx;

    (void)conn;
    (void)peer;
    if (!is_our_host(control, http_header_find(request, "host")))
        return 421;
    if (!is_our_origin(control, request))
        return 403;
    if (strcmp(request->path, API "live") != 0)
        return 404;
    if (rights_of(control, request, 1) < RIGHTS_READ)
        return 401;
    return find_watcher(control, 0) != NULL ? 0 : 503;
}

static void on_ws_open(void *ctx, uint64_t conn)
{
    struct control *control = ctx;
    struct watcher *watcher = find_watcher(control, 0);

    if (watcher == NULL) {
        server_ws_close(control->server, conn, WS_CODE_TRY_LATER, "too many watch");
        return;
    }
    *watcher = (struct watcher){.conn = conn};
}

/* {"keys": ["status", "agent/"]}: from now on it is sent these, beginning with all of them. */
static int choose(struct live_reader *reader, const char *bytes, size_t n)
{
    json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL);
    json_t *keys = json_object_get(root, "keys");
    struct live_reader to = {.is_choosy = 1};
    int is_good =
        json_object_size(root) == 1 && json_is_array(keys) && json_array_size(keys) <= LIVE_WANTED;

    for (size_t i = 0; is_good && i < json_array_size(keys); i++) {
        const char *key = json_string_value(json_array_get(keys, i));

        is_good = key != NULL && key[0] != '\0' && strlen(key) < LIVE_KEY;
        if (is_good)
            memcpy(to.keys[to.n_keys++], key, strlen(key) + 1);
    }
    json_decref(root);
    if (is_good)
        *reader = to;
    return is_good ? AGON_OK : AGON_EINVAL;
}

static void on_ws_message(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                          size_t n)
{
    struct control *control = ctx;
    struct watcher *watcher = find_watcher(control, conn);

    if (watcher == NULL || opcode != WS_TEXT || choose(&watcher->reader, bytes, n) < 0)
        server_ws_close(control->server, conn, WS_CODE_POLICY,
                        "expected {\"keys\": [...]}: what is to be sent");
}

static void on_ws_close(void *ctx, uint64_t conn, int code)
{
    struct watcher *watcher = find_watcher(ctx, conn);

    (void)code;
    if (watcher != NULL)
        memset(watcher, 0, sizeof(*watcher));
}

/* How much it may be sent: at most a second's worth is saved up. */
static int has_room(struct watcher *watcher, int64_t mono)
{
    int64_t since_ns = watcher->room_ns == 0 ? 0 : mono - watcher->room_ns;

    if (since_ns > SLOW_NS)
        since_ns = SLOW_NS;
    watcher->room_ns = mono;
    watcher->room += since_ns / 1000 * LIVE_RATE / 1000000;
    if (watcher->room > LIVE_RATE)
        watcher->room = LIVE_RATE;
    return watcher->room > 0;
}

/* A reader that has had its bytes waits for the next tick and then gets what changed meanwhile. One
 * that is told nothing for a second is told that nothing changed: it can tell silence from death.
 */
static void tell(struct control *control, struct watcher *watcher, int64_t mono)
{
    struct live_reader *reader = &watcher->reader;
    struct jout out = {0};
    int is_diff = control_live_knows(control->live, reader->version);
    uint32_t n;

    // A client that is behind gets no diffs, and the whole state once it has caught up.
    if (server_unsent(control->server, watcher->conn) > QUEUE_MAX / 4) {
        reader->version = 0;
        if (watcher->stuck_ns == 0)
            watcher->stuck_ns = mono;
        if (mono - watcher->stuck_ns > STUCK_NS)
            server_ws_close(control->server, watcher->conn, WS_CODE_TRY_LATER, "slow reader");
        return;
    }
    watcher->stuck_ns = 0;
    if (!has_room(watcher, mono) && is_diff)
        return;
    n = control_live_message(control->live, reader, &out);
    if (n > 0 || !is_diff || mono - watcher->told_ns >= SLOW_NS) {
        jout_text(&out);
        if (server_ws_send(control->server, watcher->conn, WS_TEXT, out.at, out.n) == AGON_OK)
            reader->version = control->live->version;
        else
            reader->version = 0;
        if (is_diff) // what it begins with is not counted
            watcher->room -= (int64_t)out.n;
        watcher->told_ns = mono;
    } else {
        reader->version = control->live->version;
    }
    jout_deinit(&out);
}

void control_web_tick(struct control *control, int64_t mono)
{
    int n = 0;

    answer_slowed(control, mono);
    for (uint32_t i = 0; i < WATCH_MAX; i++)
        n += control->watchers[i].conn != 0;
    if (n == 0)
        return; // nobody looks: nothing is written
    control_live_tick(control);
    for (uint32_t i = 0; i < WATCH_MAX; i++) {
        if (control->watchers[i].conn != 0)
            tell(control, &control->watchers[i], mono);
    }
}

/* ---- opening and closing ---- */

int control_web_open(struct control *control, struct error *err)
{
    const char *address = control->config.address;
    const struct server_options options = {.conns = 256,
                                           .over = 640, // more than may wait to be accepted
                                           .accepts = ACCEPTS,
                                           .queue_bytes = QUEUE_MAX,
                                           .body_cap = CONTROL_LINE_MAX,
                                           .ping_ns = (int64_t)20 * 1000000000};
    struct server_listen listen = {.host = address, .port = control->config.http_port};
    int rc;

    if (strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0)
        return error_set(err, AGON_EINVAL,
                         "http: '%s' is not a loopback address; expected 127.0.0.1 or ::1",
                         address);
    listen.owner = (struct server_owner){.ctx = control,
                                         .on_request = on_request,
                                         .is_urgent = is_urgent,
                                         .on_ws_request = on_ws_request,
                                         .on_ws_open = on_ws_open,
                                         .on_ws_message = on_ws_message,
                                         .on_ws_close = on_ws_close};
    rc = server_new(&control->server, &control->loop, &options, err);
    if (rc < 0)
        return rc;
    rc = server_add(control->server, &listen, err);
    if (rc < 0)
        return rc;
    control->port = (uint16_t)rc;
    snprintf(control->url, sizeof(control->url),
             strchr(address, ':') != NULL ? "http://[%s]:%u" : "http://%s:%u", address,
             control->port);
    return AGON_OK;
}

void control_web_close(struct control *control)
{
    if (control->server != NULL)
        server_stop(control->server, 1);
}
