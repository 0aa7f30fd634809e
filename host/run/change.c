// SPDX-License-Identifier: Apache-2.0
/* What of a roster can change while the host runs, made between two steps of the core. Each change
 * of the engine's state is an event. */
#include <stdio.h>

#include "agent/feed_fold.h"
#include "base/money.h"
#include "engine/capital.h"
#include "engine/close.h"
#include "run/host_impl.h"
#include "sys/log.h"

static int command(struct host *host, uint8_t kind, uint16_t slot, int64_t value, uint16_t reason)
{
    struct record_command what = {
        .hdr = {.type = AGON_EVENT_COMMAND, .granules = 1, .t = host_now(host)},
        .kind = kind,
        .scope = SCOPE_SLOT,
        .id = slot,
        .value = value,
        .reason = reason};
    int rc = host_step(host, &what.hdr);

    return rc < 0 ? rc : host->driver.rc;
}

static int step(struct host *host, struct agon_event_hdr *event)
{
    int rc;

    event->t = host_now(host);
    rc = host_step(host, event);
    return rc < 0 ? rc : host->driver.rc;
}

// The roster's word on what the plugin does not say: the rest stays as it is.
static struct record_slot merged(const struct host *host, const struct host_change *change)
{
    const struct record_slot *now = &host->config.slots[change->slot].record;
    struct record_slot record = *now;

    record.limits = change->to->record.limits;
    record.on_crash = change->to->record.on_crash;
    record.intent_latency_ns = change->to->record.intent_latency_ns;
    record.stage = engine_slots(host->engine)->all[change->slot].stage;
    return record;
}

/* The dry run says it too, of all that a roster changes together. */
static int check_capital(const struct host *host, struct host_change *change,
                         const struct record_slot *record)
{
    const struct instruments *table = engine_instruments(host->engine);
    const agon_amt_t *taken_amt = change->is_dry ? change->taken_amt : NULL;
    agon_amt_t amt = engine_capital_at_hand(host->engine, record, taken_amt);
    agon_amt_t alone_amt = engine_capital_at_hand(host->engine, record, NULL);
    int exp = instruments_asset(table, table->base_currency)->exp;
    char wanted[MONEY_TEXT], there[MONEY_TEXT], alone[MONEY_TEXT], missing[MONEY_TEXT];
    const char *name = host->config.base_currency;

    if (amt == record->limits.capital_amt) {
        if (taken_amt != NULL)
            engine_capital_take(host->engine, record, change->taken_amt);
        return AGON_OK;
    }
    money_in(record->limits.capital_amt, exp, name, wanted);
    money_in(amt, exp, name, there);
    money_in(alone_amt, exp, name, alone);
    money_in(record->limits.capital_amt - amt, exp, name, missing);
    if (amt < alone_amt)
        return error_set(&change->err, AGON_EINVAL,
                         "a capital of %s %s is wanted, and of the %s that the account has for it "
                         "what this roster gives before it leaves %s: lower `capital` by %s, here "
                         "or there, or bring money to the account",
                         wanted, name, alone, there, missing);
    return error_set(&change->err, AGON_EINVAL,
                     "a capital of %s %s is wanted, and the account has %s for it: lower `capital` "
                     "by %s, or bring money to the account",
                     wanted, name, there, missing);
}

static int change_slot(struct host *host, struct host_change *change)
{
    struct record_slot record = merged(host, change);
    union slot_event event;
    int rc = check_capital(host, change, &record);

    if (rc < 0 || change->is_dry)
        return rc;
    slot_record_write(&event, &record);
    rc = step(host, &event.hdr);
    if (rc < 0)
        return error_set(
            &change->err, rc,
            "the engine refused it: its capital is in use, or the account has no more");
    record.stage = host->config.slots[change->slot].record.stage;
    host->config.slots[change->slot].record = record;
    memcpy(host->config.slots[change->slot].meters, change->to->meters, sizeof(change->to->meters));
    return AGON_OK;
}

