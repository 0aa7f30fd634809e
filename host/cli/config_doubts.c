// SPDX-License-Identifier: Apache-2.0
/* What a configuration may say and hardly means. A doubt is a function and a line of the table; it
 * says where, what follows from it, and what to write instead. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args/args.h"
#include "base/money.h"
#include "base/num.h"
#include "cli/config_check.h"
#include "roster/roster.h"
#include "run/settings.h"

struct doubts {
    const struct settings *settings;
    const struct config *config; /* the run's file */
    const char *path;
    int is_live;
    uint32_t n;
};

__attribute__((format(printf, 4, 5))) static void doubt_at(struct doubts *doubts, const char *path,
                                                           uint32_t line, const char *format, ...)
{
    va_list args;

    doubts->n++;
    fprintf(stderr, "%s:%u: warning: ", path, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* The line of a key of the run's file; 0: it is not there. */
static uint32_t line_of(const struct doubts *doubts, const char *key)
{
    const struct config_node *node = config_get(config_root(doubts->config), key);

    return node != NULL ? config_line(node) : 0;
}

static void of_stage(struct doubts *doubts)
{
    const struct settings *settings = doubts->settings;

    for (uint32_t i = 0; i < settings->host.n_slots; i++) {
        const struct record_slot *record = &settings->slots[i].record;

        if (record->agent_kind == AGON_STRATEGY &&
            record->stage < slot_least_stage(settings->host.mode))
            doubt_at(
                doubts, settings->roster, settings->slots[i].line,
                "agent %s is at stage %s, which does not trade in mode %s: every order of it is "
                "refused; to let it trade: 'stage: %s'",
                record->name, roster_stage_name(record->stage), doubts->is_live ? "live" : "paper",
                doubts->is_live ? "live" : "paper");
    }
}

static void of_plugins(struct doubts *doubts)
{
    for (uint32_t i = 0; i < doubts->settings->host.n_slots; i++) {
        const struct crew_slot *slot = &doubts->settings->slots[i];

        if (slot->unfit[0] != '\0')
            doubt_at(doubts, doubts->settings->roster, slot->line,
                     "agent %s would be suspended: %s: %s; --plugins DIR says where plugins are",
                     slot->record.name, slot->plugin, slot->unfit);
        if (doubts->is_live && slot->record.runner == CREW_INPROC)
            doubt_at(doubts, doubts->settings->roster, slot->line,
                     "agent %s runs in the host's own process: a crash of it is a crash of the "
                     "host; 'runner: process' has it in one of its own",
                     slot->record.name);
    }
}

static void of_instruments(struct doubts *doubts)
{
    const struct settings *settings = doubts->settings;

    for (uint32_t at = 0; at < settings->host.n_instruments; at++) {
        const struct config_node *node = config_at(doubts->config, "instruments[%u]", at);
        int is_had = 0;

        for (uint32_t i = 0; i < settings->host.n_slots; i++) {
            const struct subscription *of = &settings->slots[i].record.subscription;

            for (uint32_t k = 0; k < of->n_instruments; k++)
                is_had |= of->instruments[k] == at + 1;
        }
        for (uint32_t k = 0; k < settings->host.values.n; k++)
            is_had |= settings->host.values.all[k].instrument == at + 1;
        if (!is_had && node != NULL)
            doubt_at(doubts, doubts->path, config_line(node),
                     "%s is watched and nobody trades it or is valued by it; leave it out, or name "
                     "it in an agent's 'instruments'",
                     settings->instruments[at].symbol);
    }
}

static void of_speed(struct doubts *doubts)
{
    const struct settings *settings = doubts->settings;

    for (uint32_t i = 0; settings->host.speed_milli != 1000 && i < settings->host.n_venues; i++) {
        const char *host = settings->host.venues[i].market.host;

        if (strcmp(host, "127.0.0.1") != 0 && strcmp(host, "localhost") != 0 &&
            strcmp(host, "::1") != 0)
            doubt_at(doubts, doubts->path, line_of(doubts, "speed"),
                     "speed is that of a simulator, and venue %s is at %s; expected 'speed: 1'",
                     settings->host.venues[i].name, host);
    }
}

static void of_live(struct doubts *doubts)
{
    static const char *const of_paper[] = {"entry_latency", "report_latency", "entry_sigma",
                                           "report_sigma"};

    if (!doubts->is_live)
        return;
    for (size_t i = 0; i < sizeof(of_paper) / sizeof(of_paper[0]); i++)
        if (line_of(doubts, of_paper[i]) != 0)
            doubt_at(doubts, doubts->path, line_of(doubts, of_paper[i]),
                     "%s is of mode paper alone, and does nothing in mode live; leave it out",
                     of_paper[i]);
    if (doubts->settings->host.is_async)
        doubt_at(doubts, doubts->path, line_of(doubts, "journal"),
                 "orders leave before their record is on the disk: behind a crash of the machine "
                 "the host may not know of them; 'journal: sync' waits");
    if (doubts->settings->host.webhook[0] == '\0')
        doubt_at(doubts, doubts->path, 1,
                 "nobody is alerted: there is no 'webhook'; alerts stand in the journal alone");
}

/* What an order of that notional could lose at once: at market as far as its collar lets it, else
 * its fee alone. ppb: of both, of the dearest instrument. */
static int64_t fee_ppb_of(const struct settings *settings, const struct subscription *of)
{
    int64_t most = 0;

    for (uint32_t k = 0; k < of->n_instruments; k++) {
        const struct host_instrument *at;
        int64_t ppb;

        if (of->instruments[k] == 0 || of->instruments[k] > settings->host.n_instruments)
            continue;
        at = &settings->instruments[of->instruments[k] - 1];
        ppb = at->taker_fee_ppb > at->maker_fee_ppb ? at->taker_fee_ppb : at->maker_fee_ppb;
        most = ppb > most ? ppb : most;
    }
    return most;
}

// The least that any venue of its instruments takes; 0: not known, or in another currency.
static agon_amt_t least_order(const struct settings *settings, const struct subscription *of)
{
    agon_amt_t least = 0;

    for (uint32_t k = 0; k < of->n_instruments; k++) {
        const struct host_instrument *at;

        if (of->instruments[k] == 0 || of->instruments[k] > settings->host.n_instruments)
            return 0;
        at = &settings->instruments[of->instruments[k] - 1];
        if (strcmp(at->quote, settings->host.base_currency) != 0 || at->min_notional_amt <= 0)
            return 0;
        least = least == 0 || at->min_notional_amt < least ? at->min_notional_amt : least;
    }
    return least;
}

/* A limit of the day that is smaller than what one order could lose refuses the order, whatever was
 * lost by then. */
static void of_daily_loss(struct doubts *doubts, const struct crew_slot *slot)
{
    const struct settings *settings = doubts->settings;
    const struct slot_limits *limits = &slot->record.limits;
    int64_t ppb = num_add(fee_ppb_of(settings, &slot->record.subscription),
                          (int64_t)limits->collar_marketable_ppm * 1000);
    agon_amt_t least_amt = least_order(settings, &slot->record.subscription);
    agon_amt_t worst_amt = num_mul_div(limits->order_amt, ppb, 1000000000, NUM_UP);
    agon_amt_t passes_amt;
    char loss[MONEY_TEXT], worst[MONEY_TEXT], order[MONEY_TEXT], passes[MONEY_TEXT];
    const char *unit = settings->host.base_currency;
    int decimals = money_decimals(unit, LIMITS_AMT_EXP);

    // The roster's amounts have 8 decimals, as min_notional has.
    if (slot->record.agent_kind != AGON_STRATEGY || limits->daily_loss_amt <= 0 || ppb <= 0 ||
        limits->order_amt <= 0 || worst_amt < limits->daily_loss_amt)
        return;
    passes_amt = num_mul_div(limits->daily_loss_amt, 1000000000, ppb, NUM_DOWN);
    money_plain(limits->daily_loss_amt, LIMITS_AMT_EXP, decimals, loss);
    money_plain(worst_amt, LIMITS_AMT_EXP, decimals, worst);
    money_plain(limits->order_amt, LIMITS_AMT_EXP, decimals, order);
    money_plain(passes_amt, LIMITS_AMT_EXP, decimals, passes);
    if (passes_amt < least_amt)
        doubt_at(
            doubts, settings->roster, slot->line,
            "agent %s: no order at market can pass: daily_loss is %s %s, and by its collar and "
            "fees the smallest that a venue takes could lose more; expected a larger "
            "daily_loss, or a smaller collar",
            slot->record.name, loss, unit);
    else
        doubt_at(doubts, settings->roster, slot->line,
                 "agent %s: daily_loss is %s %s, and an order at market of limits.order (%s) could "
                 "lose %s by its collar and fees: those above %s are refused, whatever was lost; "
                 "expected a larger daily_loss, or a smaller limits.order or collar",
                 slot->record.name, loss, unit, order, worst, passes);
}

static void of_limits(struct doubts *doubts)
{
    for (uint32_t i = 0; i < doubts->settings->host.n_slots; i++) {
        const struct crew_slot *slot = &doubts->settings->slots[i];
        const struct slot_limits *limits = &slot->record.limits;

        // The highest equity is the capital at least.
        if (limits->daily_loss_amt > limits_of_capital(limits->capital_amt, limits->drawdown_ppm))
            doubt_at(doubts, doubts->settings->roster, slot->line,
                     "agent %s: daily_loss is more than drawdown allows, which is reached first; "
                     "expected it below",
                     slot->record.name);
        of_daily_loss(doubts, slot);
    }
}

static void of_tournament(struct doubts *doubts)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < doubts->settings->host.n_slots; i++)
        n += doubts->settings->slots[i].record.agent_kind == AGON_STRATEGY;
    if (doubts->settings->host.tournament.mode != 0 && n == 1)
        doubt_at(doubts, doubts->settings->roster, 1,
                 "a tournament of one agent moves nothing; leave 'tournament' out, or name another "
                 "agent");
}

