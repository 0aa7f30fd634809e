// SPDX-License-Identifier: Apache-2.0
/* agon-gpu: the worker of a card. A host starts it with a socket as descriptor 3; nobody else has a
 * use for it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "card/serve.h"
#include "card/worker.h"

static int usage(void)
{
    fprintf(stderr, "agon-gpu: a worker that agon starts, and nobody else\n");
    return CARD_EXIT_NOT_CALLED;
}

static int number(const char *text, uint32_t most, uint32_t *value)
{
    char *end;
    unsigned long got = strtoul(text, &end, 10);

    *value = (uint32_t)got;
    return *text != '\0' && *end == '\0' && got <= most;
}

static int bytes(const char *text, uint64_t *value)
{
    char *end;

    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

int main(int argc, char **argv)
{
    struct card_serve_options options = {.device = "cpu", .threads = 1, .life = 1};
    struct error err = {0};
    int type;
    socklen_t room = sizeof(type);

    for (int i = 1; i + 1 < argc; i += 2) {
        const char *value = argv[i + 1];
        int is_good = 1;

        if (strcmp(argv[i], "--device") == 0)
            options.device = value;
        else if (strcmp(argv[i], "--driver") == 0)
            options.driver = value;
        else if (strcmp(argv[i], "--sensors") == 0)
            options.sensors = value;
        else if (strcmp(argv[i], "--script") == 0)
            options.script = value;
        else if (strcmp(argv[i], "--nvrtc") == 0)
            options.nvrtc = value;
        else if (strcmp(argv[i], "--kernels") == 0)
            is_good = (options.is_own = strcmp(value, "own") == 0);
        else if (strcmp(argv[i], "--session") == 0)
            is_good = options.is_session = bytes(value, &options.most);
        else if (strcmp(argv[i], "--card") == 0)
            is_good = number(value, 1023, &options.card);
        else if (strcmp(argv[i], "--threads") == 0)
            is_good = number(value, CARD_THREADS_MAX, &options.threads) && options.threads > 0;
        else if (strcmp(argv[i], "--life") == 0)
            is_good = number(value, UINT32_MAX, &options.life);
        else
            is_good = 0;
        if (!is_good)
            return usage();
    }
    if (argc % 2 == 0 ||
        (strcmp(options.device, "cuda") != 0 && strcmp(options.device, "cpu") != 0 &&
         strcmp(options.device, "scripted") != 0) ||
        (options.is_own && (strcmp(options.device, "cuda") != 0 || options.is_session)))
        return usage();
    if (getsockopt(CARD_FD_SOCKET, SOL_SOCKET, SO_TYPE, &type, &room) != 0 ||
        type != SOCK_SEQPACKET)
        return usage();
    // What failed is said over the socket, to who began it.
    return card_serve(CARD_FD_SOCKET, &options, &err) >= 0 ? EXIT_SUCCESS : CARD_EXIT_FAILED;
}
