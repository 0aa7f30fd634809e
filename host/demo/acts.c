// SPDX-License-Identifier: Apache-2.0
#include "demo/acts.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/span.h"
#include "demo/demo_config.h"

const struct act_words act_words[ACTS] = {
    [ACT_WARM] = {"A warm start",
                  "The exchange hands out bars of before the start; agents begin with their "
                  "indicators ready.",
                  "The column of fills, and how long after the start the first came.", 0},
    [ACT_CRASH] = {"A crash, contained",
                   "crash_1 writes through a null pointer while it has an order at the exchange.",
                   "Its state, its open orders, and the fills of the others, which go on.", 12},
    [ACT_RELOAD] = {"Other code, in flight",
                    "momentum_1 gets another version of its plugin as soon as it holds a position.",
                    "Its position and fills: both stay.", 24},
    [ACT_HANG] = {"A hang, contained",
                  "hang_1 does not return from a callback; after 1 s its process is ended.",
                  "Its state; nobody else waits for it.", 38},
    [ACT_TOURNAMENT] =
        {"A tournament",
         "At the next full slice of market time capital goes by rank, where a result is "
         "more than chance. Who was at fault gets none.",
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
    if (plan_hurried_text(rules->window, rules->sample_s, hurried)[0] != '\0')
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
        snprintf(said, ACT_TEXT, DEMO_NEWCOMER " holds no position yet; the reload waits for one.");
}

/* A brief result has its columns and no more: without its last part where that is too long. */
static void say_brief(char brief[ACT_TEXT], const char *result, char *rest)
{
    for (;;) {
        char *part = strstr(rest, ", ");

        if (snprintf(brief, ACT_TEXT, "%s%s", result, rest) <= ACT_BRIEF)
            return;
        if (rest[0] == '\0')
            break;
        *(part != NULL ? part : rest) = '\0';
    }
    brief[ACT_BRIEF] = '\0';
}

/* NULL: nobody was ranked. */
static const struct plan_line *first_line(const struct record_plan *plan)
{
    const struct plan_line *first = NULL;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        if (plan_rank(&plan_lines(plan)[i]) == 1)
            first = &plan_lines(plan)[i];
    }
    return first;
}

/* Who the tournament's result is of, and what of it: by rank; where its rules ask for evidence,
 * only who has it. */
struct verdict {
    const char *who, *brief;
    int is_chance; /* some are ranked, and none of their results is more than chance */
};

static struct verdict verdict_of(const union plan_event *event)
{
    double evidence = plan_setting(event, SETTING_EVIDENCE);
    const struct plan_line *best = first_line(&event->plan);

    if (best == NULL)
        return (struct verdict){"nobody", "is ranked", 0};
    if (evidence <= 0.0)
        return (struct verdict){best->name, "is first", 0};
    best = NULL;
    for (uint32_t i = 0; i < event->plan.n_lines; i++) {
        const struct plan_line *line = &plan_lines(&event->plan)[i];

        if (plan_rank(line) > 0 && plan_noted(event, line, SETTING_EVIDENCE) >= evidence &&
            (best == NULL || plan_rank(line) < plan_rank(best)))
            best = line;
    }
    return best != NULL ? (struct verdict){best->name, "beats chance", 0}
                        : (struct verdict){"nobody", "beats chance", 1};
}

/* Why nothing did, with what the first one's rank asked for. */
static void say_not_moved(const struct acts_seen *seen, char text[PLAN_LARGEST_TEXT + 2])
{
    const union plan_event *event = &seen->view->plan;
    agon_amt_t asked_amt = plan_asked_change_amt(event, first_line(&event->plan));
    char amount[MONEY_TEXT];

    (void)money_in(asked_amt, event->plan.exp, seen->view->base_currency, amount);
    snprintf(text, PLAN_LARGEST_TEXT + 2, ", as no result confirms what its rank asks for%s%s%s%s",
             asked_amt == 0  ? ""
             : asked_amt > 0 ? ": +"
                             : ": ",
             asked_amt != 0 ? amount : "", asked_amt != 0 ? " " : "",
             asked_amt != 0 ? seen->view->base_currency : "");
}

static void say_plan(struct acts *acts, const struct acts_seen *seen)
{
    const struct record_plan *plan = &seen->view->plan.plan;
    const struct verdict verdict = verdict_of(&seen->view->plan);
    int is_ranked = first_line(plan) != NULL;
    char moved[PLAN_MOVED_TEXT + 2] = "; ", more[PLAN_LARGEST_TEXT + 2] = ": ", brief[64];

    if (seen->view->n_plans == acts->n_plans)
        return;
    (void)plan_moved_text(plan, seen->view->base_currency, moved + 2);
    (void)plan_largest_text(&seen->view->plan, seen->view->base_currency, more + 2);
    if (is_ranked && !verdict.is_chance && plan_moved_amt(plan) == 0)
        say_not_moved(seen, more);
    else if (more[2] == '\0')
        more[0] = '\0';
    snprintf(acts->said[ACT_TOURNAMENT], ACT_TEXT, "Tournament %u: %.31s %s%s%s%s.", plan->number,
             verdict.who, verdict.brief, is_ranked ? "" : ", too few samples or trades", moved,
             more);
    snprintf(brief, sizeof(brief), "no. %u: %.16s %s", plan->number, verdict.who,
             strcmp(verdict.brief, "is first") == 0 ? "first" : verdict.brief);
    say_brief(acts->brief[ACT_TOURNAMENT], brief, moved);
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

/* Of all that were held: what the pool has is what the table's row of it says. */
static void say_plans(struct acts *acts, const struct acts_seen *seen)
{
    const struct host_view *view = seen->view;
    const struct verdict verdict = verdict_of(&view->plan);
    char pool[MONEY_TEXT + 8], brief[64];

    if (view->n_plans == 0)
        return;
    acts->n_plans = 0; // the long form is of the last one too
    say_plan(acts, seen);
    (void)money_in(view->pool_amt, view->base_exp, view->base_currency,
                   pool + snprintf(pool, sizeof(pool), "; pool "));
    snprintf(brief, sizeof(brief), "%u held%s %.16s %s", view->n_plans,
             view->n_plans == 1 ? ":" : "; last:", verdict.who, verdict.brief);
    say_brief(acts->brief[ACT_TOURNAMENT], brief, pool);
}

int acts_look(struct acts *acts, const struct acts_seen *seen, int64_t elapsed_ns, int64_t start_ns)
{
    int has_begun = 0;

    if (acts->first_fill_ns == 0 && seen->view->counters.n_fills > 0)
        acts->first_fill_ns = start_ns + elapsed_ns;
    switch (acts->now) {
    case ACT_WARM:
        if (acts->first_fill_ns != 0)
            say_warm(acts, seen);
        break;
    case ACT_TOURNAMENT:
        say_plan(acts, seen);
        break;
    case ACT_FLOOD:
        say_flood(acts, seen);
        break;
    default:
        break;
    }
    if (acts->now == ACT_RELOAD || (acts->now > ACT_RELOAD && acts->brief[ACT_RELOAD][0] == '\0'))
        say_reload(acts, seen);
    // What became of them may be another thing by the end.
    say_fault(acts, seen, ACT_CRASH, "crash_1");
    say_fault(acts, seen, ACT_HANG, "hang_1");
    while (acts->now + 1 < ACT_PROOF && elapsed_ns >= acts_begin(acts->now + 1, acts->length_ns)) {
        acts->now++;
        acts->n_fills = seen->view->counters.n_fills;
        acts->n_plans = seen->view->n_plans;
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
    say_plans(acts, seen);
    say_flood(acts, seen);
}
