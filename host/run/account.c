// SPDX-License-Identifier: Apache-2.0
/* One host at a time trades an account: the locks of this machine. What other machines do is seen
 * by the gateway (venue/binance/guard.c). */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "run/host_impl.h"
#include "sys/log.h"

#define HALT_NS ((int64_t)1 * 1000000000)
/* What is under way to an exchange may take a request's validity (recvWindow, 5 s) to be judged. */
#define CLEAR_NS     ((int64_t)7 * 1000000000)
#define TAKE_OVER_NS (HALT_NS + CLEAR_NS + (int64_t)2 * 1000000000)

void host_claims_init(struct host *host)
{
    lock_init(&host->claim_lock);
    for (uint32_t i = 0; i < 2 * HOST_VENUES_MAX; i++)
        claim_init(&host->claims[i]);
}

void host_claims_close(struct host *host)
{
    for (uint32_t i = 0; i < 2 * HOST_VENUES_MAX; i++)
        claim_close(&host->claims[i]);
    lock_deinit(&host->claim_lock);
}

/* Which exchange an account number or key is of. The real one has several names; of what listens on
 * this machine each port is another one. Before a simulator a test may stand for another machine
 * (AGON_MACHINE, any text); before a real exchange nothing in the environment loosens the lock. */
static int exchange_of(const struct venue_config *venue, char *text, size_t room)
{
    const char *name = venue->rest.host;
    int is_local = strcmp(name, "127.0.0.1") == 0 || strcmp(name, "::1") == 0 ||
                   strcmp(name, "localhost") == 0;
    const char *machine = is_local ? getenv("AGON_MACHINE") : NULL;

    return is_local
               ? snprintf(text, room, "%s %s:%u%s%.16s", venue->dialect, name, venue->rest.port,
                          machine != NULL ? " " : "", machine != NULL ? machine : "")
               : snprintf(text, room, "%s", venue->dialect);
}

static int take(struct host *host, uint32_t at, struct error *err)
{
    const char *name = host->claim_names[at];
    int rc = AGON_OK;

    lock_take(&host->claim_lock);
    if (host->claims[at].fd < 0)
        rc = claim_take(&host->claims[at], name, err);
    if (rc == AGON_EBUSY && host->config.is_take_over) {
        struct error why = {0};

        log_warn("host", "take-over", "another host trades this account (%s): it is asked to stop",
                 err->text);
        rc = claim_take_over(&host->claims[at], name, TAKE_OVER_NS, &why);
        if (rc < 0) {
            // Hung, or of another user: what it still sends, the venue shows.
            log_error("host", "take-over", "the other host keeps its lock (%s); this one goes on",
                      why.text);
            rc = AGON_OK;
        }
        memset(err, 0, sizeof(*err));
    }
    lock_give(&host->claim_lock);
    if (rc < 0)
        error_wrap(err, "another host trades this account (stop it, or start this one with "
                        "--take-over)");
    return rc;
}

int host_claim_keys(struct host *host, struct error *err)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; i < host->n_lines && rc >= 0; i++) {
        const struct venue_config *venue = &host->config.venues[i];
        unsigned char digest[HASH_SIZE];
        char hex[2 * HASH_SIZE + 1];
        struct hash hash;
        int n;

        if (host->config.mode != RUN_LIVE || !venue->is_guarded)
            continue;
        hash_init(&hash);
        hash_update(&hash, "agon account key", 16);
        hash_update(&hash, venue->key.bytes, venue->key.n);
        hash_final(&hash, digest);
        hash_hex(digest, hex);
        n = exchange_of(venue, host->claim_names[2 * i], sizeof(host->claim_names[0]));
        if (n > 0 && (size_t)n < sizeof(host->claim_names[0]))
            snprintf(host->claim_names[2 * i] + n, sizeof(host->claim_names[0]) - (size_t)n,
                     " key %.32s", hex);
        rc = take(host, 2 * i, err);
    }
    return rc;
}

int host_claim_account(void *ctx, uint16_t venue, const char *account, struct error *err)
{
    struct host *host = ctx;
    uint32_t at = 2 * (venue - 1u) + 1;
    char exchange[72];

    if (venue == 0 || venue > host->n_lines)
        return AGON_OK;
    exchange_of(&host->config.venues[venue - 1], exchange, sizeof(exchange));
    lock_take(&host->claim_lock);
    snprintf(host->claim_names[at], sizeof(host->claim_names[0]), "%.71s account %.24s", exchange,
             account);
    lock_give(&host->claim_lock);
    return take(host, at, err);
}

/* Nothing new leaves from here on, and what is open goes, before the other one begins; also what is
 * still under way to the exchange, which the other one would see come up and take for a rival's. */
static void stand_back(struct host *host)
{
    struct record_command_by halt = {.command = {.kind = COMMAND_HALT,
                                                 .scope = SCOPE_GLOBAL,
                                                 .which = HALT_OPERATOR,
                                                 .reason = REASON_OTHER_HOST},
                                     .who = "another host",
                                     .why = "it took this account over (--take-over)"};
    struct record_command_by cancel = {
        .command = {.kind = COMMAND_CANCEL_ALL, .scope = SCOPE_GLOBAL, .reason = REASON_OTHER_HOST},
        .who = "another host",
        .why = "it took this account over (--take-over)"};
    uint64_t seq;

    host_alert(host, ALERT_TWO_HOSTS, ALERT_NO_SLOT, 0, 0, 0,
               "another host takes this account over: order entry is halted, what is open is "
               "cancelled");
    log_error("host", "taken-over",
              "another host takes this account over: order entry is halted, what is open is "
              "cancelled; `agon ctl resume` trades on beside it");
    if (host_order(host, &halt, HALT_NS, &seq) < 0)
        log_error("host", "taken-over", "the engine did not take the halt in time");
    host_clear_orders(host, &cancel, CLEAR_NS, -1);
}

void host_mind_claims(struct host *host)
{
    int is_asked = 0;

    lock_take(&host->claim_lock);
    for (uint32_t i = 0; i < 2 * HOST_VENUES_MAX; i++)
        is_asked |= claim_is_asked(&host->claims[i]);
    lock_give(&host->claim_lock);
    if (!is_asked)
        return;
    stand_back(host);
    lock_take(&host->claim_lock);
    for (uint32_t i = 0; i < 2 * HOST_VENUES_MAX; i++)
        claim_give(&host->claims[i]);
    lock_give(&host->claim_lock);
}

int host_is_refused_account(struct host *host, char *why, size_t room)
{
    uint8_t refusal;

    lock_take(&host->io_lock);
    refusal = host->io_status.refusal;
    snprintf(why, room, "%s", host->io_status.refusal_text);
    lock_give(&host->io_lock);
    if (refusal != 0 && atomic_exchange(&host->is_refusal_told, 1) == 0)
        host_alert(host, refusal == GATEWAY_REFUSED_RIGHTS ? ALERT_CREDENTIAL : ALERT_TWO_HOSTS,
                   ALERT_NO_SLOT, 0, 0, 0, "%s", why);
    return refusal != 0;
}
