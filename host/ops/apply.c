// SPDX-License-Identifier: Apache-2.0
#include "ops/apply.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "config/units.h"
#include "market/bars.h"
#include "market/instrument_kind.h"
#include "ops/api_words.h"
#include "ops/asked.h"
#include "roster/audit.h"
#include "run/slots.h"
#include "sys/file.h"
#include "sys/log.h"

#define PORTFOLIO   "portfolio" /* in the place of an agent's name */
#define CHANGES_MAX 512
#define ROSTER_CAP  (4u << 20)
#define SECOND_NS   ((int64_t)1000000000)
#define CHANGE_NS   (10 * SECOND_NS)

enum how { HOW_LIVE = 0, HOW_RELOAD = 1, HOW_START = 2 };
struct change {
    struct host_change make; /* kind 0: goes with the change before it, or is not for now */
    const char *agent;
    char what[96], from[80], to[80];
    uint8_t how, is_dangerous;
    uint8_t is_outcome; /* what follows from another row: no change by itself */
};
struct diff {
    const struct apply *apply;
    struct roster *roster;
    struct crew_slot *slots;
    struct host_view *view; /* of the moment when it began */
    struct roster_names *names;
    struct change *all;
    uint32_t n;
};

static struct change *add(struct diff *diff, const char *agent, const char *what, enum how how)
{
    static struct change spill;
    struct change *change = diff->n < CHANGES_MAX ? &diff->all[diff->n++] : &spill;

    memset(change, 0, sizeof(*change));
    change->agent = agent;
    change->how = (uint8_t)how;
    snprintf(change->what, sizeof(change->what), "%s", what);
    return change;
}

static void number(struct diff *diff, const char *agent, const char *what, enum how how,
                   int64_t from, int64_t to, int exp)
{
    struct change *change;
    char text[NUM_TEXT];

    if (from == to)
        return;
    change = add(diff, agent, what, how);
    num_format_short(from, exp, text);
    snprintf(change->from, sizeof(change->from), "%s", text);
    num_format_short(to, exp, text);
    snprintf(change->to, sizeof(change->to), "%s", text);
}

static void word(struct diff *diff, const char *agent, const char *what, enum how how,
                 const char *from, const char *to)
{
    struct change *change;

    if (strcmp(from, to) == 0)
        return;
    change = add(diff, agent, what, how);
    snprintf(change->from, sizeof(change->from), "%.79s", from);
    snprintf(change->to, sizeof(change->to), "%.79s", to);
}

static void choice(struct diff *diff, const char *agent, const char *what, enum how how,
                   int64_t from, int64_t to)
{
    word(diff, agent, what, how, roster_word(what, from), roster_word(what, to));
}

static void duration(struct diff *diff, const char *agent, const char *what, enum how how,
                     int64_t from_ns, int64_t to_ns)
{
    char text[2][48];

    units_say_duration(from_ns, text[0], sizeof(text[0]));
    units_say_duration(to_ns, text[1], sizeof(text[1]));
    word(diff, agent, what, how, text[0], text[1]);
}

static void size(struct diff *diff, const char *agent, const char *what, enum how how,
                 uint64_t from, uint64_t to)
{
    char text[2][48];

    units_say_size((int64_t)from, text[0], sizeof(text[0]));
    units_say_size((int64_t)to, text[1], sizeof(text[1]));
    word(diff, agent, what, how, text[0], text[1]);
}

/* "1m, 1h" */
static const char *bars_text(const struct crew_slot *slot, char text[80])
{
    uint8_t mask = slot->record.subscription.bar_mask;
    size_t used = 0;

    snprintf(text, 80, "%s", slot->has_bars ? "none" : "the plugin's");
    for (uint32_t i = 0; i < BARS_LENGTHS && slot->has_bars; i++) {
        char one[48];

        if ((mask >> i & 1) == 0)
            continue;
        units_say_duration((int64_t)bars_length_s[i] * SECOND_NS, one, sizeof(one));
        used += (size_t)snprintf(text + used, 80 - used, "%s%.8s", used > 0 ? ", " : "", one);
    }
    return text;
}

