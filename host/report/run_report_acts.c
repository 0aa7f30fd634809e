// SPDX-License-Identifier: Apache-2.0
/* run_report_acts: who stopped whom, and why: commands of operators, what the host halts by itself,
 * limits of loss that were reached, a tournament that was taken back, how runs begin and end.
 *
 * An operator's command says who gave it, in his words why. What a command follows from that is not
 * his (a slot of which the plugin is loaded anew, a place that is free again) has no name. */
#include <string.h>

#include "args/args.h"
#include "base/money.h"
#include "market/alerts.h"
#include "market/instrument_kind.h"
#include "market/reasons.h"
#include "report/run_report_impl.h"
#include "score/undone.h"

#define BY_TEXT (COMMAND_WHO + COMMAND_WHY + 16)

static const struct record_command_by *by_of(const struct record_command *command)
{
    return event_bytes(&command->hdr) >= sizeof(struct record_command_by)
               ? (const struct record_command_by *)(const void *)command
               : NULL;
}

static int is_by(const struct record_command *command, const char *who)
{
    const struct record_command_by *by = by_of(command);

    return by != NULL && strcmp(by->who, who) == 0;
}

/* " by root: too wild"; who: where the command names nobody. */
static const char *by_text(const struct record_command *command, const char *who,
                           char text[BY_TEXT])
{
    static const struct {
        const char *who, *said;
    } words[] = {{"host", "the host"},     {"start", "its start"},
                 {"file", "a file"},       {"signal", "a signal"},
                 {"keeper", "the keeper"}, {"watch", "its file, which was saved"}};
    const struct record_command_by *by = by_of(command);

    if (by != NULL && by->who[0] != '\0')
        who = args_safe(by->who);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(who, words[i].who) == 0)
            who = words[i].said;
    }
    snprintf(text, BY_TEXT, " by %.31s%s%.95s", who, by != NULL && by->why[0] != '\0' ? ": " : "",
             by != NULL ? args_safe(by->why) : "");
    return text;
}

#define NAME_TEXT RUN_REPORT_NAME
/* "binance"; of a journal that names no venue "venue 1". */
static const char *venue_of(const struct run_report *story, uint32_t venue, char text[NAME_TEXT])
{
    if (venue <= VENUES_MAX && story->venues[venue][0] != '\0')
        snprintf(text, NAME_TEXT, "%.23s", args_safe(story->venues[venue]));
    else
        snprintf(text, NAME_TEXT, "venue %u", venue);
    return text;
}

char *run_report_symbol(const struct run_report *story, agon_instrument_t id,
                        char text[RUN_REPORT_NAME])
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct agon_instrument *instrument = instruments_get(table, id);
    char venue[NAME_TEXT];
    int is_alone = 1, is_of_venue = 0, is_of_kind = 1; /* what sets it apart */

    for (uint32_t i = 1; instrument != NULL && i <= table->n_instruments; i++) {
        const struct agon_instrument *other = instruments_get(table, (agon_instrument_t)i);

        if (other == NULL || i == id || strcmp(other->symbol, instrument->symbol) != 0)
            continue;
        is_alone = 0;
        is_of_venue |= other->venue != instrument->venue;
        is_of_kind &=
            instrument_kind_has_coins(other->kind) != instrument_kind_has_coins(instrument->kind);
    }
    // A backtest's journal names no venues.
    if (is_of_venue && is_of_kind && instrument->venue <= VENUES_MAX)
        is_of_venue = story->venues[instrument->venue][0] != '\0';
    if (instrument == NULL)
        snprintf(text, RUN_REPORT_NAME, "-");
    else if (is_of_venue)
        snprintf(text, RUN_REPORT_NAME, "%.23s:%.24s", venue_of(story, instrument->venue, venue),
                 instrument->symbol);
    else // files of a backtest are of one venue, whatever their market
        snprintf(text, RUN_REPORT_NAME, "%.24s%s", instrument->symbol,
                 is_alone || instrument_kind_has_coins(instrument->kind) ? "" : " perpetual");
    return text;
}