static int change_stage(struct host *host, struct host_change *change)
{
    uint8_t stage = change->to->record.stage;
    int rc = change->is_dry
                 ? AGON_OK
                 : command(host, COMMAND_SLOT_STAGE, change->slot, stage, REASON_OPERATOR);

    if (rc < 0)
        return error_set(&change->err, rc, "the engine refused the stage");
    if (!change->is_dry)
        host->config.slots[change->slot].record.stage = stage;
    return AGON_OK;
}

static const struct setup_param *param_of(const struct crew_slot *slot, const char *name)
{
    for (uint32_t i = 0; i < slot->n_params; i++) {
        if (strcmp(slot->params[i].name, name) == 0)
            return &slot->params[i];
    }
    return NULL;
}

static int change_param(struct host *host, struct host_change *change)
{
    const struct plugin_info *info = crew_info(host->crew, change->slot);
    struct crew_slot *now = &host->config.slots[change->slot];
    const struct setup_param *to = param_of(change->to, change->name);
    const struct setup_param *from = param_of(now, change->name);
    struct record_param record = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1}, .kind = CONFIG_PARAM, .slot = change->slot};
    const struct info_param *found = NULL;
    struct feed_param value = {0};
    int rc;

    for (uint32_t i = 0; info != NULL && i < info->n_params && found == NULL; i++) {
        if (strcmp(info->params[i].name, change->name) == 0)
            found = &info->params[i];
    }
    // Without a word of the roster it is the plugin's own default, which only a start gives.
    if (found == NULL || to == NULL || (found->flags & AGON_PARAM_LIVE) == 0 ||
        (found->type != AGON_INTEGER && found->type != AGON_REAL && found->type != AGON_CHOICE))
        return AGON_ENOTSUP;
    rc = fold_param_read(&value,
                         &(struct agon_param){.size = sizeof(struct agon_param),
                                              .id = found->id,
                                              .name = found->name,
                                              .type = found->type,
                                              .flags = found->flags,
                                              .min = found->min,
                                              .max = found->max,
                                              .def = found->def,
                                              .choices = found->choices},
                         to->text, &change->err);
    if (rc < 0 || change->is_dry)
        return rc;
    record.id = found->id;
    record.integer = value.integer;
    record.real = value.real;
    rc = step(host, &record.hdr);
    if (rc < 0)
        return error_set(&change->err, rc, "the engine refused the parameter");
    change->seq = engine_seq(host->engine);
    if (from != NULL)
        now->params[from - now->params] = *to;
    else if (now->n_params < CREW_PARAMS_MAX)
        now->params[now->n_params++] = *to;
    return AGON_OK;
}

static int change_signals(struct host *host, struct host_change *change)
{
    struct crew_slot *now = &host->config.slots[change->slot];

    if (change->is_dry)
        return AGON_OK;
    now->n_signals = change->to->n_signals;
    memcpy(now->signals, change->to->signals, sizeof(now->signals));
    return AGON_OK;
}

static int try_add(struct host *host, struct host_change *change)
{
    const struct slot *slot = slots_get(engine_slots(host->engine), change->slot);

    if (slot != NULL && strcmp(slot->name, change->to->record.name) != 0)
        return error_set(&change->err, AGON_EPERM,
                         "slot %u of this run directory is %s's, with its orders and positions",
                         change->slot, slot->name);
    if (slot != NULL && slot->condition == CONDITION_RETIRED &&
        close_is_for_good(host->engine, change->slot))
        return error_set(&change->err, AGON_EBUSY,
                         "%s is being unloaded, and what it holds closed: `agon ctl left %s` says "
                         "what is left; try again when its place is free",
                         slot->name, slot->name);
    if (!change->is_dry && !host->has_joined)
        return error_set(&change->err, AGON_ESTATE, "the agents have not begun yet: try again");
    return check_capital(host, change, &change->to->record);
}