/* One row for each limit that differs; one that allows more risk has to be said twice. */
static void compare_table(struct diff *diff, const char *agent, const struct limits_table *table,
                          const void *from, const void *to)
{
    struct limit_change changes[LIMITS_ROWS_MAX];
    uint32_t n = limits_diff(table, from, to, changes);

    for (uint32_t i = 0; i < n; i++) {
        const struct limit *limit = changes[i].limit;
        struct change *change;
        char what[48];

        snprintf(what, sizeof(what), "%s%s", limit->kind == LIMIT_IS_CAPITAL ? "" : table->prefix,
                 limit->key);
        change = add(diff, agent, what, limit->is_live ? HOW_LIVE : HOW_START);
        limit_text(limit, changes[i].from, change->from);
        limit_text(limit, changes[i].to, change->to);
        change->is_dangerous = (uint8_t)changes[i].is_raised;
    }
}

static void compare_limits(struct diff *diff, const struct crew_slot *from,
                           const struct crew_slot *to)
{
    const char *agent = from->record.name;
    uint32_t first = diff->n;

    compare_table(diff, agent, &limits_of_slot, &from->record.limits, &to->record.limits);
    duration(diff, agent, "latency", HOW_LIVE, from->record.intent_latency_ns,
             to->record.intent_latency_ns);
    choice(diff, agent, "on_crash", HOW_LIVE, from->record.on_crash, to->record.on_crash);
    for (uint32_t i = 0; i < METERS_N; i++) {
        char what[48];

        snprintf(what, sizeof(what), "meters.%s", meters_all[i].key);
        number(diff, agent, what, HOW_LIVE, from->meters[i], to->meters[i], 0);
    }
    // One event changes them all.
    if (diff->n > first)
        diff->all[first].make =
            (struct host_change){.kind = HOST_CHANGE_SLOT, .slot = from->record.slot, .to = to};
}

static const char *param_text(const struct crew_slot *slot, const char *name)
{
    for (uint32_t i = 0; i < slot->n_params; i++) {
        if (strcmp(slot->params[i].name, name) == 0)
            return slot->params[i].text;
    }
    return "(default)";
}

static void compare_param(struct diff *diff, const struct crew_slot *from,
                          const struct crew_slot *to, const char *name)
{
    uint32_t before = diff->n;
    char what[48];

    snprintf(what, sizeof(what), "params.%.40s", name);
    word(diff, from->record.name, what, HOW_LIVE, param_text(from, name), param_text(to, name));
    if (diff->n > before)
        diff->all[before].make = (struct host_change){
            .kind = HOST_CHANGE_PARAM, .slot = from->record.slot, .to = to, .name = name};
}

/* "trend: analyst_1.trend, mood: none"; of a long list only how it begins. */
static void signals_text(const struct crew_slot *slot, char text[80])
{
    size_t used = (size_t)snprintf(text, 80, "%s", slot->n_signals == 0 ? "none" : "");

    for (uint32_t i = 0; i < slot->n_signals && used < 80; i++) {
        const struct crew_signal *at = &slot->signals[i];

        used += (size_t)snprintf(text + used, 80 - used, "%s%s: %s%s%s", i > 0 ? ", " : "",
                                 at->input, at->agent[0] != '\0' ? at->agent : "none",
                                 at->agent[0] != '\0' ? "." : "", at->name);
    }
}

static void compare_signals(struct diff *diff, const struct crew_slot *from,
                            const struct crew_slot *to)
{
    struct change *change;

    if (from->n_signals == to->n_signals &&
        memcmp(from->signals, to->signals, from->n_signals * sizeof(from->signals[0])) == 0)
        return;
    change = add(diff, from->record.name, "signals", HOW_RELOAD);
    change->make =
        (struct host_change){.kind = HOST_CHANGE_SIGNALS, .slot = from->record.slot, .to = to};
    signals_text(from, change->from);
    signals_text(to, change->to);
}

