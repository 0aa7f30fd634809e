// SPDX-License-Identifier: Apache-2.0
#include "card/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "card/typed.h"

struct session {
    int fd;
    struct device *device;
    const struct card_typed *typed;
    uint64_t most, bytes; /* bytes: of all blocks */
    struct card_block blocks[SESSION_BLOCKS];
    uint32_t n_blocks;
    unsigned char *area; /* the other side may write to it at any time: what counts is copied */
    struct error *err;
};

static int is_had(const struct session *session, uint64_t at, uint64_t bytes, const char *what)
{
    if (card_block_of(session->blocks, session->n_blocks, at, bytes) != NULL)
        return AGON_OK;
    return error_set(session->err, AGON_ERANGE, "%s of memory that this session does not have",
                     what);
}

static void *memory(uint64_t at)
{
    return (void *)(uintptr_t)at;
}

static int call(struct session *session, const struct session_op *op, const unsigned char *payload)
{
    struct card_space space = {.blocks = session->blocks, .n_blocks = session->n_blocks};
    struct card_call copy = {.kernel = op->kernel};
    struct card_ids ids = {0};
    int rc;

    if (op->bytes > sizeof(copy.args))
        return error_set(session->err, AGON_EINVAL, "a call of %llu bytes",
                         (unsigned long long)op->bytes);
    memcpy(copy.args, payload, op->bytes);
    rc = session->typed->check(&copy, &space, &ids, session->err);
    if (rc >= 0 && ids.ids != NULL)
        rc = error_set(session->err, AGON_ENOTSUP, "an embedding, whose ids nobody has checked");
    if (rc >= 0)
        session->device->run(session->device, (enum kernel)copy.kernel, copy.args);
    return rc;
}

static int do_op(struct session *session, const struct session_op *op, unsigned char *payload)
{
    struct device *device = session->device;
    int rc;

    switch (op->op) {
    case SESSION_CALL:
        return call(session, op, payload);
    case SESSION_WRITE:
        rc = is_had(session, op->to, op->bytes, "a write");
        if (rc >= 0)
            device->write(device, memory(op->to), payload, op->bytes);
        return rc;
    case SESSION_CLEAR:
        rc = is_had(session, op->to, op->bytes, "a clear");
        if (rc >= 0)
            device->clear(device, memory(op->to), op->bytes);
        return rc;
    case SESSION_COPY:
        rc = is_had(session, op->to, op->bytes, "a copy");
        if (rc >= 0)
            rc = is_had(session, op->from, op->bytes, "a copy");
        if (rc >= 0)
            device->copy(device, memory(op->to), memory(op->from), op->bytes);
        return rc;
    case SESSION_READ:
        rc = is_had(session, op->from, op->bytes, "a read");
        if (rc >= 0)
            device->read(device, payload, memory(op->from), op->bytes);
        return rc;
    default:
        return error_set(session->err, AGON_EINVAL, "operation %u", op->op);
    }
}

static int has_payload(uint32_t op)
{
    return op == SESSION_CALL || op == SESSION_WRITE || op == SESSION_READ;
}

static int do_all(struct session *session, const struct session_ask *ask)
{
    uint64_t at = 0;
    int rc = AGON_OK;

    if (ask->bytes > SESSION_AREA)
        return error_set(session->err, AGON_ERANGE, "%llu bytes of an area of %llu",
                         (unsigned long long)ask->bytes, (unsigned long long)SESSION_AREA);
    while (rc >= 0 && at < ask->bytes) {
        uint64_t left = ask->bytes - at;
        struct session_op op = {0};

        if (left >= sizeof(op))
            memcpy(&op, session->area + at, sizeof(op));
        if (left < sizeof(op) || (has_payload(op.op) && op.bytes > left - sizeof(op)))
            return error_set(session->err, AGON_EINVAL, "an operation that ends before its end");
        rc = do_op(session, &op, session->area + at + sizeof(op));
        at += session_op_bytes(has_payload(op.op) ? op.bytes : 0);
    }
    if (ask->must_wait || rc < 0) {
        struct error second = {0};
        int failed = session->device->wait(session->device, &second);

        if (rc >= 0 && failed < 0)
            rc = error_set(session->err, failed, "%s", second.text);
    }
    return rc;
}