/* The slot is made; the loader begins its plugin. */
static int seat(struct host *host, struct host_change *change)
{
    const struct slot *slot = slots_get(engine_slots(host->engine), change->slot);
    union slot_event event;
    int rc = AGON_OK;

    // Its positions were kept when it was unloaded: it takes them up again, and its place is not
    // another's.
    if (slot != NULL && slot->condition == CONDITION_RETIRED)
        rc = command(host, COMMAND_SLOT_CONDITION, change->slot, CONDITION_SUSPENDED,
                     REASON_SLOT_GONE);
    if (rc < 0)
        return error_set(&change->err, rc, "the engine refused to take it back");
    slot_set_remove(&host->leaving, change->slot);
    slot_set_remove(&host->gone, change->slot);
    slot_set_add(&host->beginning, change->slot);
    host->failures[change->slot][0] = '\0';
    slot_set_remove(&host->unfit, change->slot);
    slot_record_write(&event, &host->config.slots[change->slot].record);
    rc = step(host, &event.hdr);
    if (rc < 0)
        return error_set(&change->err, rc,
                         "the engine refused it: the account has no such capital");
    host_jobs_begin(host);
    return host_lease_records(host, &host->config.slots[change->slot], step) < 0
               ? error_set(&change->err, AGON_EINVAL, "the engine refused a lease of it")
               : AGON_OK;
}

static int plays(struct host *host, struct host_change *change)
{
    const struct slot *slot = slots_get(engine_slots(host->engine), change->slot);
    int rc = AGON_OK;

    if (slot->condition == CONDITION_SUSPENDED && slot->condition_reason != REASON_SLOT_GONE)
        rc = command(host, COMMAND_SLOT_CONDITION, change->slot, CONDITION_ACTIVE, REASON_OPERATOR);
    if (rc < 0)
        return error_set(&change->err, rc, "the engine refused to make it active");
    slot_set_remove(&host->beginning, change->slot);
    for (; host->config.n_slots <= change->slot; host->config.n_slots++)
        slot_set_add(&host->absent, host->config.n_slots);
    slot_set_remove(&host->absent, change->slot);
    slot_set_remove(&host->leaving, change->slot);
    log_info_with("host", "added", LOG_FIELDS(LOG_TEXT("agent", slot->name)),
                  "slot %s is active from now on", slot->name);
    return AGON_OK;
}

/* It is not added after all. Its plugin may have played by now: then it leaves as one that is
 * removed, with what on_crash says of its orders. */
static int empty(struct host *host, struct host_change *change)
{
    slot_set_remove(&host->beginning, change->slot);
    REQUIRE(crew_try_leave(host->crew, change->slot, AGON_END_DONE) == AGON_OK);
    if (slots_get(engine_slots(host->engine), change->slot) == NULL)
        return AGON_OK; // the engine had refused it
    host_fail_slot(host, change->slot, "it did not begin");
    host_tell(host);
    return AGON_OK;
}

/* Its plugin ends, its orders are cancelled, its positions are closed or kept. When nothing of it
 * is left anywhere, its place is another's (host_vacate). By its name, or by a roster that does not
 * name it any more: an agent leaves in one way. */