/* Which orders or positions a halt, a cancel or a flatten is of. */
static const char *scope_text(const struct run_report *story, const struct record_command *command,
                              char text[NAME_TEXT + 16])
{
    char name[NAME_TEXT];

    if (command->scope == SCOPE_SLOT)
        snprintf(text, NAME_TEXT + 16, "its");
    else if (command->scope == SCOPE_INSTRUMENT)
        snprintf(text, NAME_TEXT + 16, "in %s, all",
                 run_report_symbol(story, (agon_instrument_t)command->id, name));
    else if (command->scope == SCOPE_VENUE)
        snprintf(text, NAME_TEXT + 16, "on %s, all", venue_of(story, command->id, name));
    else
        snprintf(text, NAME_TEXT + 16, "all");
    return text;
}

static uint16_t slot_of(const struct record_command *command)
{
    return command->scope == SCOPE_SLOT || command->kind == COMMAND_SLOT_CONDITION ||
                   command->kind == COMMAND_SLOT_STAGE || command->kind == COMMAND_LIMIT
               ? (uint16_t)command->id
               : UINT16_MAX;
}

static struct run_report_happening *say(struct run_report *story,
                                        const struct record_command *command, const char *what,
                                        const char *by)
{
    return run_report_happen(story, command->hdr.t, slot_of(command), RUN_REPORT_COMMAND, "%s%s",
                             what, by);
}

/* --- halts --- */

static void on_halt(struct run_report *story, const struct record_command *command)
{
    int is_set = command->kind == COMMAND_HALT;
    int is_kill = command->reason == REASON_KILL || command->which == HALT_KILL;
    char scope[NAME_TEXT + 16], what[NAME_TEXT + 48], by[BY_TEXT];
    struct run_report_happening *one;

    if (command->scope == SCOPE_GLOBAL && command->which == HALT_STOPPING) {
        // An orderly end has three commands, and is one thing.
        if (is_set)
            (void)run_report_happen(story, command->hdr.t, UINT16_MAX, RUN_REPORT_RUN,
                                    "the host ends: nothing new is sent, open orders are "
                                    "cancelled");
        story->is_ended |= (uint8_t)is_set;
        return;
    }
    if (!is_set && is_kill)
        snprintf(what, sizeof(what), "the kill switch is lifted");
    else
        snprintf(what, sizeof(what), "%s trading is %s", scope_text(story, command, scope),
                 is_set ? "halted" : "resumed");
    one = say(story, command, what, by_text(command, "an operator", by));
    if (one != NULL)
        one->is_marked = is_set && command->scope == SCOPE_SLOT;
}

/* --- orders and positions --- */

static void on_close(struct run_report *story, const struct record_command *command)
{
    struct run_report_happening *last =
        story->n_happenings > 0 ? &story->happenings[story->n_happenings - 1] : NULL;
    int is_flat = command->kind == COMMAND_FLATTEN;
    char scope[NAME_TEXT + 16], name[NAME_TEXT], what[224], by[BY_TEXT];

    if (command->reason == REASON_SLOT_GONE || (is_by(command, "host") && story->is_ended))
        return; // as the roster has it of a plugin that ended, or of the end itself
    if (last != NULL && by_of(command) == NULL && command->scope == SCOPE_SLOT &&
        last->kind == RUN_REPORT_COMMAND && last->slot == command->id &&
        last->t == command->hdr.t && last->is_unloaded) {
        strncat(last->text, is_flat ? ", its positions are closed" : ", its positions are kept",
                sizeof(last->text) - strlen(last->text) - 1);
        return;
    }
    if (command->scope == SCOPE_SLOT && !is_flat && command->which == CANCEL_ORDER)
        snprintf(what, sizeof(what), "one of its orders is cancelled");
    else if (command->scope == SCOPE_SLOT && is_flat && command->value != 0)
        snprintf(what, sizeof(what), "its position in %s is closed",
                 run_report_symbol(story, (agon_instrument_t)command->value, name));
    else if (!is_flat)
        snprintf(what, sizeof(what), "%s %sorders are cancelled", scope_text(story, command, scope),
                 command->which == CANCEL_NON_REDUCING ? "risk-raising " : "");
    else
        snprintf(what, sizeof(what), "%s orders are cancelled, %s positions closed",
                 scope_text(story, command, scope), command->scope == SCOPE_SLOT ? "its" : "all");
    // What a plugin's roster says of its orders at a reload has nobody's name.
    (void)say(story, command, what,
              by_text(command,
                      command->scope == SCOPE_SLOT && by_of(command) == NULL
                          ? "the rule for its reload"
                          : "an operator",
                      by));
}

