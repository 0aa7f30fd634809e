// SPDX-License-Identifier: Apache-2.0
/* What the core thread looks at once a second and alerts of: venues that cannot be reached or bar
 * us, keys that are refused, orders on our accounts that are not ours, a disk too slow for orders,
 * requests that stay unconfirmed. Each is told once when it begins; it is told again when it has
 * ended and comes back. */
#include "base/span.h"
#include "run/host_impl.h"
#include "sys/log.h"

#define LOOK_NS        ((int64_t)1000000000)
#define DOWN_NS        ((int64_t)5 * 1000000000)  /* an absence that is no mere reconnect */
#define CONNECT_NS     ((int64_t)5 * 1000000000)  /* a wait for the connect limit that is felt */
#define LATE_NS        ((int64_t)60 * 1000000000) /* without one more order that was too late */
#define UNCONFIRMED_NS ((int64_t)30 * 1000000000) /* two proofs of absence take less */

/* Alerts of one kind that come within seconds are folded into one. What is another venue's is said
 * all the same: at the next look at which it is no repetition. */
static int may_tell(struct host *host, uint16_t kind, uint16_t slot, agon_instrument_t instrument)
{
    struct record_alert alert = {.kind = kind, .slot = slot};

    alert.hdr.instrument = instrument;
    if ((host->watch.told >> kind & 1) != 0 || engine_is_repeated_alert(host->engine, &alert))
        return 0;
    host->watch.told |= (uint64_t)1 << kind;
    return 1;
}

static void look_at_reach(struct host *host, struct host_watched *seen,
                          const struct venue_config *venue, const struct gateway_status *now,
                          int64_t mono)
{
    int is_silent = now->health == GATEWAY_DOWN;
    int is_down = is_silent || (seen->was_ready && !now->is_ready && now->refusal == 0);

    seen->was_ready |= host->config.mode == RUN_LIVE && now->is_ready;
    if (!is_down) {
        if (seen->is_down_told)
            log_info_with("host", "venue-back",
                          LOG_FIELDS(LOG_TEXT("venue", venue->name),
                                     LOG_NUMBER("down_ns", mono - seen->down_ns)),
                          "%s: it is reached again", venue->name);
        seen->down_ns = 0;
        seen->is_down_told = 0;
        return;
    }
    if (seen->down_ns == 0)
        seen->down_ns = mono;
    if (seen->is_down_told || mono - seen->down_ns < DOWN_NS ||
        !may_tell(host, ALERT_VENUE_DOWN, ALERT_NO_SLOT, 0))
        return;
    seen->is_down_told = 1;
    host_alert(host, ALERT_VENUE_DOWN, ALERT_NO_SLOT, 0, mono - seen->down_ns, DOWN_NS, "%.31s: %s",
               venue->name,
               is_silent ? "it cannot be reached: neither prices nor answers come"
                         : "our account cannot be read: no new order leaves");
}

static void look_at_limits(struct host *host, struct host_watched *seen,
                           const struct venue_config *venue, const struct gateway_status *now)
{
    int64_t wait_ns = now->barred_ns;
    char time[SPAN_TEXT];

    if (now->connect_wait_ns == 0)
        seen->is_wait_told = 0;
    if (now->n_barred == seen->n_barred &&
        (seen->is_wait_told || now->connect_wait_ns < CONNECT_NS))
        return;
    if (!may_tell(host, ALERT_VENUE_LIMIT, ALERT_NO_SLOT, 0))
        return;
    if (now->connect_wait_ns > wait_ns)
        wait_ns = now->connect_wait_ns;
    host_alert(host, ALERT_VENUE_LIMIT, ALERT_NO_SLOT, 0, wait_ns, 0, "%.31s: %s for %s",
               venue->name,
               now->n_barred != seen->n_barred ? "it wants fewer requests, and is sent none"
                                               : "its connect limit is waited for",
               span_text((wait_ns + 999999999) / 1000000000 * 1000000000, time));
    seen->n_barred = now->n_barred;
    seen->is_wait_told = now->connect_wait_ns > 0;
}