/* "weights: models/trend.safetensors, ..."; of a long list only how it begins. */
static void files_text(const struct crew_slot *slot, char text[80])
{
    size_t used = (size_t)snprintf(text, 80, "%s", slot->n_files == 0 ? "none" : "");

    for (uint32_t i = 0; i < slot->n_files && used < 80; i++)
        used += (size_t)snprintf(
            text + used, 80 - used, "%s%s: %s%s", i > 0 ? ", " : "", slot->files[i].name,
            slot->files[i].model[0] != '\0' ? CREW_FILE_MODEL : "",
            slot->files[i].model[0] != '\0' ? slot->files[i].model : slot->files[i].path);
}

static void compare_files(struct diff *diff, const struct crew_slot *from,
                          const struct crew_slot *to)
{
    struct change *change;

    if (from->n_files == to->n_files &&
        memcmp(from->files, to->files, from->n_files * sizeof(from->files[0])) == 0)
        return;
    change = add(diff, from->record.name, "files", HOW_START);
    files_text(from, change->from);
    files_text(to, change->to);
}

static void compare_slot(struct diff *diff, const struct crew_slot *from,
                         const struct crew_slot *to)
{
    const struct record_slot *a = &from->record;
    const struct record_slot *b = &to->record;
    const struct subscription *sa = &a->subscription;
    const struct subscription *sb = &b->subscription;
    char bars[2][80];

    compare_limits(diff, from, to);
    if (a->stage != b->stage) {
        struct change *change = add(diff, a->name, "stage", HOW_LIVE);

        snprintf(change->from, sizeof(change->from), "%s", roster_stage_name(a->stage));
        snprintf(change->to, sizeof(change->to), "%s", roster_stage_name(b->stage));
        change->make = (struct host_change){.kind = HOST_CHANGE_STAGE, .slot = a->slot, .to = to};
        change->is_dangerous = b->stage >= STAGE_LIVE_SMALL && b->stage > a->stage;
    }
    for (uint32_t i = 0; i < to->n_params; i++)
        compare_param(diff, from, to, to->params[i].name);
    for (uint32_t i = 0; i < from->n_params; i++) {
        if (strcmp(param_text(to, from->params[i].name), "(default)") == 0)
            compare_param(diff, from, to, from->params[i].name);
    }
    word(diff, a->name, "plugin", HOW_RELOAD, from->plugin, to->plugin);
    number(diff, a->name, "plugin_index", HOW_RELOAD, from->plugin_index, to->plugin_index, 0);
    choice(diff, a->name, "runner", HOW_START, a->runner, b->runner);
    number(diff, a->name, "account", HOW_START, a->account, b->account, 0);
    number(diff, a->name, "seed", HOW_START, (int64_t)(a->seed & INT64_MAX),
           (int64_t)(b->seed & INT64_MAX), 0);
    duration(diff, a->name, "hard", HOW_START, from->hard_ns, to->hard_ns);
    choice(diff, a->name, "wait", HOW_START, from->wait, to->wait);
    choice(diff, a->name, "orders_on_reload", HOW_START, from->orders_on_reload,
           to->orders_on_reload);
    choice(diff, a->name, "reload.shadow", HOW_START, from->shadow, to->shadow);
    number(diff, a->name, "reload.events", HOW_START, from->shadow_events, to->shadow_events, 0);
    duration(diff, a->name, "checkpoint", HOW_START, from->checkpoint_ns, to->checkpoint_ns);
    size(diff, a->name, "arena", HOW_START, from->arena_bytes, to->arena_bytes);
    number(diff, a->name, "threads", HOW_START, from->threads, to->threads, 0);
    choice(diff, a->name, "isolation", HOW_START,
           from->is_isolated ? ISOLATION_REQUIRE : ISOLATION_PREFER,
           to->is_isolated ? ISOLATION_REQUIRE : ISOLATION_PREFER);
    choice(diff, a->name, "depth", HOW_START, sa->depth, sb->depth);
    word(diff, a->name, "bars", HOW_START, bars_text(from, bars[0]), bars_text(to, bars[1]));
    if (sa->n_instruments != sb->n_instruments ||
        memcmp(sa->instruments, sb->instruments, sa->n_instruments * sizeof(sa->instruments[0])))
        word(diff, a->name, "instruments", HOW_START, "as they are", "changed");
    compare_files(diff, from, to);
    compare_signals(diff, from, to);
    if (from->n_leases != to->n_leases ||
        memcmp(from->leases, to->leases, from->n_leases * sizeof(from->leases[0])) != 0)
        word(diff, a->name, "gpu.leases", HOW_START, "as they are", "changed");
}

