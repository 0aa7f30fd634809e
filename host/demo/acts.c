// SPDX-License-Identifier: Apache-2.0
#include "demo/acts.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "demo/demo_config.h"
#include "score/undone.h"

const struct act_words act_words[ACTS] = {
    [ACT_WARM] = {"A warm start",
                  "The exchange hands out bars of before the start; agents begin with their "
                  "indicators ready.",
                  "The column of fills, and how long after the start the first came.", 0},
    [ACT_CRASH] = {"A crash, contained",
                   "crash_1 writes through a null pointer while it has an order at the exchange.",
                   "Its state, its open orders, and the fills of the others, which go on.", 12},
    [ACT_RELOAD] = {"Other code, in flight",
                    "momentum_1 gets another version of its plugin as soon as it holds a position; "
                    "where none comes, without one when act 6 begins.",
                    "Its fills, and its position where it has one: both stay.", 24},
    [ACT_HANG] = {"A hang, contained",
                  "hang_1 does not return from a callback; after 1 s its process is ended.",
                  "Its state; nobody else waits for it.", 38},
    [ACT_TOURNAMENT] =
        {"A tournament",
         "Capital goes by rank, where a result is more than chance; who was at fault gets none.",
         "Who is first, and what of the column of equity moves.", 52},
    [ACT_FLOOD] = {"A flood, refused", "flood_1 sends intents without end, far beyond its limit.",
                   "Its refused intents; those of the others stay as they are.", 70},
    [ACT_PROOF] = {"The proof",
                   "The journal is stepped again through a new engine, which has to reach the same "
                   "state.",
                   "The two hashes.", 100}};

/* A demo has no week: what its tournaments decide by is said with them. */
void acts_init(struct acts *acts, int64_t length_ns, const struct tournament_rules *rules)
{
    const char *about = act_words[ACT_TOURNAMENT].about;
    char hurried[PLAN_HURRIED_TEXT];

    memset(acts, 0, sizeof(*acts));
    acts->length_ns = length_ns;
    if (plan_hurried_rules(rules, hurried)[0] != '\0')
        snprintf(acts->tournament, sizeof(acts->tournament), "%s It %s.", about, hurried);
    else
        snprintf(acts->tournament, sizeof(acts->tournament), "%s", about);
}

const char *acts_about(const struct acts *acts, enum act act)
{
    return act == ACT_TOURNAMENT ? acts->tournament : act_words[act].about;
}

int64_t acts_begin(enum act act, int64_t length)
{
    return length / 100 * act_words[act].from_pct + length % 100 * act_words[act].from_pct / 100;
}

static const struct host_view_slot *slot_of(const struct host_view *view, const char *name)
{
    for (uint32_t i = 0; i < view->n_slots; i++) {
        if (strcmp(view->slots[i].name, name) == 0)
            return &view->slots[i];
    }
    return NULL;
}

/* Why it ended last, without where exactly: the alert says so, also when it runs again. */
static void note_why(char why[96], const struct host_view *view, const struct host_view_slot *slot)
{
    for (uint32_t i = view->alerts.n_kept; i > 0; i--) { // newest first
        const struct alert *alert = &view->alerts.all[i - 1];
        const char *after = strstr(alert->text, " (after");
        size_t n = strcspn(alert->text, ",;");

        if (alert->kind != ALERT_CRASH || &view->slots[alert->slot] != slot)
            continue;
        if (after != NULL && (size_t)(after - alert->text) < n)
            n = (size_t)(after - alert->text);
        snprintf(why, 96, "Why: %.*s.", (int)n, alert->text);
    }
}

/* "is quarantined after 3 crashes": as it is now, also when the act is over. Restarted is only who
 * runs: one that is active may have failed to begin. */
