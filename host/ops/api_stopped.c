// SPDX-License-Identifier: Apache-2.0
/* What a loss limit stopped: by which, since when, until when, and what lifts it. A limit of the
 * day ends with the day, which nothing can hurry; a fall from the highest, and a floor, a person
 * lifts.
 */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "ops/api.h"
#include "ops/api_words.h"
#include "run/agent_state.h"
#include "sys/clock.h"

#define DAY_NS ((agon_ns_t)86400 * 1000000000)

static int is_of_day(uint16_t reason)
{
    return reason == REASON_DAILY_LOSS || reason == REASON_PORTFOLIO_DAILY_LOSS;
}

static int is_of_all(uint16_t reason)
{
    return reason == REASON_PORTFOLIO_DAILY_LOSS || reason == REASON_PORTFOLIO_DRAWDOWN ||
           reason == REASON_PORTFOLIO_EQUITY;
}

const char *api_stopped_state(uint16_t reason)
{
    return host_stopped_state(reason);
}

/* The day is engine time's. */
static agon_ns_t until_of(const struct host_view *view, uint16_t reason)
{
    return is_of_day(reason) ? (view->t / DAY_NS + 1) * DAY_NS : 0;
}

static void lift_text(const struct api *api, uint32_t slot, uint16_t reason, char *text,
                      size_t room)
{
    char t[CLOCK_TEXT];

    if (is_of_day(reason)) {
        clock_text(until_of(api->view, reason), t);
        snprintf(text, room,
                 "opens nothing more until the day turns at %.16s UTC; closing passes, and no "
                 "resume lifts it sooner",
                 t);
    } else if (is_of_all(reason)) {
        snprintf(text, room,
                 "opens nothing more until `agon ctl resume all` lifts it; closing passes");
    } else {
        snprintf(text, room,
                 "opens nothing more until `agon ctl resume %s` lifts it; closing passes",
                 api->view->slots[slot].name);
    }
}

void api_put_stopped(const struct api *api, uint32_t id, struct jout *out)
{
    const struct host_view_slot *slot = &api->view->slots[id];
    char text[160];

    if (slot->stop_reason == REASON_NONE)
        return;
    lift_text(api, id, slot->stop_reason, text, sizeof(text));
    jout_key(out, "stopped");
    jout_open(out, '{');
    jout_kv_str(out, "by", reason_name(slot->stop_reason));
    api_put_time(out, "since", slot->stop_t);
    api_put_time(out, "until", until_of(api->view, slot->stop_reason));
    jout_kv_str(out, "text", text);
    jout_close(out, '{');
}

static void put_halt(const struct api *api, uint32_t id, struct jout *out)
{
    const struct host_view_slot *slot = &api->view->slots[id];
    int is_all = is_of_all(slot->stop_reason);
    char text[160];

    lift_text(api, id, slot->stop_reason, text, sizeof(text));
    jout_open(out, '{');
    jout_kv_str(out, "scope", api_word(api_halt_scopes, is_all ? SCOPE_GLOBAL : SCOPE_SLOT));
    jout_kv_str(out, "of", is_all ? "all" : slot->name);
    jout_kv_str(out, "cause", api_stopped_state(slot->stop_reason));
    api_put_time(out, "since", slot->stop_t);
    jout_kv_str(out, "by", "risk gate");
    jout_kv_str(out, "reason", text);
    jout_kv_str(out, "code", reason_name(slot->stop_reason));
    jout_close(out, '{');
}

void api_put_stops(const struct api *api, struct jout *out)
{
    uint16_t seen = REASON_NONE; // what stops all is one row

    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        uint16_t reason = api->view->slots[id].stop_reason;

        if (!api->view->slots[id].is_used || reason == REASON_NONE ||
            (is_of_all(reason) && reason == seen))
            continue;
        if (is_of_all(reason))
            seen = reason;
        put_halt(api, id, out);
    }
}

#define LOST_TEXT (2 * MONEY_TEXT + 48)

/* Of the day, and what the limit counts of it where capital moved meanwhile. */
static const char *lost_text(const struct api *api, const struct host_view_slot *slot,
                             char text[LOST_TEXT])
{
    int exp = api->view->base_exp;
    int decimals = money_decimals(api->view->base_currency, exp);
    char lost[MONEY_TEXT], scaled[MONEY_TEXT];

    money_plain(slot->day_lost_amt > 0 ? slot->day_lost_amt : 0, exp, decimals, lost);
    money_plain(slot->day_scaled_amt > 0 ? slot->day_scaled_amt : 0, exp, decimals, scaled);
    if (strcmp(lost, scaled) == 0)
        (void)snprintf(text, LOST_TEXT, "%s is lost today", lost);
    else
        (void)snprintf(text, LOST_TEXT, "%s is lost today, scaled with the capital %s", lost,
                       scaled);
    return text;
}

void api_loss_text(const struct api *api, uint32_t id, uint16_t reason, char *text, size_t room)
{
    const struct host_view_slot *slot = &api->view->slots[id];
    const char *unit = api->view->base_currency;
    char limit[MONEY_TEXT], lost[LOST_TEXT], open[MONEY_TEXT], order[MONEY_TEXT], stands[160];
    int exp = api->view->base_exp;
    int decimals = money_decimals(unit, exp);

    text[0] = '\0';
    if (reason != REASON_DAILY_LOSS)
        return;
    if (slot->stop_reason != REASON_NONE) { // no size of an order and no larger limit passes now
        lift_text(api, id, slot->stop_reason, stands, sizeof(stands));
        snprintf(text, room, "daily_loss is %s %s, %s; %s",
                 money_plain(slot->limits.daily_loss_amt, exp, decimals, limit), unit,
                 lost_text(api, slot, lost), stands);
        return;
    }
    snprintf(text, room,
             "daily_loss is %s %s: %s, open orders could lose %s more, and the last "
             "order refused %s; a smaller order, or a larger limits.daily_loss, passes",
             money_plain(slot->limits.daily_loss_amt, exp, decimals, limit), unit,
             lost_text(api, slot, lost),
             money_plain(slot->loss_refused.open_amt, exp, decimals, open),
             money_plain(slot->loss_refused.order_amt, exp, decimals, order));
}

int api_day_stop_text(const struct api *api, uint32_t id, char *text, size_t room)
{
    const struct host_view_slot *slot = &api->view->slots[id];
    char t[CLOCK_TEXT];

    if (!slot->is_used || !is_of_day(slot->stop_reason))
        return 0;
    clock_text(until_of(api->view, slot->stop_reason), t);
    // Short: a terminal shows it on one line, to its end.
    snprintf(text, room, "%s stands until %.16s UTC, and no resume lifts it",
             is_of_all(slot->stop_reason) ? "the daily loss of all" : "its daily loss", t);
    return 1;
}