/* As a start has it: where there are several venues, an agent's account is where its first
 * instrument is. */
static void place_accounts(struct diff *diff)
{
    const struct host_view *view = diff->view;

    for (uint32_t i = 0; view->n_venues > 1 && i < diff->roster->n_slots; i++) {
        struct record_slot *record = &diff->slots[i].record;
        uint32_t first = record->subscription.instruments[0];

        if (record->subscription.n_instruments == 0 || first == 0 || first > diff->names->n)
            continue;
        for (uint32_t k = 0; k < view->n_venues; k++) {
            if (strcmp(view->venues[k].name, view->instruments[first - 1].venue) == 0)
                record->account = view->venues[k].account;
        }
    }
}

static int is_holding(const struct host_view *view, uint32_t slot)
{
    const struct host_view_slot *at = &view->slots[slot];
    int is_any = at->n_open > 0;

    for (uint32_t i = 0; i < at->n_positions; i++)
        is_any |= at->positions[i].qty != 0;
    return is_any;
}

// Who of the running ones has that name. -1: nobody.
static int running(const struct diff *diff, const char *name)
{
    const struct host_config *config = host_config_of(diff->apply->host);

    for (uint32_t i = 0; i < config->n_slots; i++) {
        if (host_is_manned(diff->apply->host, (uint16_t)i) &&
            strcmp(config->slots[i].record.name, name) == 0)
            return (int)i;
    }
    return -1;
}

static int is_listed(const struct diff *diff, const char *name)
{
    for (uint32_t i = 0; i < diff->roster->n_slots; i++) {
        if (strcmp(diff->slots[i].record.name, name) == 0)
            return 1;
    }
    return 0;
}

/* Where another agent comes: where one of its name was before, or in the lowest place that is
 * nobody's. SLOTS_MAX: none is free. */
static uint32_t place_for(const struct diff *diff, const char *name, struct slot_set *taken)
{
    uint32_t free_place = SLOTS_MAX;

    for (uint32_t id = SLOTS_MAX; id-- > 0;) {
        const struct host_view_slot *slot = &diff->view->slots[id];
        int is_used = id < diff->view->n_slots && slot->is_used;

        if (is_used && strcmp(slot->name, name) == 0)
            return id;
        if (!is_used && !slot_set_has(taken, id))
            free_place = id;
    }
    if (free_place < SLOTS_MAX)
        slot_set_add(taken, free_place);
    return free_place;
}

static int add_agents(struct diff *diff, struct error *err)
{
    struct slot_set taken = {0};

    for (uint32_t i = 0; i < diff->roster->n_slots; i++) {
        struct crew_slot *to = &diff->slots[i];
        int at = running(diff, to->record.name);
        struct change *change;
        uint32_t place;

        if (at >= 0) {
            to->record.slot = (uint16_t)at;
            compare_slot(diff, &host_config_of(diff->apply->host)->slots[at], to);
            continue;
        }
        place = place_for(diff, to->record.name, &taken);
        if (place == SLOTS_MAX)
            return error_set(err, AGON_ENOSPC, "no place is free for agent %s: %d are taken",
                             to->record.name, SLOTS_MAX);
        to->record.slot = (uint16_t)place;
        change = add(diff, to->record.name, "agent", HOW_LIVE);
        snprintf(change->from, sizeof(change->from), "none");
        snprintf(change->to, sizeof(change->to), "%.79s", diff->roster->slots[i].plugin);
        change->make =
            (struct host_change){.kind = HOST_CHANGE_ADD, .slot = (uint16_t)place, .to = to};
    }
    return AGON_OK;
}