static int change_unload(struct host *host, struct host_change *change)
{
    uint16_t id = change->slot;
    const struct slot *slot = slots_get(engine_slots(host->engine), id);
    const char *by = change->kind == HOST_CHANGE_REMOVE ? "unloaded: not in the roster any more"
                                                        : "unloaded by an operator";
    int rc;

    if (slot == NULL)
        return error_set(&change->err, AGON_ENOENT, "there is no such agent");
    if (slot->condition == CONDITION_RETIRED && slot_set_has(&host->leaving, id)) {
        int is_closed = close_is_for_good(host->engine, id);

        if (is_closed && change->is_kept)
            return error_set(&change->err, AGON_ESTATE,
                             "%s is unloaded, and what it holds is being closed: that is not "
                             "called off",
                             slot->name);
        change->is_so = is_closed != change->is_kept;
        if (change->is_so)
            return AGON_OK;
    }
    if (change->is_dry)
        return AGON_OK;
    if (crew_try_leave(host->crew, id, AGON_END_DONE) < 0)
        return error_set(&change->err, AGON_EBUSY, "it is being reloaded just now: try again");
    slot_set_remove(&host->gone, id);
    slot_set_remove(&host->demoted, id);
    if (host->failures[id][0] == '\0')
        snprintf(host->failures[id], sizeof(host->failures[id]), "%s; its positions are %s", by,
                 change->is_kept ? "kept" : "closed");
    rc = command(host, COMMAND_SLOT_CONDITION, id, CONDITION_RETIRED, REASON_OPERATOR);
    change->seq = engine_seq(host->engine);
    if (rc >= 0)
        rc = command(host, change->is_kept ? COMMAND_CANCEL_ALL : COMMAND_FLATTEN, id, 0,
                     REASON_OPERATOR);
    if (rc < 0)
        return error_set(&change->err, rc, "the engine refused it");
    if (id < host->config.n_slots)
        slot_set_add(&host->absent, id);
    slot_set_add(&host->leaving, id);
    log_info_with("host", "unloaded", LOG_FIELDS(LOG_TEXT("agent", slot->name)),
                  "slot %s was %s; its positions are %s", slot->name, by,
                  change->is_kept ? "kept" : "closed");
    return AGON_OK;
}

// What was shown of whoever had the place is not shown as the next one's.
static void forget_slot(struct host *host, uint16_t id)
{
    struct host_view *draft = host->draft;

    for (uint32_t i = 0; i < HOST_VIEW_FILLS; i++) {
        if (draft->fills[i].slot == id)
            draft->fills[i].slot = UINT16_MAX;
    }
    for (uint32_t i = 0; i < HOST_VIEW_ENDED; i++) {
        if (draft->ended[i].slot == id)
            draft->ended[i].slot = UINT16_MAX;
    }
    for (uint32_t i = 0; i < HOST_VIEW_ASKED; i++) {
        if (draft->asked[i].slot == id)
            draft->asked[i].slot = UINT16_MAX; // its name stays
    }
    memset(&draft->slots[id], 0, sizeof(draft->slots[id]));
    draft->slots[id].freed_seq = host->freed_seq[id] = engine_seq(host->engine);
    host_note_result(host, id);
    memset(&host->meters[id], 0, sizeof(host->meters[id]));
    host->errors_seen[id] = host->cpu_seen_ms[id] = 0;
    memset(&host->crashes[id], 0, sizeof(host->crashes[id]));
    host->failures[id][0] = '\0';
    host->is_crash[id] = host->is_crash_told[id] = 0;
    slot_set_remove(&host->refused, id);
    slot_set_remove(&host->unfit, id);
    lock_take(&host->loader_lock);
    for (uint32_t i = 0; i < HOST_CHANGEOVERS_MAX; i++) {
        if (host->changeovers[i].slot == id)
            host->changeovers[i].slot = UINT16_MAX;
    }
    lock_give(&host->loader_lock);
}

void host_vacate(struct host *host)
{
    struct slot_set leaving = host->leaving;
    uint16_t id;

    while (slot_set_take(&leaving, &id)) {
        char name[SLOT_NAME];

        if (!engine_can_vacate(host->engine, id))
            continue;
        memcpy(name, engine_slots(host->engine)->all[id].name, sizeof(name));
        if (command(host, COMMAND_VACATE, id, 0, REASON_OPERATOR) < 0)
            continue; // there is no room for it just now
        slot_set_remove(&host->leaving, id);
        forget_slot(host, id);
        log_info_with("host", "vacated", LOG_FIELDS(LOG_TEXT("agent", name)),
                      "nothing of slot %s is left: its place is free", name);
    }
}

int host_is_manned(const struct host *host, uint16_t slot)
{
    return host_has_agent(host, slot);
}

static int change_tournament(struct host *host, struct host_change *change)
{
    struct record_tournament record = {
        .hdr = {.type = EVENT_CONFIG, .granules = TOURNAMENT_GRANULES(change->rules->n_more)},
        .kind = CONFIG_TOURNAMENT,
        .rules = *change->rules};
    int rc = change->is_dry ? AGON_OK : step(host, &record.hdr);

    if (rc < 0)
        return error_set(&change->err, rc, "the engine refused the rules");
    if (!change->is_dry)
        host->config.tournament = record.rules;
    return AGON_OK;
}

