// SPDX-License-Identifier: Apache-2.0
/* What others see of a process runner; run_process.h has its words. */
#include "agent/run_process_impl.h"

uint64_t run_process_cpu_ms(const struct run_process *run)
{
    return atomic_load_explicit(&run->cpu_ms, memory_order_relaxed);
}

const _Atomic uint32_t *run_process_bell(const struct run_process *run)
{
    return &run->shm->bell;
}

const unsigned char *run_process_state(const struct run_process *run, uint64_t *n)
{
    *n = run->n_state;
    return run->state;
}

void run_process_fault(const struct run_process *run, int32_t *signal, uint64_t *ip,
                       uint64_t *address)
{
    *signal = run->signal;
    *ip = run->ip;
    *address = run->address;
}

const struct runner_port *run_process_port(struct run_process *run)
{
    return &run->port;
}

enum process_end run_process_end(const struct run_process *run, const char **why)
{
    if (why)
        *why = run->why;
    return run->end;
}

uint32_t run_process_layers(const struct run_process *run)
{
    return run->layers;
}

void run_process_info(const struct run_process *run, struct plugin_info *info)
{
    memcpy(info, &run->shm->info, sizeof(*info));
    plugin_info_bound(info);
}

int run_process_pid(const struct run_process *run)
{
    return run->end == PROCESS_RUNS ? run->proc.pid : -1;
}

const struct feed_beat *run_process_beat(const struct run_process *run)
{
    return &run->shm->beat;
}
