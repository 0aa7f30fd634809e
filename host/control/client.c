// SPDX-License-Identifier: Apache-2.0
#include "control/client.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/control.h"
#include "net/grow.h"
#include "sys/local.h"
#include "sys/rundir.h"

#define REPLY_MAX (64u << 20)

static int send_line(int fd, const char *const *words, int n_words, struct error *err)
{
    struct jout out = {0};
    size_t done = 0;
    int rc = AGON_OK;

    jout_open(&out, '{');
    jout_key(&out, "verb");
    jout_open(&out, '[');
    for (int i = 0; i < n_words; i++)
        jout_str(&out, words[i]);
    jout_close(&out, '[');
    jout_close(&out, '{');
    jout_text(&out);
    out.at[out.n++] = '\n';
    if (out.n > CONTROL_LINE_MAX)
        rc =
            error_set(err, AGON_ERANGE, "the arguments are longer than %u bytes", CONTROL_LINE_MAX);
    while (rc >= 0 && done < out.n) {
        ssize_t n = send(fd, out.at + done, out.n - done, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            rc = error_set(err, AGON_EIO, "the host does not listen: %s", strerror(errno));
        done += n > 0 ? (size_t)n : 0;
    }
    jout_deinit(&out);
    return rc;
}

static int take_line(int fd, struct grow *reply, struct error *err)
{
    for (;;) {
        char bytes[4096];
        ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, errno == EAGAIN || errno == EWOULDBLOCK ? AGON_ETIME : AGON_EIO,
                             "the host does not answer: %s", strerror(errno));
        if (n == 0)
            return reply->n > 0
                       ? AGON_OK
                       : error_set(err, AGON_EIO, "the host has hung up without an answer");
        if (reply->n + (size_t)n > REPLY_MAX || grow_add(reply, bytes, (size_t)n) < 0)
            return error_set(err, AGON_ERANGE, "the answer is too long");
    }
}

static int read_reply(const struct grow *reply, json_t **result, struct error *err)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)reply->bytes, reply->n, 0, &why);
    const char *text = json_string_value(json_object_get(root, "error"));
    int rc;

    if (json_is_true(json_object_get(root, "ok"))) {
        *result = json_incref(json_object_get(root, "result"));
        rc = *result != NULL ? AGON_OK : AGON_ECORRUPT;
    } else {
        rc = (int)json_integer_value(json_object_get(root, "code"));
        rc = rc < 0 && text != NULL ? rc : AGON_ECORRUPT;
    }
    if (rc < 0)
        error_set(err, rc, "%s", text != NULL ? text : "no answer of a host's");
    json_decref(root);
    return rc;
}

int client_ask(const char *dir, const char *const *words, int n_words, int64_t wait_ns,
               json_t **result, struct error *err)
{
    struct error why = {0};
    struct grow reply = {0};
    int fd = local_connect(dir, CONTROL_SOCKET, wait_ns, &why);
    int rc;

    *result = NULL;
    if ((fd == AGON_ENOENT || fd == AGON_EBUSY) && rundir_holder(dir) > 0)
        return error_set(
            err, AGON_EIO,
            "the host in %s is starting or ending, or has no control socket; try again", dir);
    if (fd == AGON_ENOENT || fd == AGON_EBUSY)
        return rundir_refuse(dir, err);
    if (fd < 0)
        return error_set(err, fd, "%s", why.text);
    rc = send_line(fd, words, n_words, err);
    if (rc >= 0)
        rc = take_line(fd, &reply, err);
    if (rc >= 0)
        rc = read_reply(&reply, result, err);
    (void)close(fd);
    grow_free(&reply);
    return rc;
}
