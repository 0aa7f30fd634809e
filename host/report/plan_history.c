// SPDX-License-Identifier: Apache-2.0
#include "report/plan_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "base/money.h"
#include "report/plan_text.h"
#include "sys/clock.h"
#include "sys/wrap.h"

struct held { // one tournament
    char first[32];
    agon_ns_t t;
    agon_amt_t moved_amt, pool_amt; // given to agents; in all pools behind it
    uint32_t number, n_lines, n_ranked, n_faulty;
    int is_undone;
};
struct agent {
    char name[32];
    agon_amt_t began_amt, before_amt, capital_amt; // before its first tournament; before, and
                                                   // behind the last
    uint32_t last;                                 // its number
    uint32_t n_held, n_first, n_ranked, n_faulty;
    uint8_t verdict; // of the last
};
struct plan_history {
    struct held *held; // owned
    struct agent agents[PLAN_LINES_MAX];
    uint32_t n_held, room, n_agents;
    int8_t exp;
    char currency[16];
};

struct plan_history *plan_history_new(void)
{
    return calloc(1, sizeof(struct plan_history));
}

void plan_history_free(struct plan_history *history)
{
    if (history != NULL)
        free(history->held);
    free(history);
}

// NULL: more agents by name than a host has room for at once.
static struct agent *agent_of(struct plan_history *history, const struct plan_line *line)
{
    for (uint32_t i = 0; i < history->n_agents; i++) {
        if (memcmp(history->agents[i].name, line->name, sizeof(line->name)) == 0)
            return &history->agents[i];
    }
    if (history->n_agents == PLAN_LINES_MAX)
        return NULL;
    memcpy(history->agents[history->n_agents].name, line->name, sizeof(line->name));
    history->agents[history->n_agents].began_amt = line->capital_before_amt;
    return &history->agents[history->n_agents++];
}

static void add_line(struct plan_history *history, struct held *held, const struct plan_line *line)
{
    struct agent *agent = agent_of(history, line);
    agon_amt_t change_amt = line->capital_after_amt - line->capital_before_amt;

    held->n_ranked += line->verdict == PLAN_RANKED;
    held->n_faulty += line->verdict == PLAN_FAULTY;
    held->moved_amt += change_amt > 0 ? change_amt : 0;
    if (plan_rank(line) == 1 && held->first[0] == '\0')
        memcpy(held->first, line->name, sizeof(held->first));
    if (agent == NULL)
        return;
    agent->n_held++;
    agent->n_first += plan_rank(line) == 1;
    agent->n_ranked += line->verdict == PLAN_RANKED;
    agent->n_faulty += line->verdict == PLAN_FAULTY;
    agent->verdict = line->verdict;
    agent->before_amt = line->capital_before_amt;
    agent->capital_amt = line->capital_after_amt;
    agent->last = held->number;
}

int plan_history_add(struct plan_history *history, const union plan_event *event)
{
    const struct record_plan *plan = &event->plan;
    struct held *held;

    if (history->n_held == history->room) {
        uint32_t room = history->room == 0 ? 64 : 2 * history->room;

        held = realloc(history->held, room * sizeof(*held));
        if (held == NULL)
            return AGON_ENOMEM;
        history->held = held;
        history->room = room;
    }
    held = &history->held[history->n_held++];
    *held = (struct held){.number = plan->number, .t = plan->hdr.t, .n_lines = plan->n_lines};
    history->exp = plan->exp;
    memcpy(history->currency, event->in_memory.currency, sizeof(history->currency));
    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++)
        held->pool_amt += plan_pool_of(event, account)->after_amt;
    for (uint32_t i = 0; i < plan->n_lines; i++)
        add_line(history, held, &plan_lines(plan)[i]);
    return AGON_OK;
}

void plan_history_undone(struct plan_history *history, const struct record_command *command)
{
    struct held *last = history->n_held > 0 ? &history->held[history->n_held - 1] : NULL;

    if (last == NULL || command->value != last->number)
        return; // refused
    last->is_undone = 1;
    for (uint32_t i = 0; i < history->n_agents; i++) {
        if (history->agents[i].last == last->number)
            history->agents[i].capital_amt = history->agents[i].before_amt;
    }
}

uint32_t plan_history_count(const struct plan_history *history)
{
    return history->n_held;
}

/* A table whose columns are as wide as what stands in them. Of a terminal that has no room for all,
 * those that may be missed are left out, the first of `leaves` first, and how many is said. */
#define CELLS 8
struct grid {
    const char *heads[CELLS]; /* "": of a mark, two columns behind the one before it */
    uint8_t is_left[CELLS];   /* aligned to the left */
    int8_t leaves[CELLS];     /* columns, -1 behind the last */
    void (*cell)(const struct plan_history *history, uint32_t row, int column, char text[48]);
    uint32_t n_rows;
    int n;
};

static int gap_of(const struct grid *grid, int column)
{
    return column == 0 ? 0 : grid->heads[column][0] == '\0' ? 2 : 1;
}

