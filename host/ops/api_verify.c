// SPDX-License-Identifier: Apache-2.0
/* api_verify: this run's journal, replayed beside the host by another process of the program, at
 * its leisure: is every state that the journal vouches for reached again? One at a time; nothing of
 * it is in the host's way. [control] */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ops/api.h"
#include "sys/clock.h"

static void read_rest(struct api_verify *verify)
{
    char more[sizeof(verify->said)];
    ssize_t n;

    do {
        char *to = verify->n_said < sizeof(verify->said) - 1 ? verify->said + verify->n_said : more;
        size_t room = to == more ? sizeof(more) : sizeof(verify->said) - 1 - (size_t)verify->n_said;

        n = read(verify->fd, to, room);
        if (n > 0 && to != more)
            verify->n_said += (uint32_t)n;
    } while (n > 0 || (n < 0 && errno == EINTR));
    verify->said[verify->n_said] = '\0';
}

void api_verify_look(struct api *api, int64_t mono_ns)
{
    struct api_verify *verify = &api->verify;
    struct proc_end end;
    int rc;

    if (verify->state != VERIFY_RUNS)
        return;
    read_rest(verify);
    rc = proc_wait(&verify->proc, 0, &end);
    if (rc == AGON_EAGAIN)
        return;
    read_rest(verify);
    verify->took_ns = mono_ns - verify->began_ns;
    verify->state = rc >= 0 && !end.is_signalled && end.code == 0 ? VERIFY_HELD : VERIFY_FAILED;
    if (verify->n_said == 0 && rc >= 0)
        proc_end_text(&end, verify->said, sizeof(verify->said));
    proc_close(&verify->proc);
    (void)close(verify->fd);
}

void api_verify_end(struct api *api)
{
    struct proc_end end;

    if (api->verify.state != VERIFY_RUNS)
        return;
    (void)proc_signal(&api->verify.proc, SIGKILL);
    (void)proc_wait(&api->verify.proc, -1, &end);
    proc_close(&api->verify.proc);
    (void)close(api->verify.fd);
    api->verify.state = VERIFY_NEVER;
}

int api_do_verify(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    struct api *api = ctx;
    struct api_verify *verify = &api->verify;
    char self[PATH_MAX];
    const char *path = api->verifier;
    const char *argv[] = {"agon", "replay", "--live", "--json", api->dir, NULL};
    int fds[2];
    struct proc_spec spec = {.argv = argv, .n_fds = 3};
    int rc;

    (void)call;
    if (verify->state == VERIFY_RUNS)
        return error_set(err, AGON_EBUSY, "it is being replayed already: `verification` says how");
    if (path == NULL && proc_self(self, sizeof(self)) < 0)
        return error_set(err, AGON_ENOENT, "the program is not where it was started from");
    spec.path = path != NULL ? path : self;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return error_set(err, AGON_EIO, "no pipe: %s", strerror(errno));
    spec.fds[0] = -1;
    spec.fds[1] = spec.fds[2] = fds[1];
    proc_batch(); // the child is, too
    rc = proc_spawn(&verify->proc, &spec, err);
    proc_normal();
    (void)close(fds[1]);
    if (rc < 0) {
        (void)close(fds[0]);
        return rc;
    }
    (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
    verify->state = VERIFY_RUNS;
    verify->fd = fds[0];
    verify->n_said = 0;
    verify->t = api->view->t;
    verify->began_ns = clock_mono();
    verify->seq = api->view->durable_seq;
    jout_open(out, '{');
    jout_kv_str(out, "done", "is being replayed; `verification` says what came of it");
    jout_kv_str(out, "on", "the journal");
    jout_close(out, '{');
    return AGON_OK;
}

static void put_count(const struct api_verify *verify, const char *key, struct jout *out)
{
    const char *at = strstr(verify->said, key);

    jout_key(out, key);
    if (at != NULL && at[strlen(key)] == '"')
        jout_int(out, strtoll(at + strlen(key) + 2, NULL, 10));
    else
        jout_null(out);
}

int api_do_verification(void *ctx, const struct control_call *call, struct jout *out,
                        struct error *err)
{
    static const char *const states[] = {"never", "running", "held", "failed"};
    const struct api *api = ctx;
    const struct api_verify *verify = &api->verify;

    (void)call;
    (void)err;
    jout_open(out, '{');
    jout_kv_str(out, "state", states[verify->state]);
    if (verify->state != VERIFY_NEVER) {
        api_put_time(out, "time", verify->t);
        jout_kv_real(out, "seconds",
                     (double)(verify->state == VERIFY_RUNS ? clock_mono() - verify->began_ns
                                                           : verify->took_ns) /
                         1e9);
        jout_kv_int(out, "seq", (int64_t)verify->seq); // that was on disk when it began
    }
    if (verify->state == VERIFY_HELD) {
        put_count(verify, "events", out);
        put_count(verify, "marks", out);
        put_count(verify, "last_seq", out);
    }
    if (verify->state == VERIFY_FAILED)
        jout_kv_str(out, "said", verify->said);
    jout_close(out, '{');
    return AGON_OK;
}
