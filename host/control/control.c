// SPDX-License-Identifier: Apache-2.0
#include "control/control.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/impl.h"
#include "sys/clock.h"
#include "sys/entropy.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/memory.h"

#define LOOK_NS ((int64_t)50 * 1000000) /* what is older is looked at anew for a request */

/* ---- verbs ---- */

/* A flood keeps nobody from halting. A turn of the loop lets in so many, hears what each connection
 * says, does at once what of that is urgent, and of all the rest it answers one. So between an
 * order that is urgent and its doing lies one answer at most, however many are asked for. Then it
 * rests: a thread that sleeps is woken before those that have used up their time, and the threads
 * that trade want the processor too. */
int control_is_now(const struct control *control, const struct control_verb *verb)
{
    return (verb != NULL && verb->is_urgent) || control->is_turn;
}

int control_wait(struct control *control, uint64_t conn, struct local *local)
{
    if (control->n_waiting == WAITING_MAX)
        return AGON_EAGAIN;
    control->waiting[(control->waiting_at + control->n_waiting++) % WAITING_MAX] =
        (struct waiting){.conn = conn, .local = local};
    return AGON_OK;
}

void control_forget(struct control *control, const struct local *local)
{
    for (uint32_t i = 0; i < control->n_waiting; i++) {
        struct waiting *waiting = &control->waiting[(control->waiting_at + i) % WAITING_MAX];

        if (waiting->local == local)
            waiting->local = NULL;
    }
}

static void on_busy(uv_idle_t *busy)
{
    (void)busy; // the loop does not sleep
}

static void on_rested(uv_timer_t *pause)
{
    (void)pause; // the turn that begins now looks who waits
}

// The first that is still there.
static void answer_one(struct control *control)
{
    int is_answered = 0;

    control->is_turn = 1;
    while (control->n_waiting > 0 && !is_answered) {
        struct waiting waiting = control->waiting[control->waiting_at];

        control->waiting_at = (control->waiting_at + 1) % WAITING_MAX;
        control->n_waiting--;
        is_answered = waiting.local != NULL;
        if (is_answered)
            control_local_again(waiting.local);
        else if (waiting.conn != 0)
            is_answered = server_again(control->server, waiting.conn) == AGON_OK;
    }
    control->is_turn = 0;
}

static void on_turn(uv_prepare_t *turn)
{
    struct control *control = turn->data;
    int64_t mono;

    control_local_turn(control);
    if (control->server != NULL)
        server_turn(control->server);
    if (control->n_waiting > 0 && !uv_is_active((uv_handle_t *)&control->pause)) {
        mono = clock_mono();
        answer_one(control);
        control->debt_ns += clock_mono() - mono;
        if (control->debt_ns >= DEBT_NS) {
            uv_update_time(&control->loop);
            if (control->debt_ns > REST_MAX_NS)
                control->debt_ns = REST_MAX_NS;
            uv_timer_start(&control->pause, on_rested, (uint64_t)(control->debt_ns / 1000000), 0);
            control->debt_ns = 0;
        }
    }
    if (control->n_waiting > 0 && !uv_is_active((uv_handle_t *)&control->pause))
        uv_idle_start(&control->busy, on_busy);
    else
        uv_idle_stop(&control->busy);
}

/* Who or what an order is for, as the log says it: a verb whose only word is its reason is for all.
 */
static const char *target_of(const struct control_verb *verb, const struct control_call *call)
{
    if (strncmp(verb->usage, "[REASON]", strlen("[REASON]")) == 0)
        return "all";
    return call->argc > 0 ? call->argv[0] : "";
}

int control_run(struct control *control, const struct control_verb *verb,
                const struct control_call *call, struct jout *out, struct error *err)
{
    const struct control_port *port = &control->config.port;
    int64_t mono = clock_mono();
    int rc = control_check(verb, call, err);

    if (rc < 0)
        return rc;
    if (verb->scope == CONTROL_CLIENT)
        return error_set(err, AGON_ENOTSUP, "%s is done by `agon ctl`", verb->name);
    if (mono - control->looked_ns > LOOK_NS) {
        port->look(port->ctx, mono);
        control->looked_ns = mono;
    }
    control->n_requests++;
    rc = verb->run(port->ctx, call, out, err);
    if (rc < 0)
        control->n_refused++;
    if (verb->scope == CONTROL_OPERATE) {
        // Also what was refused: who looks for what happened looks here.
        log_info_with("control", verb->name,
                      LOG_FIELDS(LOG_TEXT("verb", verb->name),
                                 LOG_TEXT("on", target_of(verb, call)),
                                 LOG_TEXT("by", call->who != NULL ? call->who : ""),
                                 LOG_NUMBER("code", rc < 0 ? rc : 0)),
                      "%s %s by %s: %s", verb->name, target_of(verb, call),
                      call->who != NULL ? call->who : "?", rc < 0 ? err->text : "done");
        control->looked_ns = 0;
    }
    return rc;
}