/* --- slots --- */

static void on_condition(struct run_report *story, const struct record_command *command)
{
    const struct record_command *who = command;
    struct run_report_happening *one;
    char by[BY_TEXT];

    if (command->reason == REASON_SLOT_GONE) {
        (void)say(story, command,
                  command->value == CONDITION_QUARANTINED
                      ? "is quarantined: this host refuses its plugin file"
                      : "is suspended: it has no plugin, or the roster does not name it",
                  "");
        return;
    }
    if (command->value == CONDITION_ACTIVE) {
        (void)say(story, command, "is active again",
                  by_of(command) != NULL ? by_text(command, "an operator", by) : "");
        return;
    }
    if (command->value != CONDITION_RETIRED) {
        (void)say(story, command,
                  command->value == CONDITION_QUARANTINED ? "is quarantined" : "is suspended",
                  by_text(command, "an operator", by));
        return;
    }
    if (by_of(command) == NULL && story->asked.command.which != 0 &&
        (story->asked.command.scope == SCOPE_GLOBAL || story->asked.command.id == command->id))
        who = &story->asked.command;
    one = say(story, command, "is unloaded", by_text(who, "an operator", by));
    if (one != NULL)
        one->is_marked = one->is_unloaded = 1;
}

/* What it brought has lines of its own. */
static void on_asked(struct run_report *story, const struct record_command *command)
{
    static const struct {
        uint8_t kind;
        const char *said;
    } words[] = {{ASKED_APPLY, "a roster is applied"},
                 {ASKED_RELOAD, "a reload is asked for"},
                 {ASKED_ROLLBACK, "a roll back is asked for"},
                 {ASKED_PARAM, "a parameter is set"},
                 {ASKED_CLEAR, "a quarantine is lifted"}};
    char by[BY_TEXT];

    // That it is unloaded is one line, which has the name; who is not in a roster is unloaded too.
    if ((command->which == ASKED_UNLOAD || command->which == ASKED_APPLY) && by_of(command) != NULL)
        story->asked = *by_of(command);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].kind == command->which)
            (void)say(story, command, words[i].said, by_text(command, "an operator", by));
    }
}

/* --- tournaments --- */

static void on_undo(struct run_report *story, struct engine *engine,
                    const struct record_command *command)
{
    struct run_report_happening *one;
    char text[PLAN_UNDONE_TEXT];

    for (uint32_t i = 0; i < RUN_REPORT_PLANS && i < story->n_plans; i++) {
        union plan_event *plan = &story->plans[i];

        if (!plan_undo(plan, &command->hdr, engine_undone_amt(engine)))
            continue;
        one = run_report_happen(story, command->hdr.t, UINT16_MAX, RUN_REPORT_UNDONE,
                                "tournament %u is %s", plan->plan.number,
                                plan_undone_text(plan, plan->in_memory.currency, text));
        if (one != NULL)
            one->number = plan->plan.number;
    }
}

/* --- all of them --- */

void run_report_on_command(struct run_report *story, struct engine *engine,
                           const struct record_command *command)
{
    char text[64], by[BY_TEXT];

    // The host's own, by which it ends, are not told where it says so itself.
    if (story->t_end != 0 && command->hdr.t > story->t_end)
        return;
    switch (command->kind) {
    case COMMAND_HALT:
    case COMMAND_RESUME:
        on_halt(story, command);
        break;
    case COMMAND_CANCEL_ALL:
    case COMMAND_FLATTEN:
        on_close(story, command);
        break;
    case COMMAND_KILL:
        (void)run_report_happen(story, command->hdr.t, UINT16_MAX, RUN_REPORT_COMMAND,
                                "the kill switch is thrown%s; all orders are cancelled",
                                by_text(command, "an operator", by));
        break;
    case COMMAND_STOP:
        story->stop_seq = command->hdr.seq;
        (void)run_report_happen(story, command->hdr.t, UINT16_MAX, RUN_REPORT_COMMAND,
                                "everything is stopped%s; all orders are cancelled, all positions "
                                "closed",
                                by_text(command, "an operator", by));
        break;
    case COMMAND_SLOT_CONDITION:
        on_condition(story, command);
        break;
    case COMMAND_SLOT_STAGE:
        snprintf(text, sizeof(text), "its stage is %s", slot_stage_name((uint8_t)command->value));
        (void)say(story, command, text, by_text(command, "the roster", by));
        break;
    case COMMAND_ASKED:
        on_asked(story, command);
        break;
    case COMMAND_UNDO_PLAN:
        on_undo(story, engine, command);
        break;
    default:
        break;
    }
}