static void look_at_account(struct host *host, struct host_watched *seen,
                            const struct venue_config *venue, const struct gateway_status *now)
{
    uint32_t n_strangers = now->n_foreign_open - now->n_other_open;

    if (!now->is_auth_halted)
        seen->is_key_told = 0;
    if (now->is_auth_halted && !seen->is_key_told &&
        may_tell(host, ALERT_CREDENTIAL, ALERT_NO_SLOT, 0)) {
        seen->is_key_told = 1;
        host_alert(host, ALERT_CREDENTIAL, ALERT_NO_SLOT, 0, 0, 0,
                   "%.31s: it refuses our key (%.56s): no new order leaves", venue->name,
                   now->auth_text);
    }
    if (now->n_rivals != seen->n_rivals && may_tell(host, ALERT_TWO_HOSTS, ALERT_NO_SLOT, 0)) {
        host_alert(host, ALERT_TWO_HOSTS, ALERT_NO_SLOT, 0, now->n_other_open, 0,
                   "%.31s: another host trades this account: order entry is halted", venue->name);
        seen->n_rivals = now->n_rivals;
    }
    if (n_strangers > seen->n_strangers && !may_tell(host, ALERT_FOREIGN_ORDER, ALERT_NO_SLOT, 0))
        return;
    if (n_strangers > seen->n_strangers)
        host_alert(host, ALERT_FOREIGN_ORDER, ALERT_NO_SLOT, 0, n_strangers, 0,
                   "%.31s: %u open orders on our account are not ours", venue->name, n_strangers);
    seen->n_strangers = n_strangers;
}

/* An order that the disk was too slow for is the agent's to see, as one that was not sent; that
 * none leaves any more is the operator's. */
static void look_at_journal(struct host *host, struct host_watched *seen,
                            const struct venue_config *venue, const struct gateway_status *now,
                            int64_t mono)
{
    uint64_t n = now->n_late - seen->n_late;

    if (n == 0) {
        seen->is_late_told &= (uint8_t)(mono - seen->late_ns < LATE_NS);
        return;
    }
    seen->late_ns = mono;
    if (!seen->is_late_told && !may_tell(host, ALERT_SLOW_JOURNAL, ALERT_NO_SLOT, 0))
        return;
    seen->n_late = now->n_late;
    if (seen->is_late_told)
        return;
    seen->is_late_told = 1;
    host_alert(
        host, ALERT_SLOW_JOURNAL, ALERT_NO_SLOT, 0, (int64_t)n, 0,
        "%.31s: orders were not sent (not on disk within %lld ms); next: a faster disk, or a "
        "longer `hold`",
        venue->name, (long long)(venue->hold_ns / 1000000));
}

/* The slot's request that waits longest for its proof. */
static void look_at_requests(struct host *host, uint16_t slot)
{
    agon_ns_t t = engine_t(host->engine);
    struct order *order = NULL;
    char time[SPAN_TEXT];

    while ((order = orders_next(engine_orders(host->engine), slot, order)) != NULL) {
        // Requests are stamped in market time; what becomes of them is a matter of real time.
        int64_t age_ns = (t - order->t_request) / host->config.speed_milli * 1000;

        if (order->request_state != AGON_REQUEST_UNKNOWN || age_ns < UNCONFIRMED_NS)
            continue;
        if (order->id == host->watch.unconfirmed[slot] ||
            !may_tell(host, ALERT_UNCONFIRMED, slot, order->instrument))
            return;
        host->watch.unconfirmed[slot] = order->id;
        host_alert(host, ALERT_UNCONFIRMED, slot, order->instrument, age_ns, UNCONFIRMED_NS,
                   "a request of %.31s has been unconfirmed for %s: its venue is asked on",
                   engine_slots(host->engine)->all[slot].name,
                   span_text(age_ns - age_ns % 1000000000, time));
        return;
    }
}

void host_watch(struct host *host, int64_t mono)
{
    struct host_watch *watch = &host->watch;

    if (mono - watch->looked_ns < LOOK_NS)
        return;
    watch->looked_ns = mono;
    watch->told = 0;
    for (uint32_t i = 0; i < host->n_lines; i++) {
        const struct venue_config *venue = &host->config.venues[i];

        lock_take(&host->io_lock);
        watch->now = host->io_each[i];
        lock_give(&host->io_lock);
        look_at_reach(host, &watch->lines[i], venue, &watch->now, mono);
        look_at_limits(host, &watch->lines[i], venue, &watch->now);
        look_at_account(host, &watch->lines[i], venue, &watch->now);
        look_at_journal(host, &watch->lines[i], venue, &watch->now, mono);
    }
    for (uint16_t slot = 0; slot < engine_slots(host->engine)->n; slot++)
        look_at_requests(host, slot);
}