/* What becomes of each position of who leaves: a row of its own, so that nobody has to ask. */
static void say_positions(struct diff *diff, uint32_t slot)
{
    const struct host_view_slot *at = &diff->view->slots[slot];

    for (uint32_t i = 0; i < at->n_positions; i++) {
        const struct host_view_position *position = &at->positions[i];
        uint32_t place = position->instrument - 1;
        char what[96], text[NUM_TEXT];
        struct change *change;

        if (position->qty == 0 || place >= diff->names->n)
            continue;
        snprintf(what, sizeof(what), "position %s", diff->names->instruments[place]);
        change = add(diff, at->name, what, HOW_LIVE);
        num_format_short(position->qty, diff->view->instruments[place].qty_exp, text);
        snprintf(change->from, sizeof(change->from), "%s", text);
        snprintf(change->to, sizeof(change->to), "%s",
                 position->is_dust      ? "the account's: too little for an order"
                 : diff->apply->is_kept ? "kept, and no agent trades it"
                                        : "closed at the market");
    }
}

/* It goes the way of `unload`: its money is its place's until nothing is left of it there. */
static void say_leaving(struct diff *diff, uint32_t slot)
{
    const struct host_view_slot *at = &diff->view->slots[slot];
    int is_pooled = host_config_of(diff->apply->host)->tournament.mode != 0;
    uint32_t first = diff->n;
    struct change *change;
    char text[NUM_TEXT];

    number(diff, at->name, "open orders", HOW_LIVE, at->n_open, 0, 0);
    say_positions(diff, slot);
    change = add(diff, at->name, "capital", HOW_LIVE);
    num_format_short(at->limits.capital_amt, diff->view->base_exp, text);
    snprintf(change->from, sizeof(change->from), "%s", text);
    snprintf(change->to, sizeof(change->to), "%s%s", is_pooled ? "the pool" : "the account",
             is_holding(diff->view, slot) ? ", once nothing is held" : "");
    for (; first < diff->n; first++)
        diff->all[first].is_outcome = 1;
}

static void remove_agents(struct diff *diff)
{
    const struct host_config *config = host_config_of(diff->apply->host);

    for (uint32_t i = config->n_slots; i-- > 0;) {
        const char *name = config->slots[i].record.name;
        struct change *change;

        if (!host_is_manned(diff->apply->host, (uint16_t)i) || is_listed(diff, name))
            continue;
        change = add(diff, name, "agent", HOW_LIVE);
        snprintf(change->from, sizeof(change->from), "active");
        snprintf(change->to, sizeof(change->to), "unloaded");
        change->make = (struct host_change){.kind = HOST_CHANGE_REMOVE,
                                            .slot = (uint16_t)i,
                                            .is_kept = (uint8_t)diff->apply->is_kept};
        change->is_dangerous = (uint8_t)is_holding(diff->view, i);
        say_leaving(diff, i);
    }
}

