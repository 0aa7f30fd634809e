// SPDX-License-Identifier: Apache-2.0
/* run_report_impl: what the files of run_report share. */
#ifndef REPORT_RUN_REPORT_IMPL_H
#define REPORT_RUN_REPORT_IMPL_H

#include "report/run_report.h"

/* One more happening; NULL: there is no room, and it is counted as lost. */
struct run_report_happening *run_report_happen(struct run_report *story, agon_ns_t t, uint16_t slot,
                                               uint8_t kind, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Who stopped whom, and why (run_report_acts.c): each behind its step. */
void run_report_on_command(struct run_report *story, struct engine *engine,
                           const struct record_command *command);
void run_report_on_alert(struct run_report *story, struct engine *engine,
                         const struct record_alert *alert);
void run_report_on_start(struct run_report *story, const struct record_start *start);

#endif