static int change_portfolio(struct host *host, struct host_change *change)
{
    struct record_portfolio record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = *change->portfolio};
    int rc = limits_check(&limits_of_portfolio, &record.limits, &change->err);

    if (rc < 0 || change->is_dry)
        return rc;
    rc = step(host, &record.hdr);
    if (rc < 0)
        return error_set(&change->err, rc, "the engine refused the portfolio's limits");
    host->config.portfolio = record.limits;
    return AGON_OK;
}

static int read_params(struct host *host, const struct host_change *change)
{
    const struct plugin_info *info = crew_info(host->crew, change->slot);

    change->params->n = 0;
    if (info == NULL)
        return AGON_OK;
    while (change->params->n < info->n_params && change->params->n < HOST_PARAMS_MAX) {
        change->params->all[change->params->n] = info->params[change->params->n];
        change->params->n++;
    }
    return AGON_OK;
}

void host_drain_change(struct host *host)
{
    struct host_change *change = atomic_exchange(&host->change, NULL);

    if (change == NULL)
        return;
    switch (change->kind) {
    case HOST_CHANGE_SLOT:
        change->rc = change_slot(host, change);
        break;
    case HOST_CHANGE_STAGE:
        change->rc = change_stage(host, change);
        break;
    case HOST_CHANGE_PARAM:
        change->rc = change_param(host, change);
        break;
    case HOST_CHANGE_ADD:
        change->rc = try_add(host, change);
        break;
    case ADD_SEAT:
        change->rc = seat(host, change);
        break;
    case ADD_PLAYS:
        change->rc = plays(host, change);
        break;
    case ADD_EMPTY:
        change->rc = empty(host, change);
        break;
    case HOST_CHANGE_REMOVE:
    case HOST_CHANGE_UNLOAD:
        change->rc = change_unload(host, change);
        break;
    case HOST_CHANGE_SIGNALS:
        change->rc = change_signals(host, change);
        break;
    case HOST_CHANGE_PORTFOLIO:
        change->rc = change_portfolio(host, change);
        break;
    case HOST_CHANGE_TOURNAMENT:
        change->rc = change_tournament(host, change);
        break;
    case HOST_READ_PARAMS:
        change->rc = read_params(host, change);
        break;
    case HOST_READ_PLAN:
        change->rc = engine_dry_plan(host->engine, NULL, change->plan);
        break;
    default:
        change->rc = AGON_EINVAL;
        break;
    }
    if (!change->is_dry)
        host_show(host);
    atomic_store_explicit(&host->n_changes_done, host->n_changes_done + 1, memory_order_release);
}

int host_await_change(struct host *host, struct host_change *change, int64_t wait_ns)
{
    uint32_t done = atomic_load(&host->n_changes_done);
    int64_t until = clock_mono() + wait_ns;
    _Atomic uint32_t never = 0;

    atomic_store(&host->change, change);
    host_wake_core(host);
    while (atomic_load_explicit(&host->n_changes_done, memory_order_acquire) == done) {
        // Taken back unless the core has it by now: then it is made, and there is an end to it.
        if ((clock_mono() > until || atomic_load(&host->is_loader_stopping)) &&
            atomic_exchange(&host->change, NULL) != NULL)
            return error_set(&change->err, AGON_ETIME, "the host has no time for it just now");
        futex_wait(&never, 0, 1000000);
    }
    return change->rc;
}

int host_make_change(struct host *host, struct host_change *change, int64_t wait_ns)
{
    int rc = host_await_change(host, change, wait_ns);

    return rc < 0 || change->kind != HOST_CHANGE_ADD || change->is_dry ? rc
                                                                       : host_add(host, change);
}

const struct host_config *host_config_of(const struct host *host)
{
    return &host->config;
}