static int compare(struct diff *diff, struct error *err)
{
    const struct host_config *config = host_config_of(diff->apply->host);
    uint32_t n_before;
    int rc;

    if (strcmp(diff->roster->base_currency, config->base_currency) != 0)
        return error_set(err, AGON_ENOTSUP, "base_currency cannot change while the host runs");
    if (!values_are_equal(&diff->roster->values, &config->values))
        return error_set(err, AGON_ENOTSUP,
                         "valuation and assets cannot change while the host runs");
    rc = add_agents(diff, err);
    if (rc < 0)
        return rc;
    remove_agents(diff);
    n_before = diff->n;
    compare_table(diff, PORTFOLIO, &limits_of_portfolio, &config->portfolio,
                  &diff->roster->portfolio);
    if (diff->n > n_before)
        diff->all[n_before].make = (struct host_change){.kind = HOST_CHANGE_PORTFOLIO,
                                                        .portfolio = &diff->roster->portfolio};
    if (memcmp(&config->cards, &diff->roster->cards, sizeof(config->cards)) != 0) {
        struct change *change = add(diff, "-", "gpu", HOW_START);

        snprintf(change->from, sizeof(change->from), "%s",
                 config->cards.rules.n_cards > 0 ? config->cards.profile : "none");
        snprintf(change->to, sizeof(change->to), "%s",
                 diff->roster->cards.rules.n_cards > 0 ? diff->roster->cards.profile : "none");
    }
    if (memcmp(&config->tournament, &diff->roster->rules, sizeof(config->tournament)) != 0) {
        struct change *change = add(diff, "-", "tournament", HOW_LIVE);

        snprintf(change->from, sizeof(change->from), "%s",
                 config->tournament.mode != 0 ? config->tournament.schedule : "none");
        snprintf(change->to, sizeof(change->to), "%s",
                 diff->roster->rules.mode != 0 ? diff->roster->rules.schedule : "none");
        change->make =
            (struct host_change){.kind = HOST_CHANGE_TOURNAMENT, .rules = &diff->roster->rules};
    }
    return diff->n == CHANGES_MAX
               ? error_set(err, AGON_ERANGE, "more than %d differences", CHANGES_MAX - 1)
               : AGON_OK;
}

/* Is it there with that file already, and unfit for the file's sake or as it was at the start? */
static int is_no_news(const struct diff *diff, const struct crew_slot *to)
{
    int at = running(diff, to->record.name);
    const struct crew_slot *from;

    if (at < 0)
        return 0;
    from = &host_config_of(diff->apply->host)->slots[at];
    return strcmp(from->plugin, to->plugin) == 0 &&
           (to->is_file_unfit || strcmp(from->unfit, to->unfit) == 0);
}

/* A plugin that may not be loaded is a mistake where this would load it. Of a slot that says so
 * itself it is none: the others can be changed. */
static void refuse_unfit(const struct diff *diff, struct config *yaml)
{
    for (uint32_t i = 0; i < diff->roster->n_slots; i++) {
        const struct crew_slot *to = &diff->slots[i];

        if (to->unfit[0] == '\0' || is_no_news(diff, to))
            continue;
        config_refuse(yaml, config_at(yaml, "agents[%u].plugin", i), CONFIG_E_PLUGIN, "%s%s",
                      to->unfit,
                      to->is_file_unfit ? "; expected a plugin that `agon validate` passes" : "");
    }
}

