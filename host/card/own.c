// SPDX-License-Identifier: Apache-2.0
#include "card/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "card/wire.h"
#include "kernels/cuda/cuda.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

static struct {
    struct card_own_head head;
    char *source;          /* owned */
    struct device *device; /* borrowed */
    int failed;            /* AGON_E... of all its calls; 0 */
    char why[ERROR_TEXT];
} own;

static int read_all(int fd, void *to, size_t n, off_t from)
{
    unsigned char *at = to;

    while (n > 0) {
        ssize_t got = pread(fd, at, n, from);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        at += got;
        from += got;
        n -= (size_t)got;
    }
    return 1;
}

int card_own_read(int fd, struct error *err)
{
    struct stat stat;
    int is_good = (fcntl(fd, F_GET_SEALS) & SEALS) == SEALS && fstat(fd, &stat) == 0 &&
                  stat.st_size >= (off_t)sizeof(own.head) &&
                  read_all(fd, &own.head, sizeof(own.head), 0) &&
                  own.head.version == CARD_VERSION && own.head.n_source <= CARD_SOURCE_MAX &&
                  (uint64_t)stat.st_size == sizeof(own.head) + own.head.n_source;

    own.source = is_good ? calloc(1, own.head.n_source + 1) : NULL;
    if (own.source == NULL || !read_all(fd, own.source, own.head.n_source, sizeof(own.head)))
        return error_set(err, AGON_EINVAL, "a source that cannot be read");
    return AGON_OK;
}

void card_own_free(void)
{
    free(own.source);
    own.source = NULL;
}

static void keep(int code, const char *why)
{
    own.failed = code;
    (void)snprintf(own.why, sizeof(own.why), "%s", why);
}

/* What an author may take for granted. */
static const char *const header_names[] = {"stdint.h"};
static const char *const headers[] = {CARD_STDINT};

struct device *card_own_open(uint32_t card, const char *driver, struct card_nvrtc *nvrtc,
                             const struct error *why, struct error *err)
{
    struct card_source source = {.name = "own.cu",
                                 .text = own.source,
                                 .headers = headers,
                                 .names = header_names,
                                 .n_headers = 1};
    struct device *device = cuda_device_bare_f32(card, driver, err);
    struct error own_err = {0};
    char *code = NULL;
    int rc = AGON_OK;

    if (device == NULL)
        return NULL;
    if (strlen(own.source) != own.head.n_source)
        rc = error_set(&own_err, AGON_EINVAL, "own.cu has a NUL in it");
    else if (nvrtc == NULL)
        rc = error_set(&own_err, AGON_ENOTSUP, "%s; it comes with CUDA's toolkit", why->text);
    else
        rc = card_nvrtc_compile(nvrtc, &source, cuda_device_arch_f32(device), &code, &own_err);
    if (rc >= 0)
        rc = cuda_device_load_own_f32(device, code, &own_err);
    if (rc < 0)
        keep(rc, own_err.text);
    free(code);
    own.device = device;
    return device;
}

int card_own_state(char *text, size_t room)
{
    if (own.failed < 0)
        (void)snprintf(text, room, "%.*s", (int)room - 1, own.why);
    return own.failed;
}

/* Its addresses lie within the job's memory; how far it goes from there nobody knows, and only what
 * is its agent's lies in this process' context. */
static int check_own(struct card_call *of, const struct card_space *space, struct card_ids *ids,
                     struct error *err)
{
    struct card_own_call call;
    int rc;

    *ids = (struct card_ids){0};
    if (own.failed < 0)
        return error_set(err, own.failed, "%s", own.why);
    if (of->kernel != CARD_OWN)
        return error_set(err, AGON_EINVAL,
                         "kernel %u is not of the agent's own, and its lease runs no other",
                         of->kernel);
    if (of->pad != 0)
        return error_set(err, AGON_EINVAL, "pad is %u; expected 0", of->pad);
    memcpy(&call, of->args, sizeof(call));
    if (memchr(call.name, '\0', sizeof(call.name)) == NULL || call.name[0] == '\0')
        return error_set(err, AGON_EINVAL, "the name of a kernel has 1 to %u characters",
                         CARD_OWN_NAME - 1);
    rc = cuda_device_find_f32(own.device, call.name, err);
    if (rc < 0)
        return rc;
    if (call.blocks == 0 || call.blocks >= 1u << 31 || call.threads == 0 || call.threads > 1024 ||
        call.shared > CARD_OWN_SHARED)
        return error_set(err, AGON_ERANGE, "%s: %u blocks of %u threads with %u shared bytes",
                         call.name, call.blocks, call.threads, call.shared);
    if (call.addresses >> (CARD_OWN_ARGS / sizeof(uint64_t)) != 0)
        return error_set(err, AGON_ERANGE, "%s: addresses behind its arguments", call.name);
    for (uint32_t i = 0; i < CARD_OWN_ARGS / sizeof(uint64_t); i++) {
        uint64_t at;
        uint64_t true_at;

        memcpy(&at, call.args + i * sizeof(at), sizeof(at));
        if ((call.addresses >> i & 1) == 0 || at == 0)
            continue;
        if (at < CARD_JOB || at - CARD_JOB >= space->n_memory)
            return error_set(err, AGON_ERANGE,
                             "%s: the address at byte %zu lies outside of the job's memory",
                             call.name, i * sizeof(at));
        true_at = (uint64_t)(uintptr_t)space->memory + (at - CARD_JOB);
        memcpy(call.args + i * sizeof(at), &true_at, sizeof(true_at));
    }
    memcpy(of->args, &call, sizeof(call));
    return AGON_OK;
}

const struct card_typed card_own_typed = {.bits = 32, .has_image = 1, .check = check_own};
