// SPDX-License-Identifier: Apache-2.0
/* The socket of the run directory: a line of JSON, {"verb": ["halt", "ema"]}, is answered by one
 * line, {"ok": true, "result": ...} or {"ok": false, "code": -5, "error": "..."}. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/impl.h"
#include "sys/clock.h"
#include "sys/local.h"

static void on_closed(uv_handle_t *handle)
{
    struct local *local = handle->data;

    if (local->is_busy)
        return; // its job still names it
    control_forget(local->control, local);
    if (local->place >= 0)
        local->control->locals[local->place] = NULL;
    free(local->bytes);
    free(local->reply);
    free(local);
}

static void drop(struct local *local)
{
    if (!uv_is_closing((uv_handle_t *)&local->pipe))
        uv_close((uv_handle_t *)&local->pipe, on_closed);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    drop(write->data);
}

// The line that ends the connection.
static void reply(struct local *local, int rc, struct jout *result, const struct error *err)
{
    struct jout out = {0};
    uv_buf_t buffer;

    control_answer(rc, result, err, &out);
    local->reply = out.at; // the buffer's room holds the NUL too, which becomes the end of the line
    local->reply[out.n] = '\n';
    buffer = uv_buf_init(local->reply, (unsigned)out.n + 1);
    local->write.data = local;
    local->since = clock_mono();
    local->n_ticks = 0;
    if (uv_write(&local->write, (uv_stream_t *)&local->pipe, &buffer, 1, on_written) != 0)
        drop(local);
}

static void on_job(struct job *job)
{
    job->local->is_busy = 0;
    if (uv_is_closing((uv_handle_t *)&job->local->pipe))
        on_closed((uv_handle_t *)&job->local->pipe); // it has waited for this
    else
        reply(job->local, job->rc, &job->out, &job->err);
}

static void answer(struct local *local)
{
    struct control *control = local->control;
    const struct control_verb *verb = NULL;
    struct control_call call;
    struct jout out = {0};
    struct error err = {0};
    json_t *root;
    int rc = control_request(local->bytes, local->n, &root, &call, &err);

    call.who = local->who;
    local->is_answered = 1;
    uv_read_stop((uv_stream_t *)&local->pipe);
    if (rc >= 0) {
        verb = control_match(control->config.port.verbs, &call, &err);
        rc = verb != NULL ? control_check(verb, &call, &err) : AGON_ENOENT;
    }
    if (rc >= 0 && local->place >= LOCAL_MAX && !verb->is_urgent)
        rc = error_set(&err, AGON_EBUSY, "too many connections: try again");
    // What is no request has no verb, and is told so in its turn too.
    if (!control_is_now(control, verb)) {
        local->is_waiting = control_wait(control, 0, local) >= 0;
        if (local->is_waiting) {
            json_decref(root);
            return;
        }
        rc = error_set(&err, AGON_EBUSY, "too many requests just now: try again");
    }
    if (rc >= 0 && verb->is_slow) {
        rc = control_begin(control, verb, &call, on_job, local, 0);
        local->is_busy = rc >= 0;
    } else if (rc >= 0) {
        rc = control_run(control, verb, &call, &out, &err);
    }
    if (!local->is_busy)
        reply(local, rc, &out, &err);
    json_decref(root);
    jout_deinit(&out);
}

void control_local_again(struct local *local)
{
    local->is_waiting = 0;
    if (!uv_is_closing((uv_handle_t *)&local->pipe))
        answer(local);
}

static void on_room(uv_handle_t *handle, size_t hint, uv_buf_t *buffer)
{
    struct local *local = handle->data;

    (void)hint;
    *buffer = uv_buf_init(local->bytes + local->n, (unsigned)(CONTROL_LINE_MAX - local->n));
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct local *local = stream->data;
    char *end;

    (void)buffer;
    if (n == 0)
        return;
    if (n < 0) {
        drop(local);
        return;
    }
    local->n += (size_t)n;
    end = memchr(local->bytes, '\n', local->n);
    if (end != NULL) {
        local->n = (size_t)(end - local->bytes);
        answer(local);
    } else if (local->n == CONTROL_LINE_MAX) {
        drop(local);
    }
}

static int has_pending(const struct local *local)
{
    uv_os_fd_t fd;
    char byte;

    return uv_fileno((const uv_handle_t *)&local->pipe, &fd) == 0 &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static int may_go(const struct local *local)
{
    return local != NULL && !local->is_busy && !local->is_answered &&
           !uv_is_closing((const uv_handle_t *)&local->pipe);
}

/* Who has asked for nothing for the longest time; of one process (0: of all). */
static struct local *find_silent(const struct control *control, int32_t pid)
{
    struct local *oldest;
    int64_t after = INT64_MIN;

