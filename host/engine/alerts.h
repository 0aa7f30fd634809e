// SPDX-License-Identifier: Apache-2.0
/* alerts: what the engine holds of alerts (market/alerts.h): the newest ones, who looked at them,
 * and those that it raised itself and that wait to become events.
 *
 * An alert of the core follows from an event, so a replay raises it again. It waits in a queue that
 * is part of the state until the driver has offered it as an ALERT event (engine_take_alert); an
 * event that is the one at the queue's head takes it out. So none is lost by a crash between the
 * two, and none comes twice. The same kind of the same slot and instrument within ten seconds is
 * counted and not raised again, unless it was acknowledged meanwhile. [core] */
#ifndef ENGINE_ALERTS_H
#define ENGINE_ALERTS_H

#include "base/codec.h"
#include "market/alerts.h"

#define ALERTS_KEPT    128 /* the newest; number n stands at n % ALERTS_KEPT */
#define ALERTS_WAITING 32  /* raised and not yet events; more are counted as lost */
#define ALERTS_FOLD_NS ((agon_ns_t)10 * 1000000000)

struct alert {
    uint64_t seq; /* of its event: its name for who acknowledges it */
    agon_ns_t t;
    uint16_t kind, slot;
    uint8_t level, is_acked;
    agon_instrument_t instrument;
    int64_t value, limit;
    char text[128];
};
struct alerts {
    struct alert all[ALERTS_KEPT];
    uint64_t n; /* that there ever were */
    uint64_t counts[ALERT_KINDS];
    uint64_t n_folded, n_lost;
    struct record_alert waiting[ALERTS_WAITING]; /* oldest first */
    uint32_t n_waiting;
};

void alerts_save(const struct alerts *alerts, struct enc *enc);
int alerts_load(struct alerts *alerts, struct dec *dec);

#endif