static const char *became(const struct host_view_slot *slot, int is_brief, char text[64])
{
    if (slot->condition == CONDITION_QUARANTINED && (is_brief || slot->n_crashes <= 1))
        snprintf(text, 64, "is quarantined");
    else if (slot->condition == CONDITION_QUARANTINED)
        snprintf(text, 64, "is quarantined after %u crashes", slot->n_crashes);
    else if (slot->failure[0] != '\0' && !slot->is_unfit)
        snprintf(text, 64, is_brief ? "has ended" : "and does not run so far");
    else if (slot->condition != CONDITION_ACTIVE)
        snprintf(text, 64, "is suspended");
    else
        snprintf(text, 64,
                 slot->is_playing ? "is restarted"
                 : is_brief       ? "restarts"
                                  : "is being restarted");
    return text;
}

/* Of one whose plugin ended: why, what became of it, and that it has nothing open. */
static void say_fault(struct acts *acts, const struct acts_seen *seen, enum act act,
                      const char *name)
{
    const struct host_view_slot *slot = slot_of(seen->view, name);
    struct acts_fault *fault = &acts->faults[act];
    char all[MONEY_TEXT], text[64], why[sizeof(fault->why)];

    if (slot == NULL || slot->n_crashes == 0 || acts->now < act)
        return;
    if (acts->now != act && fault->n_crashes == 0) { // on a slow machine
        snprintf(acts->said[act], ACT_TEXT, "%s ended after this act, %s.", name,
                 became(slot, 0, text));
        snprintf(acts->brief[act], ACT_TEXT, "%s %s, after this act", name, became(slot, 1, text));
        return;
    }
    if (acts->now == act) {
        note_why(fault->why, seen->view, slot);
        fault->n_fills = seen->view->counters.n_fills - acts->n_fills;
        fault->n_crashes = slot->n_crashes;
    }
    memcpy(why, fault->why, sizeof(why));
    snprintf(acts->said[act], ACT_TEXT, "%s ended%s, %s; the others had %s fills meanwhile. %s",
             name, slot->condition != CONDITION_QUARANTINED && slot->n_crashes > 1 ? " again" : "",
             became(slot, 0, text), money_count(fault->n_fills, all), why);
    snprintf(acts->brief[act], ACT_TEXT, "%s %s; others: %s fills in the act", name,
             became(slot, 1, text), money_brief(fault->n_fills, all));
}

static void say_warm(struct acts *acts, const struct acts_seen *seen)
{
    char counts[2][MONEY_TEXT], time[SPAN_TEXT];

    (void)span_text(acts->first_fill_ns, time);
    snprintf(acts->brief[ACT_WARM], ACT_TEXT, "first fill after %s; %s fills in the act", time,
             money_brief(seen->view->counters.n_fills, counts[0]));
    snprintf(acts->said[ACT_WARM], ACT_TEXT,
             "First fill %s after the start; %s fills of %s orders in this act.", time,
             money_count(seen->view->counters.n_fills, counts[0]),
             money_count(seen->view->counters.n_orders, counts[1]));
}

/* With its position, for which the demo waits; a short one may end before there is one. */
static void say_reload(struct acts *acts, const struct acts_seen *seen)
{
    const char *late = acts->now > ACT_RELOAD ? ", after this act" : "";
    int is_flat = seen->reload_held[0] == '\0';
    char *said = acts->said[ACT_RELOAD];
    char *brief = acts->brief[ACT_RELOAD];
    char pause[SPAN_TEXT], bytes[MONEY_TEXT];

    if (seen->reload_failed[0] != '\0') {
        snprintf(said, ACT_TEXT, "No reload: %.200s", seen->reload_failed);
        snprintf(brief, ACT_TEXT, "no reload; why stands in the report");
    }
    for (uint32_t i = 0; i < seen->n_changeovers && i < HOST_CHANGEOVERS_MAX; i++) {
        const struct host_changeover *one =
            &seen->changeovers[(seen->n_changeovers - 1 - i) % HOST_CHANGEOVERS_MAX];

        if (one->slot >= seen->view->n_slots ||
            strcmp(seen->view->slots[one->slot].name, DEMO_NEWCOMER) != 0)
            continue;
        (void)span_text(one->cut_ns + one->swap_ns, pause);
        snprintf(said, ACT_TEXT,
                 DEMO_NEWCOMER " %s%.95s when it was reloaded%s; generation %u %s. The engine "
                               "paused %s, %s bytes of state went over.",
                 is_flat ? "had no position" : "held ", seen->reload_held, late,
                 seen->view->slots[one->slot].generation, is_flat ? "runs now" : "has it now",
                 pause, money_count(one->n_state, bytes));
        // What is too long to be named here is in the long form.
        snprintf(brief, ACT_TEXT, DEMO_NEWCOMER " held %s; engine paused %s",
                 is_flat                           ? "no position"
                 : strlen(seen->reload_held) <= 15 ? seen->reload_held
                                                   : "its positions",
                 pause);
    }
    if (said[0] == '\0' && acts->now == ACT_RELOAD)
        snprintf(said, ACT_TEXT,
                 DEMO_NEWCOMER " holds no position yet; the reload waits for one until act 6.");
}

