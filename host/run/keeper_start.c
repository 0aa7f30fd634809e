// SPDX-License-Identifier: Apache-2.0
#include "run/keeper_start.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/exit.h"

#define TOLD_FIRST 7  /* tries: until they are half a minute apart */
#define TOLD_EACH  20 /* ... and from there on */

void keeper_start_want(struct keeper_start *start, int64_t now_ns)
{
    start->due_ns = now_ns + start->wait_ns;
}

int keeper_start_is_due(const struct keeper_start *start, int is_held, int64_t now_ns)
{
    return start->due_ns != 0 &&
           now_ns - start->due_ns >= (is_held ? KEEPER_START_MAX_NS : (int64_t)0);
}

void keeper_start_begun(struct keeper_start *start, int32_t pid)
{
    int64_t wait_ns = start->wait_ns == 0 ? KEEPER_START_MIN_NS : 2 * start->wait_ns;

    start->wait_ns = wait_ns < KEEPER_START_MAX_NS ? wait_ns : KEEPER_START_MAX_NS;
    start->due_ns = 0;
    start->pid = pid;
    start->n_tries++;
}

void keeper_start_failed(struct keeper_start *start, int64_t now_ns)
{
    keeper_start_begun(start, 0);
    keeper_start_want(start, now_ns);
}

int keeper_start_ended(struct keeper_start *start, int status, int64_t now_ns)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    start->pid = 0;
    if (code == EXIT_OK || code == EXIT_INTERRUPTED || number == SIGTERM || number == SIGINT)
        return 0;
    // These stay as they are until a person has changed a file.
    if (code == EXIT_FLAGS || code == EXIT_CONFIG)
        start->wait_ns = KEEPER_START_MAX_NS;
    keeper_start_want(start, now_ns);
    return 1;
}

void keeper_start_taken(struct keeper_start *start)
{
    start->due_ns = 0;
    start->pid = 0;
}

void keeper_start_ran(struct keeper_start *start)
{
    start->wait_ns = 0;
    start->n_tries = 0;
}

int keeper_start_is_told(const struct keeper_start *start)
{
    return start->n_tries <= TOLD_FIRST || start->n_tries % TOLD_EACH == 0;
}
