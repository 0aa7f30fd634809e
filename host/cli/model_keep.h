// SPDX-License-Identifier: Apache-2.0
/* model_keep: a model's file as a version of the registry, with what is known of it. */
#ifndef CLI_MODEL_KEEP_H
#define CLI_MODEL_KEEP_H

#include <jansson.h>

#include "cli/model_eval.h"
#include "store/registry.h"

struct model_facts { /* each may be NULL or "" */
    const struct model *model;
    const struct train_data *data; /* that it was taught by */
    const char *data_path, *target;
    const json_t *params, *metrics;
    const char *held_sha256; /* rows that judged it */
    const char *by;          /* NULL: the user's name */
};
/* The next version of that model. n_judged: versions before it that the same rows judged. */
int model_keep(const char *dir, const char *name, const char *path, const struct model_facts *facts,
               struct registry_version *version, uint32_t *n_judged, struct error *err);
const char *model_who(const char *by); /* by, or the user's name */

#endif