static int take(struct session *session, uint64_t bytes, struct session_answer *answer)
{
    struct device *device = session->device;
    void *at = NULL;

    if (session->n_blocks == SESSION_BLOCKS) {
        (void)snprintf(answer->text, sizeof(answer->text), "%u blocks of memory, the limit",
                       SESSION_BLOCKS);
    } else if (session->most > 0 &&
               (bytes > session->most || session->bytes > session->most - bytes)) {
        (void)snprintf(answer->text, sizeof(answer->text),
                       "it has %llu bytes and asks for %llu more, of the %llu that it may have",
                       (unsigned long long)session->bytes, (unsigned long long)bytes,
                       (unsigned long long)session->most);
    } else if ((at = device->alloc(device, bytes)) == NULL) {
        (void)snprintf(answer->text, sizeof(answer->text),
                       "there is no room for %llu bytes beside the %llu that it has; the card has "
                       "%llu, for all who use it",
                       (unsigned long long)bytes, (unsigned long long)session->bytes,
                       (unsigned long long)device->bytes);
    } else {
        session->blocks[session->n_blocks++] = (struct card_block){(uint64_t)(uintptr_t)at, bytes};
        session->bytes += bytes;
    }
    answer->at = (uint64_t)(uintptr_t)at;
    answer->bytes = session->bytes;
    return device->wait(device, session->err);
}

/* What was there is 0 before anybody else can have it. */
static int give_back(struct session *session, uint64_t at)
{
    struct device *device = session->device;
    uint32_t i = 0;
    int rc;

    while (i < session->n_blocks && session->blocks[i].at != at)
        i++;
    if (i == session->n_blocks)
        return error_set(session->err, AGON_EINVAL, "memory is given back that it does not have");
    device->clear(device, memory(at), session->blocks[i].bytes);
    rc = device->wait(device, session->err);
    if (rc < 0)
        return rc;
    device->release(device, memory(at));
    session->bytes -= session->blocks[i].bytes;
    session->blocks[i] = session->blocks[--session->n_blocks];
    return device->wait(device, session->err);
}

static int answer(struct session *session, struct session_answer *answer)
{
    answer->version = SESSION_VERSION;
    while (send(session->fd, answer, sizeof(*answer), MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            return 0;
    return 1;
}

/* 0: the other side has gone, or is of another build. */
static int receive(struct session *session, struct session_ask *ask)
{
    ssize_t n;

    do {
        n = recv(session->fd, ask, sizeof(*ask), 0);
    } while (n < 0 && errno == EINTR);
    return n == sizeof(*ask) && ask->version == SESSION_VERSION;
}

static int serve(struct session *session)
{
    struct session_ask ask;
    int rc = AGON_OK;

    while (rc >= 0 && receive(session, &ask)) {
        struct session_answer said = {0};

        if (ask.ask == SESSION_DO)
            rc = do_all(session, &ask);
        else if (ask.ask == SESSION_ALLOC)
            rc = take(session, ask.bytes, &said);
        else if (ask.ask == SESSION_FREE)
            rc = give_back(session, ask.at);
        else
            rc = error_set(session->err, AGON_EINVAL, "ask %u of a session", ask.ask);
        said.status = rc;
        if (rc < 0)
            (void)snprintf(said.text, sizeof(said.text), "%.*s", (int)sizeof(said.text) - 1,
                           session->err->text);
        if (!answer(session, &said))
            break;
    }
    return rc;
}

static int map_area(struct session *session)
{
    struct stat stat;
    void *area = MAP_FAILED;

    if (fstat(SESSION_FD_AREA, &stat) == 0 && (uint64_t)stat.st_size == SESSION_AREA)
        area = mmap(NULL, SESSION_AREA, PROT_READ | PROT_WRITE, MAP_SHARED, SESSION_FD_AREA, 0);
    if (area == MAP_FAILED)
        return error_set(session->err, AGON_EINVAL, "a session without its area");
    session->area = area;
    return AGON_OK;
}

int card_session_run(int fd, struct device *device, const struct card_typed *typed, uint64_t most,
                     struct error *err)
{
    struct session session = {.fd = fd, .device = device, .typed = typed, .most = most, .err = err};
    int rc = map_area(&session);

    if (rc >= 0)
        rc = serve(&session);
    // A device that has failed is not asked to give anything back: it may never answer.
    while (rc != AGON_EIO && session.n_blocks > 0) {
        int failed = give_back(&session, session.blocks[0].at);

        if (failed < 0)
            rc = rc < 0 ? rc : failed;
        if (failed < 0)
            break;
    }
    if (session.area != NULL)
        (void)munmap(session.area, SESSION_AREA);
    return rc;
}
