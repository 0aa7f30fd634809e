// SPDX-License-Identifier: Apache-2.0
#include "demo/simproc.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define ARGS_MAX 32
#define START_MS 20000

// The first line of standard output; how long it took to come is bounded.
static int first_line(int fd, char *line, size_t room)
{
    size_t used = 0;

    while (used + 1 < room) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        ssize_t got;

        if (poll(&poll_fd, 1, START_MS) <= 0)
            return AGON_ETIME;
        got = read(fd, line + used, 1);
        if (got <= 0)
            return AGON_EIO;
        if (line[used] == '\n') {
            line[used] = '\0';
            return AGON_OK;
        }
        used++;
    }
    return AGON_ERANGE;
}

static void read_market(struct simproc_market *market, const json_t *said)
{
    json_t *symbol;
    size_t i;

    market->port = (uint16_t)json_integer_value(json_object_get(said, "port"));
    market->n_symbols = 0;
    json_array_foreach(json_object_get(said, "symbols"), i, symbol)
    {
        if (market->n_symbols < SIMPROC_SYMBOLS_MAX && json_is_string(symbol))
            snprintf(market->symbols[market->n_symbols++], sizeof(market->symbols[0]), "%.31s",
                     json_string_value(symbol));
    }
}

int simproc_start(struct simproc *sim, const char *const *args, struct error *err)
{
    char self[PATH_MAX];
    char line[4096] = "";
    const char *argv[ARGS_MAX + 2] = {"agon", "sim"};
    struct proc_spec spec = {
        .path = self, .argv = argv, .n_fds = 3, .fds = {-1, -1, 2}, .is_group = 1};
    int pipe_fd[2];
    json_t *said;
    int n = 2;
    int rc;

    sim->out_fd = -1;
    sim->proc.pidfd = -1;
    for (int k = 0; args[k] != NULL; k++) {
        if (n == ARGS_MAX)
            return error_set(err, AGON_ERANGE, "too many arguments for the simulator");
        argv[n++] = args[k];
    }
    if (proc_self(self, sizeof(self)) < 0 || pipe2(pipe_fd, O_CLOEXEC) < 0)
        return error_set(err, AGON_EIO, "the simulator cannot be started");
    spec.fds[1] = pipe_fd[1];
    rc = proc_spawn(&sim->proc, &spec, err);
    close(pipe_fd[1]);
    if (rc < 0) {
        close(pipe_fd[0]);
        return rc;
    }
    sim->out_fd = pipe_fd[0];
    rc = first_line(pipe_fd[0], line, sizeof(line));
    said = rc >= 0 ? json_loads(line, 0, NULL) : NULL;
    read_market(&sim->spot, said);
    read_market(&sim->um, json_object_get(said, "binance_um"));
    json_decref(said);
    if (sim->spot.port != 0)
        return AGON_OK;
    simproc_stop(sim);
    return error_set(err, AGON_EIO, "the simulator did not say where it listens%s%.200s",
                     line[0] != '\0' ? ": " : "", line);
}

void simproc_stop(struct simproc *sim)
{
    struct proc_end end;

    if (sim->proc.pid > 0 && sim->proc.pidfd >= 0) {
        proc_signal(&sim->proc, SIGTERM);
        if (proc_wait(&sim->proc, 3000, &end) < 0) {
            proc_signal(&sim->proc, SIGKILL);
            proc_wait(&sim->proc, 3000, &end);
        }
        proc_close(&sim->proc);
    }
    if (sim->out_fd > 0)
        close(sim->out_fd);
    sim->out_fd = -1;
    sim->proc.pid = 0;
    sim->proc.pidfd = -1;
}
