// SPDX-License-Identifier: Apache-2.0
#include "run/keeper_watch.h"

#include <stdlib.h>

#define S        ((int64_t)1000000000)
#define WOKEN_NS (1 * S)   /* a keeper that stood still itself waits so long for a turn */
#define START_NS (120 * S) /* a journal may be long */
#define STOP_NS  (30 * S)  /* an orderly end waits for its cancels */

int keeper_watch_turn(struct keeper_watch *watch, const struct beat *beat, int64_t now_ns)
{
    // Whoever stood still cannot say that another did.
    if (now_ns - watch->tick_ns > S)
        watch->woken_ns = now_ns;
    watch->tick_ns = now_ns;
    if (beat != NULL && atomic_load(&beat->beat_ns) != watch->beat_ns) {
        watch->beat_ns = atomic_load(&beat->beat_ns);
        watch->seen_ns = now_ns;
    }
    if (beat == NULL || atomic_load(&beat->n_hosts) == watch->n_hosts)
        return 0;
    watch->n_hosts = atomic_load(&beat->n_hosts);
    watch->has_fired = 0;
    return 1;
}

/* How long may it be without a turn in its state? */
static int64_t patience(uint32_t state, int is_alive)
{
    if (state == BEAT_RUNNING || !is_alive)
        return KEEPER_QUIET_NS;
    return state == BEAT_STOPPING ? STOP_NS : START_NS;
}

int keeper_watch_is_gone(const struct keeper_watch *watch, const struct beat *beat, int is_alive,
                         int64_t now_ns)
{
    uint32_t state = atomic_load(&beat->state);
    int64_t quiet_ns = now_ns - atomic_load(&beat->beat_ns);

    // A turn that is yet to come is one of before this machine was started anew.
    if (quiet_ns < 0)
        quiet_ns = now_ns - watch->seen_ns;
    if (state == BEAT_NONE || state == BEAT_ENDED || watch->has_fired)
        return 0;
    return quiet_ns > patience(state, is_alive) && now_ns - watch->woken_ns > WOKEN_NS;
}

int keeper_rescue_new(struct rescue **rescue, const struct host_config *config, uint32_t at,
                      const struct beat *beat, const struct stream_port *stream, struct error *err)
{
    struct order_ids ids = {.journal = atomic_load(&beat->journal),
                            .since_run = atomic_load(&beat->since_run),
                            .n_earlier = atomic_load(&beat->n_earlier)};
    struct agon_instrument *instruments = calloc(HOST_INSTRUMENTS_MAX, sizeof(*instruments));
    uint32_t n = 0;
    int rc;

    *rescue = NULL;
    if (ids.n_earlier > ORDER_IDS_EARLIER)
        ids.n_earlier = ORDER_IDS_EARLIER;
    for (uint32_t i = 0; i < ids.n_earlier; i++) {
        ids.earlier[i].journal = atomic_load(&beat->earlier[i].journal);
        ids.earlier[i].since_run = atomic_load(&beat->earlier[i].since_run);
    }
    if (instruments == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < config->n_instruments; i++) {
        const struct host_instrument *from = &config->instruments[i];

        if (from->venue != at)
            continue;
        instruments[n].kind = from->kind != 0 ? from->kind : (uint8_t)INSTRUMENT_SPOT;
        instruments[n].px_exp = (int8_t)from->px_exp;
        instruments[n].qty_exp = (int8_t)from->qty_exp;
        instruments[n].tick_px = from->tick_px;
        instruments[n].lot_qty = from->lot_qty;
        memcpy(instruments[n].symbol, from->symbol, sizeof(from->symbol));
        n++;
    }
    rc = rescue_new(rescue, &config->venues[at], stream, &ids, instruments, n, err);
    free(instruments);
    return rc;
}
