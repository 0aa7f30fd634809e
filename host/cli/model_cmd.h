// SPDX-License-Identifier: Apache-2.0
/* model_cmd: the verbs of `agon models`. Each returns an exit code; the reason is in err. */
#ifndef CLI_MODEL_CMD_H
#define CLI_MODEL_CMD_H

#include "cli/model_drift.h"
#include "cli/model_eval.h"
#include "store/registry.h"

#define MODEL_PSI DRIFT_PSI

struct model_ask { /* the command line's words */
    struct arg_list operands, ignore;
    const char *dir, *data, *holdout, *target, *anyway, *reason, *by;
    int64_t gap, parts;
    double psi;
    int has_gap, is_json;
};
int model_add(const struct model_ask *ask, struct error *err);
int model_ls(const struct model_ask *ask, struct error *err);
int model_show(const struct model_ask *ask, struct error *err);
int model_compare(const struct model_ask *ask, struct error *err);
int model_promote(const struct model_ask *ask, struct error *err);
int model_rollback(const struct model_ask *ask, struct error *err);
int model_drift(const struct model_ask *ask, struct error *err);
int model_weigh(const struct model_ask *ask, struct error *err);

int model_exit(int rc); /* of an error */
/* A version and its model, opened and checked. For model_version_close in every case. */
struct model_version {
    struct registry_version version;
    struct model model;
    json_t *data, *metrics; /* owned; of the registry */
    char word[96];          /* NAME@3 */
};
int model_version_open(struct registry *registry, const char *word, struct model_version *of,
                       struct error *err);
void model_version_close(struct model_version *of);

/* Rows of --data: those that none of these versions was taught by, or (is_all) every one. */
struct model_rows {
    struct train_table table; /* owned */
    struct train_rows rows;
    uint32_t n_left_out, gap;
};
int model_rows_read(struct model_rows *rows, const struct model_ask *ask,
                    const struct model_version *const *of, uint32_t n, int is_all,
                    struct error *err);
json_t *model_version_json(const struct registry_version *version);

#endif