/* What stands before a brief result and behind it, from the whole to what is short. */
struct around {
    char before[64], after[PLAN_MOVED_TEXT + 2];
};

/* A brief result has its columns and no more: the first of its forms that has room. */
static void say_brief(char brief[ACT_TEXT], const union plan_event *event,
                      const struct around *forms, int n)
{
    const struct plan_result result = plan_result(event);
    char first[2][96]; // the same for a name that is long

    if (result.first == NULL)
        snprintf(first[0], sizeof(first[0]), "nobody is ranked");
    else if (result.evidence <= 0.0)
        snprintf(first[0], sizeof(first[0]), "%.31s first", result.first->name);
    else if (result.beats == result.first)
        snprintf(first[0], sizeof(first[0]), "%.31s first, beats chance", result.first->name);
    else
        snprintf(first[0], sizeof(first[0]), "%.31s first, %.31s beats chance", result.first->name,
                 result.beats != NULL ? result.beats->name : "nobody");
    memcpy(first[1], first[0], sizeof(first[1]));
    if (result.first != NULL && result.evidence > 0.0 && result.beats == NULL)
        snprintf(first[1], sizeof(first[1]), "%.31s first, may be chance", result.first->name);
    for (int i = 0; i < 2 * n; i++) {
        if (snprintf(brief, ACT_TEXT, "%s%s%s", forms[i / 2].before, first[i % 2],
                     forms[i / 2].after) <= ACT_BRIEF)
            return;
    }
    brief[ACT_BRIEF] = '\0';
}

/* Why nothing did, with what the first one's rank asked for. */
static void say_not_moved(const struct acts_seen *seen, char text[PLAN_LARGEST_TEXT + 2])
{
    const union plan_event *event = &seen->view->plan;
    agon_amt_t asked_amt = plan_asked_change_amt(event, plan_result(event).first);
    char amount[MONEY_TEXT];

    (void)money_in(asked_amt, event->plan.exp, seen->view->base_currency, amount);
    snprintf(text, PLAN_LARGEST_TEXT + 2, ", as no result confirms what its rank asks for%s%s%s%s",
             asked_amt == 0  ? ""
             : asked_amt > 0 ? ": +"
                             : ": ",
             asked_amt != 0 ? amount : "", asked_amt != 0 ? " " : "",
             asked_amt != 0 ? seen->view->base_currency : "");
}

/* Each once; of one that is beyond the view the next look says it. */
static void count_plan(struct acts_moved *moved, const union plan_event *event, uint32_t until)
{
    const struct record_plan *plan = &event->plan;
    int is_undone = plan_undone_of(event) != NULL;

    if (plan->number > until)
        return;
    if (plan->number > moved->number) {
        moved->number = plan->number;
        moved->n++;
        moved->newest_amt = plan_moved_amt(plan);
        moved->is_undone = 0;
        moved->amt = num_add(moved->amt, moved->newest_amt);
        if (moved->newest_amt > 0) {
            moved->n_moved++;
            moved->before = moved->last;
            moved->last = plan->number;
        }
    }
    if (plan->number != moved->number || !is_undone || moved->is_undone)
        return;
    moved->is_undone = 1;
    moved->amt = num_add(moved->amt, -moved->newest_amt);
    if (moved->newest_amt > 0) {
        moved->n_moved--;
        moved->last = moved->before;
    }
}

