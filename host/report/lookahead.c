// SPDX-License-Identifier: Apache-2.0
/* report: what the check of look-ahead found, for people and for their tools. */
#include <jansson.h>
#include <stdlib.h>

#include "base/num.h"
#include "journal/text.h"
#include "report/lookahead.h"
#include "sys/clock.h"

#define LINE 1024 /* of an intent as text; an exit plan is the longest */

static const char *const names[LOOKAHEAD_TESTS] = {"repetition", "truncation", "inside a bar",
                                                   "shift",      "fair bars",  "fair trades"};
static const char *const keys[LOOKAHEAD_TESTS] = {"repetition", "truncation", "inside",
                                                  "shift",      "fair_bars",  "fair_trades"};
static const char *const verdicts[] = {"not judged", "holds", "ACCUSED"};
static const char *const verdict_keys[] = {"not_judged", "holds", "accused"};

static int scale_of(void *ctx, agon_instrument_t instrument, struct text_scale *scale)
{
    const struct lookahead *result = ctx;

    if (instrument == 0 || instrument > BACKTEST_TAPES_MAX ||
        result->instruments[instrument - 1].symbol[0] == '\0')
        return 0;
    *scale = (struct text_scale){.px_exp = result->instruments[instrument - 1].px_exp,
                                 .qty_exp = result->instruments[instrument - 1].qty_exp,
                                 .symbol = result->instruments[instrument - 1].symbol};
    return 1;
}

static const char *slot_name(const struct lookahead *result, uint16_t slot)
{
    return slot < result->n_names ? result->names[slot] : "?";
}

static agon_instrument_t instrument_of(const struct lookahead_intent *intent)
{
    return intent->what.hdr.type == AGON_EVENT_EXIT_PLAN ? intent->what.plan.plan.instrument
                                                         : intent->what.intent.intent.instrument;
}

static void intent_text(const struct lookahead *result, const struct lookahead_intent *intent,
                        char text[LINE])
{
    struct lookahead *lookup = (struct lookahead *)(uintptr_t)result;

    if (text_event(&intent->what.hdr, TEXT_LINE, scale_of, lookup, text, LINE) < 0)
        snprintf(text, LINE, "%s", "?");
}

static const char *cause_name(const struct lookahead_intent *intent)
{
    const char *name = intent->cause != 0 ? text_type_name(intent->cause) : NULL;

    return name != NULL ? name : "an event";
}

static void print_one(const struct lookahead *result, const char *on, int is_there,
                      const struct lookahead_intent *intent, FILE *out)
{
    struct text_scale scale = {0};
    char at[CLOCK_TEXT], text[LINE];
    char bid[NUM_TEXT], ask[NUM_TEXT], held[NUM_TEXT];

    if (!is_there) {
        fprintf(out, "    %s: nothing more\n", on);
        return;
    }
    (void)scale_of((struct lookahead *)(uintptr_t)result, instrument_of(intent), &scale);
    clock_text(intent->t_decided, at);
    num_format_short(intent->bid_px, scale.px_exp, bid);
    num_format_short(intent->ask_px, scale.px_exp, ask);
    num_format_short(intent->held_qty, scale.qty_exp, held);
    intent_text(result, intent, text);
    fprintf(out,
            "    %s: %s, at %s on %s, after %llu market events; bid %s, ask %s, held %s\n"
            "      %s\n",
            on, slot_name(result, intent->slot), at, cause_name(intent),
            (unsigned long long)intent->n_market, bid, ask, held, text);
}

static void print_difference(const struct lookahead *result, int test, FILE *out)
{
    const struct lookahead_part *part = &result->parts[test];
    char at[CLOCK_TEXT];

    clock_text(part->t_altered, at);
    switch (test) {
    case LOOKAHEAD_TRUNCATION:
        fprintf(out, "    with data that end at %s, an earlier decision is another one:\n", at);
        break;
    case LOOKAHEAD_INSIDE:
        fprintf(out,
                "    the bar that opens at %s has the same open and another high, low, close and "
                "volume; a decision before its close is another one:\n",
                at);
        break;
    case LOOKAHEAD_SHIFT:
        fprintf(out, "    with all times moved by %lld days a decision is another one:\n",
                (long long)(part->by / (INT64_C(86400) * 1000000000)));
        break;
    default:
        fprintf(out, "    on the same data a decision is another one:\n");
        break;
    }
    print_one(result, "as it was", part->has_one, &part->one, out);
    print_one(result, "altered", part->has_other, &part->other, out);
}

static void print_agents(const struct lookahead *result, const struct lookahead_part *part,
                         FILE *out)
{
    for (uint32_t i = 0; i < part->n_agents; i++) {
        const struct lookahead_agent *agent = &part->agents[i];

        fprintf(
            out, "    %-20s mean %12.2f %s, t %6.2f over %u seeds%s, %llu fills\n", agent->name,
            agent->mean, result->base, agent->t, agent->n_confirm > 0 ? agent->n_confirm : agent->n,
            agent->n_confirm > 0 ? " (the second sample)" : "", (unsigned long long)agent->n_fills);
    }
}

static int verdict_of(const struct lookahead *result)
{
    int holds = 0;

    if (lookahead_is_accused(result))
        return LOOKAHEAD_ACCUSED;
    for (int i = LOOKAHEAD_REPETITION + 1; i < LOOKAHEAD_TESTS; i++)
        holds |= result->parts[i].verdict == LOOKAHEAD_HOLDS;
    return holds ? LOOKAHEAD_HOLDS : LOOKAHEAD_NOT_JUDGED;
}

