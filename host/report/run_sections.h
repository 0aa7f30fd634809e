// SPDX-License-Identifier: Apache-2.0
/* run_sections: the parts of a report that every run has, whether it was a backtest or a host's:
 * what it made, against holding what was traded, how it got there, and each agent by itself. All
 * figures are those of docs/figures.md. [main thread] */
#ifndef REPORT_RUN_SECTIONS_H
#define REPORT_RUN_SECTIONS_H

#include "report/page.h"
#include "report/run_report.h"

/* Result, in money, of all, beside holding; what it cost. */
void run_sections_lead(const struct run_report *story, struct page *page);
/* For people at a terminal: the same sentence, and the deepest drawdowns. */
void run_sections_print(const struct run_report *story, FILE *out);
/* The course of the whole and its drawdown, with marks of what happened; where its result comes
 * from; its deepest drawdowns; how its returns are spread. AGON_ENOMEM. */
int run_sections_whole(const struct run_report *story, struct page *page);
/* Columns of a table of agents, and the cells of one of them behind its name: what it came to, and
 * in another table, so that neither is wider than the page, of what that is made. */
#define RUN_SECTIONS_FIGURES                                                                       \
    "agent", "#capital", "#equity", "#result", "#return", "#drawdown", "#Sharpe", "#Sortino",      \
        "#t [95 % of t]", "#fills"
#define RUN_SECTIONS_COSTS "agent", "#gross", "#fees", "#rebates", "#funding", "#slippage cost"
void run_sections_figures(const struct run_report *story, struct page *page,
                          const struct figures *of);
void run_sections_costs(const struct run_report *story, struct page *page,
                        const struct figures *of);
/* What stands above such a table. */
void run_sections_note(const struct run_report *story, struct page *page);
/* What no agent has, where there is some: capital and equity, so that the columns add up. */
void run_sections_pool(const struct run_report *story, struct page *page);
/* Below it: who lost a larger share than its deepest fall, and why that can be. */
void run_sections_deeper(const struct run_report *story, struct page *page);
/* Rows of who is gone. */
void run_sections_left(const struct run_report *story, struct page *page, int is_costs);
void run_sections_table(const struct run_report *story, struct page *page);
/* One part for each agent, to be opened: its result bar by bar,
 * what it traded and held, prices with its trades, its parameters. AGON_ENOMEM. */
int run_sections_agents(const struct run_report *story, struct page *page);
/* The last tournament; nothing where none was held. */
void run_sections_plan(const struct run_report *story, struct page *page);
/* The newest trades of all. */
void run_sections_trades(const struct run_report *story, struct page *page);

#endif
