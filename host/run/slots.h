// SPDX-License-Identifier: Apache-2.0
/* slots: the agents of a roster. [main thread] */
#ifndef RUN_SLOTS_H
#define RUN_SLOTS_H

#include "roster/roster.h"

struct slots_roster {
    const char *command; /* whose messages they are */
    const char *path;    /* the roster's file */
    const char *plugins; /* folder that its plugins are named below; NULL: as they stand there, and
                            they are not looked at */
    const struct roster_names *names;   /* what there is to trade; NULL: nobody knows yet, and only
                                           the words are checked */
    struct tournament_rules *rules;     /* the roster's; mode 0: it has none; NULL: not asked */
    struct values *values;              /* the roster's; NULL: not asked */
    struct portfolio_limits *portfolio; /* the roster's, all 0: it has none; NULL: not asked */
    struct roster_cards *cards;         /* the roster's; NULL: not asked; without names the slots
                                           have their names, lines and leases with it */
    uint64_t *files_max;                /* the roster's, bytes; NULL: not asked */
    int is_host;       /* a plugin that may not be loaded is its slot's matter: roster/audit.h */
    int is_first;      /* of a host: nothing of it has begun; the same */
    int is_check;      /* its files are read too, as a host reads them that begins */
    int is_rules_only; /* its instruments are not judged: only the rules are wanted */
};
/* The slots of a roster's file. Every mistake of it is printed to stderr, with its place, in one
 * pass; the return value is an exit code. base_currency has 16 bytes. */
int slots_of_roster(struct crew_slot *slots, uint32_t *n, char *base_currency,
                    const struct slots_roster *from);
/* A slot that no roster speaks of, with the limits that a roster without a word of them gives. */
void slots_defaults(struct record_slot *record, agon_amt_t capital_amt);

/* The files of a roster that was read: each is there, is as it was registered, and fits beside the
 * others in files_max, and in that of a host that runs (0: none). What is wrong is refused in
 * config. [control] */
void slots_read_files(const struct crew_slot *slots, uint32_t n, uint64_t files_max,
                      uint64_t running_max, struct config *config);

#endif
