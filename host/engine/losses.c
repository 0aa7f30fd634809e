// SPDX-License-Identifier: Apache-2.0
/* losses: what an alert says of a loss limit that was reached: what was lost, of what, what is
 * allowed, and what is done about it. */
#include <stdio.h>

#include "base/money.h"
#include "engine/impl.h"

struct said { /* of a limit */
    const char *what, *since;
    agon_amt_t limit_amt;
};

static const char *done(uint32_t on_breach, int is_short)
{
    if (on_breach == ON_BREACH_CLOSE)
        return is_short ? "closed" : "orders cancelled, positions closed";
    return on_breach == ON_BREACH_CANCEL ? "orders cancelled" : "no new risk";
}

static void raise_with_figures(struct engine *engine, uint16_t kind, uint16_t slot,
                               const struct risk_slot *risk, const struct said *said,
                               uint32_t on_breach)
{
    const struct asset *base = instruments_asset(&engine->table, engine->table.base_currency);
    const char *name = base != NULL ? base->name : "";
    int exp = base != NULL ? base->exp : 0;
    const size_t room = sizeof(((struct record_alert *)0)->text);
    char text[2 * sizeof(((struct record_alert *)0)->text)];
    char lost[MONEY_TEXT], from[MONEY_TEXT], limit[MONEY_TEXT], of[96] = "";
    size_t n = room;

    money_in(said->limit_amt, exp, name, limit);
    money_in(num_add(risk->breach_amt, -risk->breach_moved_amt), exp, name, lost);
    if (risk->breach_moved_amt !=
        0) // the limit follows capital that moves, and money lost does not
        (void)snprintf(of, sizeof(of), ", scaled with the capital %s",
                       money_in(risk->breach_amt, exp, name, from));
    else if (said->since != NULL)
        (void)snprintf(of, sizeof(of), " of %s %s",
                       money_in(risk->breach_base_amt, exp, name, from), said->since);
    // Of large amounts what is done about it is said in a word.
    for (int is_short = 0; is_short <= 1 && n >= room; is_short++) {
        const char *then = done(on_breach, is_short);

        n = (size_t)(said->since != NULL
                         ? snprintf(text, sizeof(text), "%s reached: lost %s %s%s, limit %s; %s",
                                    said->what, lost, name, of, limit, then)
                         // A floor: no loss, but what is left.
                         : snprintf(text, sizeof(text), "%s reached: equity %s %s, limit %s; %s",
                                    said->what, money_in(risk->equity_amt, exp, name, from), name,
                                    limit, then));
    }
    engine_raise(engine, kind, slot, 0, risk->breach_amt, said->limit_amt, text);
}

void losses_raise(struct engine *engine, uint16_t id, uint16_t reason)
{
    const struct slot_limits *limits = &engine->slots.all[id].limits;
    const struct risk_slot *risk = &engine->risk[id];
    const struct said said =
        reason == REASON_DAILY_LOSS
            ? (struct said){"daily loss", "at the day's begin", limits->daily_loss_amt}
            : (struct said){"drawdown", "at its highest",
                            risk_drawdown_amt(risk, limits->drawdown_ppm)};

    if (figures_are_whole(engine)) {
        raise_with_figures(engine, ALERT_LOSS_LIMIT, id, risk, &said, limits->on_breach);
        return;
    }
    engine_raise(engine, ALERT_LOSS_LIMIT, id, 0, risk->breach_amt, said.limit_amt,
                 limits->on_breach == ON_BREACH_CLOSE
                     ? "a slot reached a loss limit: its orders are cancelled, its positions closed"
                 : limits->on_breach == ON_BREACH_CANCEL
                     ? "a slot reached a loss limit: its orders are cancelled"
                     : "a slot reached a loss limit: it raises no new risk");
}

void losses_raise_all(struct engine *engine, uint16_t reason)
{
    const struct portfolio_limits *limits = &engine->portfolio_limits;
    const struct risk_slot *risk = &engine->portfolio;
    const struct said said =
        reason == REASON_PORTFOLIO_DAILY_LOSS
            ? (struct said){"daily loss of all", "at the day's begin", limits->daily_loss_amt}
        : reason == REASON_PORTFOLIO_DRAWDOWN
            ? (struct said){"drawdown of all", "at its highest",
                            risk_drawdown_amt(risk, limits->drawdown_ppm)}
            : (struct said){"floor of all", NULL, limits->equity_amt};

    if (figures_are_whole(engine)) {
        raise_with_figures(engine, ALERT_PORTFOLIO_LIMIT, ALERT_NO_SLOT, risk, &said,
                           limits->on_breach);
        return;
    }
    engine_raise(engine, ALERT_PORTFOLIO_LIMIT, ALERT_NO_SLOT, 0, risk->breach_amt, said.limit_amt,
                 limits->on_breach == ON_BREACH_CLOSE
                     ? "the portfolio reached a loss limit: all orders are cancelled, all "
                       "positions closed"
                 : limits->on_breach == ON_BREACH_CANCEL
                     ? "the portfolio reached a loss limit: all orders are cancelled"
                     : "the portfolio reached a loss limit: nobody raises new risk");
}
