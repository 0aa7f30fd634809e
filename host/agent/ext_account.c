// SPDX-License-Identifier: Apache-2.0
/* ext_account: agon.account/1 over the fold of the private ring. */
#include "agent/feed_fold.h"
#include "base/num.h"

static int capital(const struct agon_host *host, struct agon_capital *out)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);

    if (feed == NULL)
        return rc;
    if (out == NULL)
        return AGON_EINVAL;
    if (!feed->has_capital)
        return AGON_ENOENT;
    *out = feed->capital;
    return AGON_OK;
}

static agon_account_t own(const struct feed *feed, agon_account_t account)
{
    return account != 0 ? account : feed->setup.head.slot.account;
}

static int position(const struct agon_host *host, agon_account_t account, agon_instrument_t id,
                    struct agon_position *out)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct agon_position *found;

    if (feed == NULL)
        return rc;
    if (out == NULL)
        return AGON_EINVAL;
    if (instruments_get(&feed->instruments, id) == NULL)
        return AGON_ENOENT;
    // An instrument is traded on one account: 0 means that, whichever it is.
    found = account != 0 ? fold_position(feed, account, id) : fold_position_any(feed, id);
    if (found)
        *out = *found;
    else
        *out = (struct agon_position){
            .hdr = {.type = AGON_EVENT_POSITION, .granules = 1, .instrument = id},
            .account = own(feed, account)};
    return AGON_OK;
}

static int balance(const struct agon_host *host, agon_account_t account, agon_asset_t asset,
                   struct agon_balance *out)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct agon_balance *found;

    if (feed == NULL)
        return rc;
    if (out == NULL)
        return AGON_EINVAL;
    found = fold_balance(feed, own(feed, account), asset);
    if (found == NULL)
        return AGON_ENOENT;
    *out = *found;
    return AGON_OK;
}

/* A slot's limits keep their proportion to its capital, which tournaments move. The gate counts by
 * the steps in which it moved, so that a last unit may differ. */
static agon_amt_t scaled(const struct feed *feed, agon_amt_t limit_amt)
{
    agon_amt_t given_amt = feed->setup.head.slot.limits.capital_amt;

    if (!feed->has_capital || feed->capital.capital_amt <= 0 || given_amt <= 0)
        return limit_amt;
    return num_mul_div(limit_amt, feed->capital.capital_amt, given_amt, NUM_DOWN);
}

static agon_qty_t limit(const struct agon_host *host, agon_account_t account, agon_instrument_t id)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct agon_instrument *instrument;
    const struct agon_top10 *top;
    agon_amt_t limit_amt, lot_amt;
    int place;

    (void)account; // the limit is the slot's, whatever the account
    if (feed == NULL)
        return rc;
    instrument = instruments_get(&feed->instruments, id);
    if (instrument == NULL)
        return AGON_ENOENT;
    limit_amt = feed->setup.head.slot.limits.position_amt;
    if (limit_amt == 0)
        return INT64_MAX;
    limit_amt = scaled(feed, limit_amt);
    if (instrument->settle != feed->instruments.base_currency)
        return AGON_ENOTSUP;
    fold_late(feed);
    place = feed_place(feed, id);
    if (place < 0 || !feed->has_top[place])
        return AGON_EAGAIN;
    top = &feed->tops[place];
    if (top->n_bid == 0 || top->n_ask == 0)
        return AGON_EAGAIN;
    // How many lots are in the limit: a lot's notional at the dearer side, so that it is not more.
    lot_amt = instruments_notional(&feed->instruments, instrument, top->ask[0].px,
                                   instrument->lot_qty, NUM_AWAY);
    if (lot_amt <= 0)
        return AGON_EAGAIN;
    return num_mul(limit_amt / lot_amt, instrument->lot_qty);
}

const struct agon_host_account ext_account = {
    .capital = capital, .position = position, .balance = balance, .limit = limit};