static int read_file(struct diff *diff, struct error *err)
{
    const struct host_config *config = host_config_of(diff->apply->host);
    struct config *yaml = NULL;
    char *bytes = NULL;
    char *text = NULL;
    size_t text_n = 0;
    FILE *out;
    uint64_t n;
    int rc = file_read(diff->apply->path, ROSTER_CAP, &bytes, &n, err);

    if (rc < 0)
        return rc;
    diff->names->n = config->n_instruments;
    for (uint32_t i = 0; i < diff->names->n; i++)
        snprintf(diff->names->instruments[i], sizeof(diff->names->instruments[i]), "%s:%s",
                 diff->view->instruments[i].venue, diff->view->instruments[i].symbol);
    for (uint32_t i = 0; i < diff->names->n; i++) {
        const struct host_view_instrument *at = &diff->view->instruments[i];
        struct values_pair *pair = &diff->names->pairs[i];

        memcpy(pair->base, at->base, sizeof(pair->base));
        memcpy(pair->quote, at->quote, sizeof(pair->quote));
        pair->qty_exp = instrument_kind_has_coins(at->kind) ? at->qty_exp : 0;
    }
    yaml = config_new(diff->apply->path, bytes, n, NULL);
    rc = yaml != NULL ? roster_read(diff->roster, yaml) : AGON_ENOMEM;
    if (rc >= 0)
        rc = roster_resolve(diff->roster, yaml, diff->apply->plugins, diff->names, diff->slots);
    if (rc >= 0) {
        roster_place_files(diff->slots, diff->roster->n_slots, diff->apply->path, yaml);
        slots_read_files(diff->slots, diff->roster->n_slots, diff->roster->files_max,
                         config->files_max, yaml);
    }
    if (yaml != NULL && diff->apply->plugins != NULL)
        roster_audit(diff->roster, diff->apply->plugins, diff->slots, 0, yaml);
    if (yaml != NULL && config_error_count(yaml) == 0)
        refuse_unfit(diff, yaml);
    if (yaml != NULL && config_error_count(yaml) > 0) {
        out = open_memstream(&text, &text_n);
        if (out != NULL) {
            config_print_errors(yaml, out);
            fclose(out);
        }
        rc = error_set(err, AGON_EINVAL, "%s", text != NULL ? text : "the roster is not in order");
    } else if (rc < 0) {
        error_set(err, rc, "%s", error_name(rc));
    }
    free(text);
    free(bytes);
    config_free(yaml);
    return rc;
}

// "a,b" holds b.
static int is_sure(const struct apply *apply, const char *agent)
{
    const char *at = apply->sure;
    size_t n = strlen(agent);

    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ",");

        if (length == n && memcmp(at, agent, n) == 0)
            return 1;
        at += length + (at[length] == ',');
    }
    return 0;
}

/* Everything is tried before anything is done. */
static int try_all(struct diff *diff, struct error *err)
{
    agon_amt_t taken_amt[ACCOUNTS_MAX] = {0};

    for (uint32_t i = 0; i < diff->n; i++) {
        struct change *change = &diff->all[i];
        int rc;

        if (change->make.kind == 0)
            continue;
        change->make.is_dry = 1;
        change->make.taken_amt = taken_amt;
        rc = host_make_change(diff->apply->host, &change->make, CHANGE_NS);
        if (rc == AGON_ENOTSUP)
            change->how = HOW_START; // a parameter that is read at the start only
        else if (rc < 0)
            return error_set(err, rc, "%s: %s: %s", change->agent, change->what,
                             change->make.err.text);
        if (rc == AGON_ENOTSUP)
            change->make.kind = 0;
    }
    for (uint32_t i = 0; i < diff->n && !diff->apply->is_dry; i++) {
        const struct change *change = &diff->all[i];

        if (change->is_dangerous && !is_sure(diff->apply, change->agent))
            return error_set(err, AGON_EPERM,
                             "%s: %s from %s to %s is dangerous%s: nothing was changed; say it is "
                             "meant by --yes %s%s",
                             change->agent, change->what, change->from, change->to,
                             change->make.kind == HOST_CHANGE_REMOVE ? ", as it holds something"
                                                                     : "",
                             change->agent,
                             change->make.kind != HOST_CHANGE_REMOVE ? ""
                             : diff->apply->is_kept ? "; its positions are kept then"
                                                    : "; its positions are closed then, or stay "
                                                      "with --keep");
    }
    return AGON_OK;
}

/* Ahead of what is changed: whose word it is. Nothing of it where nothing is changed. */
static int note_asked(const struct diff *diff, struct error *err)
{
    uint32_t n = 0;
    int is_any = 0;
    char how[PATH_MAX + 32];

    for (uint32_t i = 0; i < diff->n; i++) {
        is_any |= diff->all[i].make.kind != 0;
        n += diff->all[i].how == HOW_LIVE && !diff->all[i].is_outcome;
    }
    if (!is_any)
        return AGON_OK;
    snprintf(how, sizeof(how), "%s, %u change%s", diff->apply->path, n, n == 1 ? "" : "s");
    return asked_note(diff->apply->host, diff->apply->who, ASKED_APPLY, ASKED_OF_ALL, how, err);
}