static void count_plans(struct acts_moved *moved, const struct acts_seen *seen)
{
    const struct host_plans *plans = seen->plans;
    const struct host_view *view = seen->view;

    if (plans != NULL && plans->n - moved->n_seen > HOST_PLANS_MAX)
        moved->n_seen = plans->n - HOST_PLANS_MAX;
    for (; plans != NULL && moved->n_seen < plans->n; moved->n_seen++) {
        const union plan_event *event = &plans->all[moved->n_seen % HOST_PLANS_MAX];

        if (event->plan.number > view->n_plans)
            break;
        count_plan(moved, event, view->n_plans);
    }
    if (view->n_plans > 0)
        count_plan(moved, &view->plan, view->n_plans);
}

/* Of all that were held, where there were others: the last alone may have moved nothing. */
static void say_all(const struct acts *acts, const struct acts_seen *seen, char text[160])
{
    const struct host_view *view = seen->view;
    const struct acts_moved *moved = &acts->moved;
    char amount[MONEY_TEXT], pool[MONEY_TEXT], last[24] = "", has[MONEY_TEXT + 24] = "";

    text[0] = '\0';
    if (moved->n < 2)
        return;
    if (moved->last != moved->number)
        snprintf(last, sizeof(last), ", the last no. %u", moved->last);
    if (view->pool_amt != 0)
        snprintf(has, sizeof(has), "; the pool has %s",
                 money_in(view->pool_amt, view->base_exp, view->base_currency, pool));
    if (moved->n_moved == 0)
        snprintf(text, 160, " So far none of %u moved capital%s.", moved->n, has);
    else
        snprintf(text, 160, " So far %u of %u moved %s %.15s%s%s.", moved->n_moved, moved->n,
                 money_in(moved->amt, view->plan.plan.exp, view->base_currency, amount),
                 view->base_currency, last, has);
}

static void say_plan(struct acts *acts, const struct acts_seen *seen)
{
    const union plan_event *event = &seen->view->plan;
    const struct record_plan *plan = &event->plan;
    const struct plan_result result = plan_result(event);
    int is_chance = result.evidence > 0.0 && result.beats == NULL;
    agon_amt_t moved_amt = plan_moved_amt(plan);
    struct around forms[4] = {0};
    char first[PLAN_FIRST_TEXT], moved[PLAN_MOVED_TEXT], all[160], amount[MONEY_TEXT];
    char more[PLAN_LARGEST_TEXT + 2] = ": ";
    const char *part;

    if (seen->view->n_plans == acts->n_plans)
        return;
    (void)plan_moved_text(plan, seen->view->base_currency, moved);
    (void)plan_largest_text(event, seen->view->base_currency, more + 2);
    if (result.first != NULL && !is_chance && moved_amt == 0)
        say_not_moved(seen, more);
    else if (more[2] == '\0')
        more[0] = '\0';
    part = strstr(moved, ", ");
    say_all(acts, seen, all);
    snprintf(acts->said[ACT_TOURNAMENT], ACT_TEXT, "Tournament %u: %s; %s%s.%s", plan->number,
             plan_first_text(event, first), moved, more, all);
    for (int i = 0; i < 4; i++)
        snprintf(forms[i].before, sizeof(forms[i].before), "no. %u: ", plan->number);
    snprintf(forms[0].after, sizeof(forms[0].after), "; %s", moved);
    snprintf(forms[1].after, sizeof(forms[1].after), "; %.*s",
             part != NULL ? (int)(part - moved) : (int)strlen(moved), moved);
    snprintf(forms[2].after, sizeof(forms[2].after), "; %s moved",
             moved_amt == 0 ? "nothing"
                            : money_in(moved_amt, plan->exp, seen->view->base_currency, amount));
    say_brief(acts->brief[ACT_TOURNAMENT], event, forms, 4);
}

