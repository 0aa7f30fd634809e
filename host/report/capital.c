// SPDX-License-Identifier: Apache-2.0
#include "report/capital.h"

#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "run/agent_state.h"

enum { START, MOVED, RESULT, EQUITY, COLUMNS };
struct capital {
    const struct host_view *view;
    const struct table_more *more;
    int decimals;
    int widths[COLUMNS], name_width, more_width;
    agon_amt_t shown[COLUMNS]; /* sums of what the rows show, in the currency's decimals */
};

static agon_amt_t rounded(const struct capital *of, agon_amt_t amt)
{
    return num_rescale(amt, of->view->base_exp, of->decimals, NUM_EVEN);
}

static void measure(struct capital *of, const agon_amt_t amts[COLUMNS])
{
    char text[MONEY_TEXT];

    for (int i = 0; i < COLUMNS; i++) {
        int width = (int)strlen(money_text(amts[i], of->view->base_exp, of->decimals, text));

        of->widths[i] = width > of->widths[i] ? width : of->widths[i];
    }
}

static void put(FILE *out, struct capital *of, const char *name, const agon_amt_t amts[COLUMNS],
                const char *more, const char *state)
{
    char text[MONEY_TEXT];

    fprintf(out, "%-*s", of->name_width, name);
    for (int i = 0; i < COLUMNS; i++)
        fprintf(out, " %*s", of->widths[i],
                money_text(amts[i], of->view->base_exp, of->decimals, text));
    if (of->more != NULL && (more[0] != '\0' || state[0] != '\0'))
        fprintf(out, " %*s", of->more_width, more);
    fprintf(out, state[0] != '\0' ? " %s\n" : "%s\n", state);
}

static int is_shown(const struct host_view_slot *slot, agon_amt_t start_amt)
{
    return slot->is_used && (slot->agent_kind == AGON_STRATEGY || slot->figures.equity_amt != 0 ||
                             slot->figures.capital_amt != 0 || start_amt != 0);
}

static void amounts_of(const struct figures *figures, agon_amt_t start_amt,
                       agon_amt_t amts[COLUMNS])
{
    amts[START] = start_amt;
    amts[MOVED] = num_add(figures->capital_amt, -start_amt);
    amts[RESULT] = figures->result_amt;
    amts[EQUITY] = figures->equity_amt;
}

/* "rounded 0.01": by how much the rows' sum is beside the total; "": it is the total. */
static const char *off_text(const struct capital *of, const agon_amt_t all[COLUMNS], char text[32])
{
    char amount[MONEY_TEXT];
    agon_amt_t most = 0;

    for (int i = 0; i < COLUMNS; i++) {
        agon_amt_t off = num_add(of->shown[i], -rounded(of, all[i]));

        off = off < 0 ? -off : off;
        most = off > most ? off : most;
    }
    text[0] = '\0';
    if (most > 0)
        snprintf(text, 32, "rounded %.20s", money_text(most, of->decimals, of->decimals, amount));
    return text;
}

void capital_table(FILE *out, const struct host_view *view, const agon_amt_t start_amt[SLOTS_MAX],
                   const struct table_more *more)
{
    static const char *const heads[COLUMNS] = {"start", "moved", "result", "equity"};
    struct capital of = {.view = view,
                         .more = more,
                         .decimals = money_decimals(view->base_currency, view->base_exp),
                         .name_width = 5,
                         .more_width = more != NULL ? (int)strlen(more->head) : 0};
    agon_amt_t pool[COLUMNS] = {0, view->pool_amt, 0, view->pool_amt};
    agon_amt_t all[COLUMNS], amts[COLUMNS], start_all_amt = 0;
    char off[32];

    for (int i = 0; i < COLUMNS; i++)
        of.widths[i] = (int)strlen(heads[i]);
    for (uint32_t i = 0; i < view->n_slots; i++) {
        if (!is_shown(&view->slots[i], start_amt[i]))
            continue;
        if ((int)strlen(view->slots[i].name) > of.name_width)
            of.name_width = (int)strlen(view->slots[i].name);
        amounts_of(&view->slots[i].figures, start_amt[i], amts);
        measure(&of, amts);
        start_all_amt = num_add(start_all_amt, start_amt[i]);
    }
    of.name_width = of.name_width < 12 ? of.name_width : 12;
    amounts_of(&view->figures, start_all_amt, all);
    measure(&of, pool);
    measure(&of, all);

    fprintf(out, "%-*s", of.name_width, "agent");
    for (int i = 0; i < COLUMNS; i++)
        fprintf(out, " %*s", of.widths[i], heads[i]);
    if (more != NULL)
        fprintf(out, " %s", more->head);
    fprintf(out, " state [%s]\n", view->base_currency);
    for (uint32_t i = 0; i < view->n_slots; i++) {
        const struct host_view_slot *slot = &view->slots[i];
        char name[16];

        if (!is_shown(slot, start_amt[i]))
            continue;
        snprintf(name, sizeof(name), "%.12s", slot->name);
        amounts_of(&slot->figures, start_amt[i], amts);
        for (int k = 0; k < COLUMNS; k++)
            of.shown[k] = num_add(of.shown[k], rounded(&of, amts[k]));
        put(out, &of, name, amts, more != NULL ? more->text(more->ctx, slot) : "",
            host_agent_state(view, slot));
    }
    for (int k = 0; k < COLUMNS; k++)
        of.shown[k] = num_add(of.shown[k], rounded(&of, pool[k]));
    put(out, &of, "pool", pool, "", "");
    put(out, &of, "all", all, "", off_text(&of, all, off));
}
