// SPDX-License-Identifier: Apache-2.0
/* journal_export: what a replay of a journal comes to, written into files: CSV, or JSON. The
 * journal stays as it is. [main thread] */
#ifndef REPORT_JOURNAL_EXPORT_H
#define REPORT_JOURNAL_EXPORT_H

#include "base/error.h"
#include "report/sheet.h"

enum export_of {                   /* one file each */
                 EXPORT_FILLS = 0, /* each fill, with the result of what it closed */
                 EXPORT_EQUITY,    /* of every minute, a column for each slot */
                 EXPORT_SAMPLES,   /* those that tournaments look at */
                 EXPORT_ORDERS,    /* what venues reported of our orders */
                 EXPORT_TRADES,    /* of the markets */
                 EXPORT_INTENTS,   /* and what became of each */
                 EXPORT_FIGURES,   /* of each slot at the end, and of all (no name) */
                 EXPORT_PLANS, /* of the tournaments; one JSON object a line, whatever the format */
                 EXPORTS
};
struct journal_export {
    const char *dir;    /* the journal's own directory */
    const char *tapes;  /* where tapes that it names are looked for first; NULL: nowhere else */
    const char *models; /* registry whose versions are named; NULL: none */
    uint64_t until;     /* the last event's seq; 0: all */
    int is_live;        /* a host writes it meanwhile */
    enum sheet_format format;
    const char *paths[EXPORTS]; /* NULL: not asked for; "-": standard output */
    uint64_t last_seq;          /* out: of the last event that was read */
};
/* AGON_EIO: a file cannot be opened or written, else as replay_run. The error names file or
 * journal. */
int journal_export(struct journal_export *ask, struct error *err);

#endif