    do {
        oldest = NULL;
        for (int i = 0; i < LOCAL_MAX + LOCAL_OVER; i++) {
            struct local *local = control->locals[i];

            if (may_go(local) && (pid == 0 || local->pid == pid) && local->since > after &&
                (oldest == NULL || local->since < oldest->since))
                oldest = local;
        }
        after = oldest != NULL ? oldest->since : after;
        // Who has said something is heard first.
    } while (oldest != NULL && has_pending(oldest));
    return oldest;
}

/* A place: one for all, or where those are taken one for what is urgent. Then somebody who has
 * asked for nothing gives up his: one of the same process, where it has any. So a process that
 * connects without end puts out itself, and nobody else before he could speak. */
static int take_place(struct control *control, int32_t pid)
{
    struct local *silent;
    int place = 0;

    while (place < LOCAL_MAX + LOCAL_OVER && control->locals[place] != NULL)
        place++;
    if (place < LOCAL_MAX)
        return place;
    silent = find_silent(control, pid);
    if (silent == NULL)
        silent = find_silent(control, 0);
    if (silent != NULL)
        drop(silent);
    return place < LOCAL_MAX + LOCAL_OVER ? place : -1;
}

/* Nobody but this process' own user and root. */
static int take_peer(struct local *local)
{
    struct control *control = local->control;
    struct local_peer peer;
    uv_os_fd_t fd;

    if (uv_fileno((uv_handle_t *)&local->pipe, &fd) != 0 || local_peer(fd, &peer) < 0 ||
        (peer.uid != 0 && peer.uid != geteuid()))
        return AGON_EPERM;
    local->who = peer.uid == 0 ? control->root : control->own;
    local->pid = peer.pid;
    local->place = take_place(control, peer.pid);
    if (local->place >= 0)
        control->locals[local->place] = local;
    return local->place >= 0 ? AGON_OK : AGON_EBUSY;
}

static void let_in(struct control *control)
{
    struct local *local = calloc(1, sizeof(*local));
    uv_stream_t *listener = (uv_stream_t *)&control->listener;

    control->is_held = local == NULL;
    if (local == NULL)
        return; // in a later turn
    control->n_accepted++;
    local->control = control;
    local->place = -1;
    local->since = clock_mono();
    local->bytes = malloc(CONTROL_LINE_MAX);
    uv_pipe_init(&control->loop, &local->pipe, 0);
    local->pipe.data = local;
    // One too many is turned away, and not left to wait for its time.
    if (uv_accept(listener, (uv_stream_t *)&local->pipe) != 0 || local->bytes == NULL ||
        take_peer(local) < 0 || uv_read_start((uv_stream_t *)&local->pipe, on_room, on_bytes) != 0)
        drop(local);
}

/* The loop calls this until nobody is left who wants to be let in, and a flood always leaves one:
 * so the loop is left with him, and asks for nobody else until he is in. */
static void on_connection(uv_stream_t *listener, int status)
{
    struct control *control = listener->data;

    if (status < 0)
        return;
    if (control->n_accepted < ACCEPTS)
        let_in(control);
    else
        control->is_held = 1;
}

void control_local_turn(struct control *control)
{
    control->n_accepted = 0;
    if (control->is_held && !control->is_closed)
        let_in(control);
}

int control_local_open(struct control *control, struct error *err)
{
    int fd = local_listen(control->dir, CONTROL_SOCKET, err);

    if (fd < 0)
        return fd;
    // Once: where users are looked up is not always this machine.
    local_name(geteuid(), control->own, sizeof(control->own));
    local_name(0, control->root, sizeof(control->root));
    uv_pipe_init(&control->loop, &control->listener, 0);
    control->listener.data = control;
    control->has_listener = 1;
    if (uv_pipe_open(&control->listener, fd) != 0 ||
        uv_listen((uv_stream_t *)&control->listener, 64, on_connection) != 0)
        return error_set(err, AGON_EIO, "%s: cannot listen", CONTROL_SOCKET);
    return AGON_OK;
}

/* Silence is counted in ticks and not by the clock: between two of them the loop has read what was
 * there. In a process that was stopped, or got no processor, a tick can come long after the last
 * one and before the loop has looked who said something meanwhile. */
void control_local_tick(struct control *control)
{
    for (uint32_t i = 0; i < LOCAL_MAX + LOCAL_OVER; i++) {
        struct local *local = control->locals[i];

        // Half a line, or an answer that nobody takes.
        if (local != NULL && !local->is_busy && !local->is_waiting &&
            ++local->n_ticks > (local->is_answered ? 10 : 1) * LOCAL_TICKS)
            drop(local);
    }
}

static void on_listener_closed(uv_handle_t *handle)
{
    (void)handle;
}

void control_local_close(struct control *control)
{
    if (!control->has_listener)
        return;
    uv_close((uv_handle_t *)&control->listener, on_listener_closed);
    for (uint32_t i = 0; i < LOCAL_MAX + LOCAL_OVER; i++) {
        if (control->locals[i] != NULL)
            drop(control->locals[i]);
    }
}