/* --- what the engine and the host stop by themselves --- */

/* What a limit that was reached did: behind the colon of the alert's text. */
static const char *effect_of(const struct record_alert *alert)
{
    const char *colon = strchr(alert->text, ':');

    return colon != NULL ? colon + 1 : "";
}

static void follows(struct run_report_happening *one, const struct record_alert *alert)
{
    if (one != NULL && alert->cause_seq != 0)
        one->from_seq = alert->cause_seq;
}

static void on_breach(struct run_report *story, struct engine *engine,
                      const struct record_alert *alert, const struct risk_slot *risk)
{
    const struct instruments *table = engine_instruments(engine);
    const struct asset *base = instruments_asset(table, table->base_currency);
    int exp = base != NULL ? base->exp : 8;
    const char *name = base != NULL ? base->name : "";
    char lost[MONEY_TEXT], limit[MONEY_TEXT];
    struct run_report_happening *one;

    money_in(alert->value, exp, name, lost);
    money_in(alert->limit, exp, name, limit);
    one = run_report_happen(story, alert->hdr.t, alert->slot, RUN_REPORT_STOPPED,
                            "%s by the limit %s: %s %s %s, the limit is %s;%s",
                            alert->slot == ALERT_NO_SLOT ? "everybody is stopped" : "is stopped",
                            reason_name(risk->breach_reason),
                            risk->breach_reason == REASON_PORTFOLIO_EQUITY ? "below the floor by"
                                                                           : "lost",
                            lost, name, limit, effect_of(alert));
    if (one != NULL)
        one->is_marked = alert->slot != ALERT_NO_SLOT;
    follows(one, alert);
}

void run_report_on_alert(struct run_report *story, struct engine *engine,
                         const struct record_alert *alert)
{
    switch (alert->kind) {
    case ALERT_LOSS_LIMIT:
        if (alert->slot < SLOTS_MAX)
            on_breach(story, engine, alert, engine_risk(engine, alert->slot));
        break;
    case ALERT_PORTFOLIO_LIMIT:
        on_breach(story, engine, alert, engine_portfolio(engine));
        break;
    case ALERT_STOP: // that it begins is the command's line
        if (alert->cause_seq == story->stop_seq)
            break;
        __attribute__((fallthrough));
    case ALERT_COMMON_CRASH:
    case ALERT_LIQUIDATION:
    case ALERT_OVERFLOW:
    case ALERT_CARD_STOP:
        follows(run_report_happen(story, alert->hdr.t, alert->slot, RUN_REPORT_STOPPED, "%s",
                                  args_safe(alert->text)),
                alert);
        break;
    default:
        break;
    }
}

void run_report_on_start(struct run_report *story, const struct record_start *start)
{
    struct start_market market;

    if (story->n_starts++ > 0)
        (void)run_report_happen(story, start->hdr.t, UINT16_MAX, RUN_REPORT_RUN,
                                story->is_ended ? "run %u begins"
                                                : "run %u begins; the one before left no word of "
                                                  "its end",
                                start->run);
    if (start_market_read(start, &market)) {
        story->market = market;
        story->market_seed = start->seed;
    }
    story->is_ended = 0;
    story->asked.command.which = 0;
    story->is_live = start->mode == RUN_LIVE;
    story->is_backtest = start->mode == RUN_BACKTEST;
}

const char *run_report_assumed(const struct run_report *story)
{
    return story->is_backtest
               ? "It was a backtest: what it assumed (latencies, books, the inside of bars) and "
                 "its "
                 "warnings stand in what `agon backtest` printed and in its page (--html); of that "
                 "its journal has the fees alone."
               : NULL;
}

char *run_report_market(const struct run_report *story, char text[RUN_REPORT_MARKET])
{
    return start_market_text(&story->market, story->market_seed, text);
}