/* Of all that were held: what the pool has stands in the table's row of it. */
static void say_plans(struct acts *acts, const struct acts_seen *seen)
{
    const struct host_view *view = seen->view;
    const struct acts_moved *moved = &acts->moved;
    struct around forms[3] = {0};
    char amount[MONEY_TEXT];

    if (view->n_plans == 0)
        return;
    acts->n_plans = 0; // the long form is of the last one too
    say_plan(acts, seen);
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            (void)money_in(moved->amt, view->plan.plan.exp, view->base_currency, amount);
        else
            (void)money_text(moved->amt, view->plan.plan.exp, 0, amount);
        snprintf(forms[i].before, sizeof(forms[i].before), "%u held%s%s%s; ", view->n_plans,
                 i < 2 ? ", " : "",
                 i == 2               ? ""
                 : moved->n_moved > 0 ? amount
                                      : "nothing",
                 i < 2 ? " moved" : "");
    }
    say_brief(acts->brief[ACT_TOURNAMENT], &view->plan, forms, 3);
}

static void say_flood(struct acts *acts, const struct acts_seen *seen)
{
    const struct host_view_slot *slot = slot_of(seen->view, "flood_1");
    uint64_t n_others = 0;
    char counts[2][MONEY_TEXT], text[64];

    if (slot == NULL || slot->n_refused == 0)
        return;
    for (uint32_t i = 0; i < seen->view->n_slots; i++)
        n_others += &seen->view->slots[i] != slot ? seen->view->slots[i].n_refused : 0;
    snprintf(acts->said[ACT_FLOOD], ACT_TEXT,
             "%s intents of flood_1 were refused before the exchange saw them, of the others "
             "%s; it %s.",
             money_count(slot->n_refused, counts[0]), money_count(n_others, counts[1]),
             slot->n_crashes > 0 ? became(slot, 0, text) : "runs on: its meter is not full");
    snprintf(acts->brief[ACT_FLOOD], ACT_TEXT, "%s refused, of the others %s; %s",
             money_brief(slot->n_refused, counts[0]), money_brief(n_others, counts[1]),
             slot->n_crashes > 0 ? became(slot, 1, text) : "runs on");
}

int acts_look(struct acts *acts, const struct acts_seen *seen, int64_t elapsed_ns, int64_t start_ns)
{
    int has_begun = 0;

    count_plans(&acts->moved, seen);
    if (acts->first_fill_ns == 0 && seen->view->counters.n_fills > 0)
        acts->first_fill_ns = start_ns + elapsed_ns;
    switch (acts->now) {
    case ACT_WARM:
        if (acts->first_fill_ns != 0)
            say_warm(acts, seen);
        break;
    case ACT_FLOOD:
        say_flood(acts, seen);
        break;
    default:
        break;
    }
    if (acts->now >= ACT_TOURNAMENT)
        say_plan(acts, seen); // those behind the act are of what it shows
    if (acts->now == ACT_RELOAD || (acts->now > ACT_RELOAD && acts->brief[ACT_RELOAD][0] == '\0'))
        say_reload(acts, seen);
    // What became of them may be another thing by the end.
    say_fault(acts, seen, ACT_CRASH, "crash_1");
    say_fault(acts, seen, ACT_HANG, "hang_1");
    while (acts->now + 1 < ACT_PROOF && elapsed_ns >= acts_begin(acts->now + 1, acts->length_ns)) {
        acts->now++;
        acts->n_fills = seen->view->counters.n_fills;
        acts->n_plans = acts->now <= ACT_TOURNAMENT ? seen->view->n_plans : acts->n_plans;
        has_begun = 1;
    }
    return has_begun;
}

void acts_sum_up(struct acts *acts, const struct acts_seen *seen)
{
    if (acts->brief[ACT_RELOAD][0] == '\0')
        say_reload(acts, seen); // it was late
    say_fault(acts, seen, ACT_CRASH, "crash_1");
    say_fault(acts, seen, ACT_HANG, "hang_1");
    count_plans(&acts->moved, seen);
    say_plans(acts, seen);
    say_flood(acts, seen);
}