static void print_grid(const struct plan_history *history, const struct grid *grid)
{
    int widths[CELLS] = {0}, width = wrap_width(stdout), total = 0, n_out = 0;
    char text[48];

    for (int k = 0; k < grid->n; k++) {
        widths[k] = (int)strlen(grid->heads[k]);
        for (uint32_t i = 0; i < grid->n_rows; i++) {
            grid->cell(history, i, k, text);
            widths[k] = (int)strlen(text) > widths[k] ? (int)strlen(text) : widths[k];
        }
        total += widths[k] > 0 ? widths[k] + gap_of(grid, k) : 0;
    }
    for (int i = 0; grid->leaves[i] >= 0 && total > width; i++, n_out++) {
        total -= widths[grid->leaves[i]] + gap_of(grid, grid->leaves[i]);
        widths[grid->leaves[i]] = 0;
    }
    for (uint32_t i = 0; i <= grid->n_rows; i++) {
        int due = 0; // blanks that only stand before something

        for (int k = 0; k < grid->n; k++) {
            if (widths[k] == 0)
                continue;
            snprintf(text, sizeof(text), "%s", grid->heads[k]);
            if (i > 0)
                grid->cell(history, i - 1, k, text);
            due += gap_of(grid, k);
            if (!grid->is_left[k])
                due += widths[k] - (int)strlen(text);
            if (text[0] != '\0') {
                printf("%*s%s", due, "", text);
                due = 0;
            }
            if (grid->is_left[k])
                due += widths[k] - (int)strlen(text);
        }
        printf("\n");
    }
    if (n_out > 0)
        printf("%d column%s more: a wider terminal or --json shows %s\n", n_out,
               n_out == 1 ? "" : "s", n_out == 1 ? "it" : "them");
}

static void held_cell(const struct plan_history *history, uint32_t row, int column, char text[48])
{
    const struct held *held = &history->held[row];
    char t[CLOCK_TEXT];

    switch (column) {
    case 0:
        snprintf(text, 48, "%u", held->number);
        break;
    case 1:
        clock_text(held->t, t);
        snprintf(text, 48, "%.16sZ", t);
        break;
    case 2:
        snprintf(text, 48, "%.31s", held->first[0] != '\0' ? args_safe(held->first) : "-");
        break;
    case 3:
        snprintf(text, 48, "%u", held->n_ranked);
        break;
    case 4:
        snprintf(text, 48, "%u", held->n_faulty);
        break;
    case 5:
        (void)money_in(held->moved_amt, history->exp, history->currency, text);
        break;
    case 6:
        (void)money_in(held->pool_amt, history->exp, history->currency, text);
        break;
    default:
        snprintf(text, 48, "%s", held->is_undone ? "undone" : "");
        break;
    }
}

static void agent_cell(const struct plan_history *history, uint32_t row, int column, char text[48])
{
    const struct agent *agent = &history->agents[row];
    char verdict[PLAN_VERDICT_TEXT];

    switch (column) {
    case 0:
        snprintf(text, 48, "%.31s", args_safe(agent->name));
        break;
    case 1:
        (void)money_in(agent->began_amt, history->exp, history->currency, text);
        break;
    case 2:
        (void)money_in(agent->capital_amt, history->exp, history->currency, text);
        break;
    case 3:
        snprintf(text, 48, "%u", agent->n_first);
        break;
    case 4:
        snprintf(text, 48, "%u", agent->n_ranked);
        break;
    case 5:
        snprintf(text, 48, "%u", agent->n_faulty);
        break;
    default:
        snprintf(text, 48, "%.47s", plan_text_verdict(agent->verdict, verdict));
        break;
    }
}

void plan_history_print(const struct plan_history *history)
{
    const struct grid held = {
        .heads = {"number", "time", "first", "ranked", "faulty", "to agents", "in the pool", ""},
        .is_left = {[1] = 1, [2] = 1, [7] = 1},
        .leaves = {4, 3, 6, -1},
        .cell = held_cell,
        .n_rows = history->n_held,
        .n = 8};
    const struct grid agents = {
        .heads = {"agent", "capital before", "after", "first", "ranked", "faulty", "last verdict"},
        .is_left = {[0] = 1, [6] = 1},
        .leaves = {5, 4, 3, -1},
        .cell = agent_cell,
        .n_rows = history->n_agents,
        .n = 7};

    print_grid(history, &held);
    printf("\n");
    print_grid(history, &agents);
}

void plan_history_json(const struct plan_history *history)
{
    printf("{\"exp\":%d,\"tournaments\":[", history->exp);
    for (uint32_t i = 0; i < history->n_held; i++) {
        const struct held *held = &history->held[i];

        printf("%s{\"number\":%u,\"t\":\"%lld\",\"first\":\"%s\",\"n_agents\":%u,\"n_ranked\":%u,"
               "\"n_faulty\":%u,\"to_agents_amt\":\"%lld\",\"pool_amt\":\"%lld\",\"is_undone\":%s}",
               i > 0 ? "," : "", held->number, (long long)held->t, args_safe(held->first),
               held->n_lines, held->n_ranked, held->n_faulty, (long long)held->moved_amt,
               (long long)held->pool_amt, held->is_undone ? "true" : "false");
    }
    printf("],\"agents\":[");
    for (uint32_t i = 0; i < history->n_agents; i++) {
        const struct agent *agent = &history->agents[i];

        printf("%s{\"name\":\"%s\",\"capital_before_amt\":\"%lld\",\"capital_after_amt\":\"%lld\","
               "\"n_held\":%u,\"n_first\":%u,\"n_ranked\":%u,\"n_faulty\":%u,\"verdict\":\"%s\"}",
               i > 0 ? "," : "", args_safe(agent->name), (long long)agent->began_amt,
               (long long)agent->capital_amt, agent->n_held, agent->n_first, agent->n_ranked,
               agent->n_faulty, plan_verdict_name(agent->verdict));
    }
    printf("]}\n");
}
