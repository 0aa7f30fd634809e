// SPDX-License-Identifier: Apache-2.0
/* Alerts as operators see them: one that comes again is one row. */
#include <ctype.h>
#include <string.h>

#include "market/alerts.h"
#include "ops/api.h"
#include "ops/api_words.h"

/* A figure, which begins a word: those of names ("sim_2") are part of the name. */
static size_t figure(const char *text, const char *from)
{
    size_t n = 0;

    if (text > from && (isalnum((unsigned char)text[-1]) || text[-1] == '_'))
        return 0;
    while (isdigit((unsigned char)text[n]) ||
           (n > 0 && (text[n] == '.' || text[n] == ',') && isdigit((unsigned char)text[n + 1])))
        n++;
    return n;
}

int api_says_the_same(const char *a, const char *b)
{
    const char *from_a = a, *from_b = b;

    for (;;) {
        size_t n_a = figure(a, from_a), n_b = figure(b, from_b);

        if (n_a > 0 && n_b > 0) {
            a += n_a;
            b += n_b;
            continue;
        }
        if (*a != *b)
            return 0;
        if (*a == '\0')
            return 1;
        a++;
        b++;
    }
}

static int is_of_run(const struct api *api, const struct alert *alert)
{
    return alert->seq >= api->view->alerts.seq_of_run;
}

/* Is one the other again? What somebody has seen to is not what came behind that. */
static int is_same(const struct api *api, const struct alert *a, const struct alert *b)
{
    return a->kind == b->kind && a->slot == b->slot && a->instrument == b->instrument &&
           a->is_acked == b->is_acked && is_of_run(api, a) == is_of_run(api, b) &&
           api_says_the_same(a->text, b->text);
}

static void put_alert(const struct api *api, const struct alert *alert, uint32_t n, agon_ns_t first,
                      struct jout *out)
{
    const struct alert_info *info = alert_info(alert->kind);
    int exp = strcmp(info->unit, "base currency") == 0 ? api->view->base_exp : 0;

    jout_open(out, '{');
    jout_kv_int(out, "seq", (int64_t)alert->seq);
    api_put_time(out, "t", alert->t);
    if (n > 1) {
        jout_kv_int(out, "count", n);
        api_put_time(out, "first", first);
    }
    jout_kv_str(out, "kind", info->name);
    jout_kv_str(
        out, "level",
        api_word(api_alert_levels, alert->level < ALERT_CRITICAL ? alert->level : ALERT_CRITICAL));
    jout_key(out, "agent");
    if (alert->slot < api->view->n_slots)
        jout_str(out, api->view->slots[alert->slot].name);
    else
        jout_null(out);
    jout_key(out, "instrument");
    if (alert->instrument != 0)
        jout_str(out, api_label(api, alert->instrument - 1));
    else
        jout_null(out);
    jout_kv_dec(out, "value", alert->value, exp);
    jout_kv_dec(out, "limit", alert->limit, exp);
    jout_kv_str(out, "unit", info->unit);
    jout_kv_bool(out, "is_acknowledged", alert->is_acked);
    jout_kv_str(out, "text", alert->text);
    jout_close(out, '{');
}

/* Crashes that no row has: the same of an agent within ten seconds is raised once, and each crash
 * counts for its quarantine. They are the newest row's. */
static uint32_t crashes_folded(const struct api *api, uint32_t at)
{
    const struct host_view_alerts *alerts = &api->view->alerts;
    const struct alert *of = &alerts->all[at];
    const struct host_view_slot *slot;
    uint32_t n = 0;

    if (of->kind != ALERT_CRASH || of->slot >= api->view->n_slots)
        return 0;
    slot = &api->view->slots[of->slot];
    if (!slot->is_used || of->seq < slot->freed_seq)
        return 0;
    for (uint32_t i = 0; i < alerts->n_kept; i++) {
        const struct alert *other = &alerts->all[i];

        if (other->kind != ALERT_CRASH || other->slot != of->slot || other->seq < slot->freed_seq)
            continue;
        if (i < at)
            return 0;
        n++;
    }
    return slot->n_crashes > n ? slot->n_crashes - n : 0;
}

void api_put_alerts(const struct api *api, int is_all, struct jout *out)
{
    const struct host_view_alerts *alerts = &api->view->alerts;
    uint8_t is_put[ALERTS_KEPT] = {0};

    jout_open(out, '[');
    for (uint32_t i = 0; i < alerts->n_kept; i++) {
        const struct alert *alert = &alerts->all[i];
        agon_ns_t first = alert->t;
        uint32_t n = 1;

        if (is_put[i] || (!is_all && alert->is_acked))
            continue;
        for (uint32_t k = i + 1; k < alerts->n_kept; k++) {
            if (is_put[k] || !is_same(api, alert, &alerts->all[k]))
                continue;
            is_put[k] = 1;
            first = alerts->all[k].t;
            n++;
        }
        put_alert(api, alert, n + crashes_folded(api, i), first, out);
    }
    jout_close(out, '[');
}

uint32_t api_alerts_up_to(const struct api *api, uint64_t seq, uint64_t seqs[ALERTS_KEPT])
{
    const struct host_view_alerts *alerts = &api->view->alerts;
    const struct alert *of = NULL;
    uint32_t n = 0;

    for (uint32_t i = 0; i < alerts->n_kept; i++) {
        if (alerts->all[i].seq == seq)
            of = &alerts->all[i];
        else if (of != NULL && !of->is_acked && is_same(api, of, &alerts->all[i]))
            seqs[n++] = alerts->all[i].seq;
    }
    return n;
}
