// SPDX-License-Identifier: Apache-2.0
/* train_kinds: what `agon train KIND` knows. A kind is a file of its own with its settings (a
 * schema, see config_kinds.h) and a row of the table in cmd_train.c. */
#ifndef CLI_TRAIN_KINDS_H
#define CLI_TRAIN_KINDS_H

#include "args/args.h"

struct train_ask { /* the command line's words */
    const char *kind;
    const char *data, *holdout, *target, *out, *config;
    struct arg_list ignore;
    int64_t n_threads, gap, stop_after;
    int is_json, has_gap, is_resumed, is_quiet, is_leaky;
    int is_restarted; /* --restart: a training that was interrupted is not gone on with */
    const char *device, *driver, *nvrtc; /* --device; NULL: the system's */
    int64_t memory, card_limit_ns;       /* of a card; memory 0: what there is */
    const char *name, *models, *by;      /* --register: as which model, in which folder, by whom */
};
struct train_kind {
    const char *name, *about; /* about: in the help, one line */
    int is_of_table;          /* --data and --target are needed */
    int can_resume;
    int has_device;                          /* --device cuda */
    int (*run)(const struct train_ask *ask); /* returns an exit code */
};

int train_trees_run(const struct train_ask *ask);
int train_net_run(const struct train_ask *ask);

#endif
