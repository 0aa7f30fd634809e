// SPDX-License-Identifier: Apache-2.0
/* What ties a host to its keeper (host/keeper): the heartbeat, and what the keeper did in an
 * earlier host's place. */
#include <stdio.h>
#include <stdlib.h>

#include "market/alerts.h"
#include "run/host_impl.h"
#include "run/keeper_log.h"
#include "sys/log.h"

static int begin_on_ports(struct host *host)
{
    host->beat = host->config.ports->beat;
    if (host->beat == NULL)
        return AGON_OK;
    host->beat_before = atomic_load(&host->beat->state);
    host->pid_before = atomic_load(&host->beat->pid);
    beat_begin(host->beat, (int32_t)atomic_load(&host->beat->n_hosts), 0, clock_mono());
    return AGON_OK;
}

int host_beat_open(struct host *host, struct error *err)
{
    const struct beat *before;

    if (host->config.mode != RUN_LIVE)
        return AGON_OK;
    if (host->config.ports != NULL)
        return begin_on_ports(host);
    before = beat_look(host->config.dir, err);
    if (before != NULL) {
        host->beat_before = atomic_load(&before->state);
        host->pid_before = atomic_load(&before->pid);
        beat_close(before);
    }
    memset(err, 0, sizeof(*err));
    host->beat = beat_open(host->config.dir, err);
    return host->beat != NULL ? AGON_OK : err->code < 0 ? err->code : AGON_EIO;
}

_Static_assert(BEAT_EARLIER == ORDER_IDS_EARLIER, "the keeper knows all that the host knows");

void host_beat_ids(struct host *host)
{
    struct order_ids ids = engine_order_ids(host->engine);

    if (host->beat == NULL)
        return;
    atomic_store(&host->beat->journal, ids.journal);
    atomic_store(&host->beat->since_run, ids.since_run);
    for (uint32_t i = 0; i < ids.n_earlier; i++) {
        atomic_store(&host->beat->earlier[i].journal, ids.earlier[i].journal);
        atomic_store(&host->beat->earlier[i].since_run, ids.earlier[i].since_run);
    }
    atomic_store(&host->beat->n_earlier, ids.n_earlier);
}

void host_beat(struct host *host, uint32_t state, int64_t mono_ns)
{
    if (host->beat == NULL)
        return;
    host->has_beaten = 1;
    atomic_store_explicit(&host->beat->beat_ns, mono_ns, memory_order_relaxed);
    if (atomic_load_explicit(&host->beat->state, memory_order_relaxed) != state)
        atomic_store_explicit(&host->beat->state, state, memory_order_release);
}

void host_beat_close(struct host *host)
{
    if (host->beat == NULL)
        return;
    // One that never ran leaves the word of the one before: what that left open is still open.
    if (!host->has_beaten) {
        atomic_store(&host->beat->pid, host->pid_before);
        atomic_store(&host->beat->state, host->beat_before);
        atomic_fetch_add(&host->beat->n_hosts, 1);
    }
    if (host->config.ports == NULL)
        beat_close(host->beat);
    host->beat = NULL;
}

struct called host_called(struct host *host)
{
    return host->beat != NULL
               ? (struct called){.who = &host->beat->in_slot, .hash = &host->beat->in_hash}
               : (struct called){0};
}

static void on_line(void *ctx, const char *text)
{
    struct host *host = ctx;
    unsigned long long hash = 0;

    if (strncmp(text, KEEPER_HUNG, strlen(KEEPER_HUNG)) == 0 &&
        sscanf(text + strlen(KEEPER_HUNG), "%16llx", &hash) == 1 && host->n_hung < HOST_HUNG_MAX)
        host->hung[host->n_hung++] = __builtin_bswap64(hash); // as people see a binary's hash
    // The journal has it as an event, and whoever is alerted hears of it.
    host_alert(host, ALERT_KEEPER, ALERT_NO_SLOT, 0, 0, 0, "the keeper: %s", text);
}

int host_take_keeper_log(struct host *host, struct error *err)
{
    return host->beat != NULL && host->config.ports == NULL
               ? keeper_log_take(host->config.dir, on_line, host, err)
               : AGON_OK;
}

int host_has_hung(struct host *host, const unsigned char hash[HASH_SIZE])
{
    uint64_t first = 0;

    for (int i = 0; i < 8; i++)
        first |= (uint64_t)hash[i] << (8 * i);
    for (uint32_t i = 0; i < host->n_hung; i++) {
        if (host->hung[i] == first) {
            host->hung[i] = host->hung[--host->n_hung];
            return 1;
        }
    }
    return 0;
}