static void on_work(uv_work_t *work)
{
    struct job *job = work->data;

    job->rc = job->verb->run(job->control->config.port.ctx, &job->call, &job->out, &job->err);
}

static void on_worked(uv_work_t *work, int status)
{
    struct job *job = work->data;

    if (status != 0)
        job->rc = error_set(&job->err, AGON_ESTATE, "the host is ending");
    job->control->n_jobs--;
    job->control->n_refused += job->rc < 0;
    job->control->looked_ns = 0;
    if (job->verb->scope == CONTROL_OPERATE)
        log_info_with("control", job->verb->name,
                      LOG_FIELDS(LOG_TEXT("verb", job->verb->name),
                                 LOG_TEXT("on", target_of(job->verb, &job->call)),
                                 LOG_TEXT("by", job->call.who != NULL ? job->call.who : ""),
                                 LOG_NUMBER("code", job->rc < 0 ? job->rc : 0)),
                      "%s %s by %s: %s", job->verb->name, target_of(job->verb, &job->call),
                      job->call.who != NULL ? job->call.who : "?",
                      job->rc < 0 ? job->err.text : "done");
    job->done(job);
    jout_deinit(&job->out);
    free(job->bytes);
    free(job);
}

int control_begin(struct control *control, const struct control_verb *verb,
                  const struct control_call *call, void (*done)(struct job *job),
                  struct local *local, uint64_t conn)
{
    struct job *job = control->n_jobs < JOBS_MAX ? calloc(1, sizeof(*job)) : NULL;
    size_t n = 1;

    if (job == NULL)
        return control->n_jobs < JOBS_MAX ? AGON_ENOMEM : AGON_EBUSY;
    for (int i = 0; i < call->argc; i++)
        n += strlen(call->argv[i]) + 1;
    job->bytes = malloc(n);
    n = 0;
    for (int i = 0; i < call->argc && job->bytes != NULL; i++) {
        memcpy(job->bytes + n, call->argv[i], strlen(call->argv[i]) + 1);
        job->call.argv[i] = job->bytes + n;
        n += strlen(call->argv[i]) + 1;
    }
    job->call.argc = call->argc;
    job->call.who = call->who; // the connection's, which waits for the job, or a word of ours
    job->control = control;
    job->verb = verb;
    job->done = done;
    job->local = local;
    job->conn = conn;
    job->work.data = job;
    if (job->bytes == NULL || uv_queue_work(&control->loop, &job->work, on_work, on_worked) != 0) {
        free(job->bytes);
        free(job);
        return AGON_ENOMEM;
    }
    control->n_jobs++;
    control->n_requests++;
    return AGON_OK;
}

/* ---- thread ---- */

static void on_timer(uv_timer_t *timer)
{
    struct control *control = timer->data;
    int64_t mono = clock_mono();

    control->config.port.look(control->config.port.ctx, mono);
    control->looked_ns = mono;
    control_local_tick(control);
    control_web_tick(control, mono);
}

static void on_closed(uv_handle_t *handle)
{
    (void)handle;
}

static void on_wake(uv_async_t *wake)
{
    struct control *control = wake->data;

    if (!atomic_load(&control->is_stopping) || control->is_closed)
        return;
    control->is_closed = 1;
    control_local_close(control);
    control_web_close(control);
    uv_close((uv_handle_t *)&control->timer, on_closed);
    uv_close((uv_handle_t *)&control->wake, on_closed);
    uv_close((uv_handle_t *)&control->turn, on_closed);
    uv_close((uv_handle_t *)&control->busy, on_closed);
    uv_close((uv_handle_t *)&control->pause, on_closed);
}

static void *run(void *arg)
{
    struct control *control = arg;

    // The loop ends by itself when the last handle is closed.
    uv_run(&control->loop, UV_RUN_DEFAULT);
    return NULL;
}

