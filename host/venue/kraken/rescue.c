// SPDX-License-Identifier: Apache-2.0
/* rescue: how a dead host's orders are cancelled on Kraken: all of the account at once where it has
 * no others, else by their client ids.
 *
 * A nonce is the microseconds of this machine's clock here as in the host, and has to rise over
 * both. It does: this begins when nothing of the host leaves any more, asks one thing at a time,
 * and the next host begins later still. Where the clock was set back in between, the venue refuses
 * until it is ahead again; the dead-man's switch of the account does not wait for that. */
#include <stdio.h>

#include "venue/kraken/core.h"
#include "venue/rescue_wire.h"

static int open_rescue(const struct venue_config *config, const struct symbols *symbols,
                       void **self, struct error *err)
{
    struct kraken *kraken;

    if (kraken_open_reader(symbols, self) < 0)
        return error_set(err, AGON_ENOMEM, "out of memory");
    kraken = *self;
    snprintf(kraken->rest_path, sizeof(kraken->rest_path), "%s", config->rest_path);
    return kraken_take_key(kraken, config, err);
}

static int write_job(void *self, const struct rescue_job *jobs, uint32_t n, agon_ns_t venue_now,
                     agon_ns_t utc, struct gateway_http *http)
{
    static const char *const paths[] = {[RESCUE_LIST] = "/private/OpenOrders",
                                        [RESCUE_MANY] = "/private/CancelAll",
                                        [RESCUE_ORDER] = "/private/CancelOrder"};
    struct kraken *kraken = self;
    struct form form;
    char path[160];

    (void)venue_now;
    REQUIRE(n == 1);
    form_init(&form, http->body, sizeof(http->body));
    if (jobs->op == RESCUE_ORDER)
        form_add(&form, "cl_ord_id", jobs->client_id);
    snprintf(path, sizeof(path), "%s%s", kraken->rest_path, paths[jobs->op]);
    return kraken_sign_request(kraken, utc, path, &form, http);
}

static enum answer judge(void *self, const struct http_message *reply, char *text, size_t room)
{
    (void)self;
    return kraken_judge_answer(reply, text, room);
}

const struct rescue_wire kraken_rescue = {
    .reach = RESCUE_ACCOUNT,
    .is_serial = 1,
    .needs_no_symbol = 1,
    .batch = 1,
    // Of its counter, which sinks by one in three seconds: four lists in the first six, where the
    // host may have left as many. Cancels are not on it.
    .list_weight = 1,
    .share_ppm = 500000,
    .list_ns = 3000000000,
    .open = open_rescue,
    .close = kraken_close,
    .write = write_job,
    .judge = judge,
    .read_list = kraken_read_orders,
};