void lookahead_print(const struct lookahead *result, FILE *out)
{
    static const char *const said[] = {
        "nothing could be judged", "no decision depends on what was not yet known",
        "ACCUSED: a decision depends on what was not yet known, or cannot be repeated"};

    fprintf(out, "look-ahead: %llu decisions", (unsigned long long)result->n_decisions);
    if (result->n_left_out > 0)
        fprintf(out, ", the first %llu of them compared",
                (unsigned long long)(result->n_decisions - result->n_left_out));
    fputc('\n', out);
    for (uint32_t i = 0; i < result->n_names && result->n_names > 1; i++)
        fprintf(out, "    %-20s %llu\n", result->names[i], (unsigned long long)result->n_wanted[i]);
    for (int i = 0; i < LOOKAHEAD_TESTS; i++) {
        const struct lookahead_part *part = &result->parts[i];

        fprintf(out, "  %-14s %-11s", names[i], verdicts[part->verdict]);
        if (part->verdict == LOOKAHEAD_NOT_JUDGED)
            fprintf(out, " %s\n", part->why);
        else if (i >= LOOKAHEAD_BARS)
            fprintf(out, " %u runs on markets in which nothing can be won, without fees\n",
                    part->n_runs);
        else
            fprintf(out, " %u runs, %llu decisions compared\n", part->n_runs,
                    (unsigned long long)part->n_compared);
        if (i >= LOOKAHEAD_BARS)
            print_agents(result, part, out);
        else if (part->verdict == LOOKAHEAD_ACCUSED)
            print_difference(result, i, out);
    }
    fprintf(out, "%s\n", said[verdict_of(result)]);
}

static json_t *intent_json(const struct lookahead *result, int is_there,
                           const struct lookahead_intent *intent)
{
    char bid[NUM_TEXT], ask[NUM_TEXT], held[NUM_TEXT], text[LINE];
    struct text_scale scale = {0};

    if (!is_there)
        return json_null();
    (void)scale_of((struct lookahead *)(uintptr_t)result, instrument_of(intent), &scale);
    num_format_short(intent->bid_px, scale.px_exp, bid);
    num_format_short(intent->ask_px, scale.px_exp, ask);
    num_format_short(intent->held_qty, scale.qty_exp, held);
    intent_text(result, intent, text);
    return json_pack("{s:s, s:I, s:I, s:s, s:I, s:s, s:s, s:s, s:s}", "agent",
                     slot_name(result, intent->slot), "t_decided", (json_int_t)intent->t_decided,
                     "t", (json_int_t)intent->t, "cause", cause_name(intent), "market_events",
                     (json_int_t)intent->n_market, "bid", bid, "ask", ask, "held", held, "intent",
                     text);
}

static json_t *part_json(const struct lookahead *result, int test)
{
    const struct lookahead_part *part = &result->parts[test];
    json_t *json = json_pack("{s:s, s:s, s:I, s:I}", "name", keys[test], "verdict",
                             verdict_keys[part->verdict], "runs", (json_int_t)part->n_runs,
                             "compared", (json_int_t)part->n_compared);

    if (part->verdict == LOOKAHEAD_NOT_JUDGED)
        json_object_set_new(json, "why", json_string(part->why));
    if (part->verdict == LOOKAHEAD_ACCUSED && test < LOOKAHEAD_BARS)
        json_object_set_new(json, "difference",
                            json_pack("{s:I, s:I, s:o, s:o}", "t_altered",
                                      (json_int_t)part->t_altered, "moved_by", (json_int_t)part->by,
                                      "as_it_was", intent_json(result, part->has_one, &part->one),
                                      "altered",
                                      intent_json(result, part->has_other, &part->other)));
    if (test >= LOOKAHEAD_BARS) {
        json_t *agents = json_array();

        for (uint32_t i = 0; i < part->n_agents; i++) {
            const struct lookahead_agent *agent = &part->agents[i];

            json_array_append_new(agents,
                                  json_pack("{s:s, s:I, s:I, s:f, s:f, s:I}", "agent", agent->name,
                                            "seeds", (json_int_t)agent->n, "seeds_again",
                                            (json_int_t)agent->n_confirm, "mean", agent->mean, "t",
                                            agent->t, "fills", (json_int_t)agent->n_fills));
        }
        json_object_set_new(json, "agents", agents);
    }
    return json;
}

int lookahead_json(const struct lookahead *result, FILE *out)
{
    json_t *parts = json_array(), *agents = json_array();
    json_t *root;
    int rc;

    for (int i = 0; i < LOOKAHEAD_TESTS; i++)
        json_array_append_new(parts, part_json(result, i));
    for (uint32_t i = 0; i < result->n_names; i++)
        json_array_append_new(agents, json_pack("{s:s, s:I}", "agent", result->names[i],
                                                "decisions", (json_int_t)result->n_wanted[i]));
    root = json_pack("{s:s, s:s, s:I, s:I, s:s, s:o, s:o}", "check", "lookahead", "verdict",
                     verdict_keys[verdict_of(result)], "decisions", (json_int_t)result->n_decisions,
                     "left_out", (json_int_t)result->n_left_out, "currency", result->base, "agents",
                     agents, "parts", parts);
    rc = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 ? AGON_OK : AGON_EIO;
    fputc('\n', out);
    json_decref(root);
    return rc;
}