static int write_secret(struct control *control, const char *name, const char *text,
                        struct error *err)
{
    char path[PATH_MAX];

    if (file_join(path, sizeof(path), control->dir, name) < 0)
        return error_set(err, AGON_ERANGE, "%s: too long a path", control->dir);
    return file_write_atomic(path, text, strlen(text), 0600, err);
}

// 128 bits, which nobody guesses: an address with it is a line of 80 columns.
static void draw_token(char token[CONTROL_TOKEN_TEXT])
{
    unsigned char bytes[(CONTROL_TOKEN_TEXT - 1) / 2];

    entropy_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
}

static int open_all(struct control *control, struct error *err)
{
    char line[128];
    int rc;

    draw_token(control->token);
    draw_token(control->reader);
    rc = control_local_open(control, err);
    if (rc < 0 || !control->config.is_http)
        return rc;
    rc = write_secret(control, CONTROL_TOKEN, control->token, err);
    if (rc >= 0)
        rc = write_secret(control, CONTROL_READER, control->reader, err);
    if (rc >= 0)
        rc = control_web_open(control, err);
    if (rc < 0)
        return rc;
    snprintf(line, sizeof(line), "%s\n", control->url);
    return write_secret(control, CONTROL_ADDRESS, line, err);
}

int control_start(struct control **made, const struct control_config *config, struct error *err)
{
    struct control *control = calloc(1, sizeof(*control));
    int rc;

    *made = NULL;
    if (control == NULL)
        return error_set(err, AGON_ENOMEM, "control: out of memory");
    control->config = *config;
    control->live = calloc(1, sizeof(*control->live));
    rc = control->live != NULL && uv_loop_init(&control->loop) == 0 ? AGON_OK : AGON_ENOMEM;
    if (rc < 0) {
        error_set(err, rc, "control: out of memory");
        control_stop(control);
        return rc;
    }
    control->has_loop = 1;
    control->live->open = -1;
    uv_async_init(&control->loop, &control->wake, on_wake);
    uv_timer_init(&control->loop, &control->timer);
    uv_prepare_init(&control->loop, &control->turn);
    control->turn.data = control;
    uv_idle_init(&control->loop, &control->busy);
    uv_timer_init(&control->loop, &control->pause);
    uv_prepare_start(&control->turn, on_turn);
    control->wake.data = control;
    control->timer.data = control;
    if (snprintf(control->dir, sizeof(control->dir), "%s", config->dir) >=
        (int)sizeof(control->dir))
        rc = error_set(err, AGON_ERANGE, "%s: too long a path", config->dir);
    if (rc >= 0)
        rc = open_all(control, err);
    if (rc >= 0) {
        uv_timer_start(&control->timer, on_timer, 0, CONTROL_TICK_NS / 1000000);
        control->has_thread = pthread_create(&control->thread, NULL, run, control) == 0;
        if (!control->has_thread)
            rc = error_set(err, AGON_EIO, "control: a thread could not be started");
        else
            memory_spare_stack(control->thread);
    }
    if (rc < 0) {
        error_wrap(err, "control");
        control_stop(control);
        return rc;
    }
    *made = control;
    return AGON_OK;
}

const char *control_url(const struct control *control)
{
    return control->url;
}

const char *control_token(const struct control *control)
{
    return control->token;
}

const char *control_reader(const struct control *control)
{
    return control->reader;
}

void control_stop(struct control *control)
{
    char path[PATH_MAX];

    if (control == NULL)
        return;
    if (control->has_loop) {
        atomic_store(&control->is_stopping, 1);
        uv_async_send(&control->wake);
        if (control->has_thread)
            pthread_join(control->thread, NULL);
        else
            uv_run(&control->loop, UV_RUN_DEFAULT);
        uv_loop_close(&control->loop);
        // What names an address that nobody serves any more would only mislead.
        if (file_join(path, sizeof(path), control->dir, CONTROL_ADDRESS) >= 0 && control->url[0])
            (void)unlink(path);
        if (file_join(path, sizeof(path), control->dir, CONTROL_SOCKET) >= 0 &&
            control->has_listener)
            (void)unlink(path);
    }
    server_free(control->server);
    jout_deinit(&control->openapi);
    for (uint32_t i = 0; control->live != NULL && i < control->live->n; i++)
        control_live_end(&control->live->entries[i]);
    if (control->live != NULL)
        jout_deinit(&control->live->value);
    free(control->live);
    free(control);
}