static void waits(void *ctx, const struct crew_slot *slot, const struct crew_lease *lease,
                  const char *text)
{
    const char *roster = ctx;

    fprintf(stderr, "%s:%u: warning: agent %s: gpu.leases.%s %s\n", args_safe(roster), slot->line,
            slot->record.name, lease->name, text);
}

uint32_t config_doubts_of_leases(const struct roster_cards *cards, const struct crew_slot *slots,
                                 uint32_t n_slots, const char *roster)
{
    return leases_waits(cards, slots, n_slots, waits, (void *)(uintptr_t)roster);
}

static void of_leases(struct doubts *doubts)
{
    const struct settings *settings = doubts->settings;

    for (uint32_t i = 0; i < settings->host.n_slots; i++) {
        const struct crew_slot *slot = &settings->slots[i];

        if (slot->needs_gpu && slot->n_leases == 0)
            doubt_at(doubts, settings->roster, slot->line,
                     "agent %s: its plugin says that it needs a card (AGON_NEEDS_GPU), and it is "
                     "given no lease; expected 'gpu: {leases: {NAME: {budget: ..., memory: ...}}}'",
                     slot->record.name);
    }
    doubts->n += config_doubts_of_leases(&settings->host.cards, settings->slots,
                                         settings->host.n_slots, settings->roster);
}

static void (*const all[])(struct doubts *doubts) = {
    of_stage, of_plugins, of_instruments, of_speed, of_live, of_limits, of_tournament, of_leases};

uint32_t config_doubts(const struct settings *settings, const char *path,
                       const struct config *config)
{
    struct doubts doubts = {.settings = settings,
                            .config = config,
                            .path = path,
                            .is_live = settings->host.mode == RUN_LIVE};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        all[i](&doubts);
    return doubts.n;
}