static int make_all(struct diff *diff, uint32_t *n_made, struct error *err)
{
    for (uint32_t i = 0; i < diff->n; i++) {
        struct change *change = &diff->all[i];
        int rc;

        if (change->make.kind == 0) {
            *n_made += change->how == HOW_LIVE && !change->is_outcome;
            continue;
        }
        change->make.is_dry = 0;
        rc = host_make_change(diff->apply->host, &change->make, CHANGE_NS);
        if (rc < 0)
            return error_set(
                err, rc, "%s: %s: %s; %u changes before it were made", change->agent, change->what,
                change->make.err.text[0] != '\0' ? change->make.err.text : error_name(rc), *n_made);
        *n_made += change->how == HOW_LIVE;
    }
    return AGON_OK;
}

static void put_diff(const struct diff *diff, uint32_t n_made, struct jout *out)
{
    uint32_t n_waiting = 0;

    jout_open(out, '{');
    jout_key(out, "changes");
    jout_open(out, '[');
    for (uint32_t i = 0; i < diff->n; i++) {
        const struct change *change = &diff->all[i];

        n_waiting += change->how != HOW_LIVE;
        jout_open(out, '{');
        jout_kv_str(out, "agent", change->agent);
        jout_kv_str(out, "what", change->what);
        jout_kv_str(out, "from", change->from);
        jout_kv_str(out, "to", change->to);
        jout_kv_str(out, "when", api_word(api_change_whens, change->how));
        jout_kv_bool(out, "dangerous", change->is_dangerous);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    jout_kv_int(out, "made", n_made);
    jout_kv_int(out, "waiting", n_waiting);
    jout_close(out, '{');
}

int apply_roster(const struct apply *apply, struct jout *out, struct error *err)
{
    struct diff diff = {.apply = apply,
                        .roster = calloc(1, sizeof(struct roster)),
                        .slots = calloc(SLOTS_MAX, sizeof(struct crew_slot)),
                        .view = calloc(1, sizeof(struct host_view)),
                        .names = calloc(1, sizeof(struct roster_names)),
                        .all = calloc(CHANGES_MAX, sizeof(struct change))};
    uint32_t n_made = 0;
    int rc = AGON_OK;

    if (diff.roster == NULL || diff.slots == NULL || diff.view == NULL || diff.names == NULL ||
        diff.all == NULL)
        rc = error_set(err, AGON_ENOMEM, "out of memory");
    else
        host_view(apply->host, diff.view);
    if (rc >= 0)
        rc = read_file(&diff, err);
    if (rc >= 0) {
        place_accounts(&diff);
        rc = compare(&diff, err);
    }
    if (rc >= 0)
        rc = try_all(&diff, err);
    if (rc >= 0 && !apply->is_dry)
        rc = note_asked(&diff, err);
    if (rc >= 0 && !apply->is_dry)
        rc = make_all(&diff, &n_made, err);
    for (uint32_t i = 0; i < diff.n && !apply->is_dry && rc >= 0; i++)
        log_info_with(
            "control", "apply",
            LOG_FIELDS(LOG_TEXT("agent", diff.all[i].agent), LOG_TEXT("setting", diff.all[i].what),
                       LOG_TEXT("from", diff.all[i].from), LOG_TEXT("to", diff.all[i].to)),
            "%s: %s from %s to %s%s", diff.all[i].agent, diff.all[i].what, diff.all[i].from,
            diff.all[i].to,
            diff.all[i].how == HOW_LIVE     ? ""
            : diff.all[i].how == HOW_RELOAD ? ": waits for a reload"
                                            : ": waits for the next start");
    if (rc >= 0)
        put_diff(&diff, n_made, out);
    free(diff.roster);
    free(diff.slots);
    free(diff.view);
    free(diff.names);
    free(diff.all);
    return rc < 0 ? rc : (int)n_made;
}
