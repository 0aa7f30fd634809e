// SPDX-License-Identifier: Apache-2.0
/* models: versions of models, which one is current, what one is beside another, and how far data
 * has moved from what it was taught by. What is kept where is store/registry.h's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/model_cmd.h"
#include "cli/model_keep.h"
#include "cli/train_out.h"
#include "sys/clock.h"

static const struct {
    const char *name;
    int operands_min, operands_max; /* the verb itself counted */
    int (*run)(const struct model_ask *ask, struct error *err);
} verbs[] = {{"add", 3, 3, model_add},
             {"ls", 1, 2, model_ls},
             {"show", 2, 2, model_show},
             {"compare", 2, 3, model_compare},
             {"promote", 2, 2, model_promote},
             {"rollback", 2, 2, model_rollback},
             {"drift", 2, 2, model_drift},
             {"weigh", 2, 2, model_weigh},
             {NULL, 0, 0, NULL}};

int cmd_models(int argc, char **argv)
{
    struct model_ask ask = {.dir = "models", .target = "target", .psi = MODEL_PSI, .parts = 10};
    struct arg_list operands = {0};
    const struct arg table[] = {
        {"models", ARG_TEXT, "DIR", "the folder of the versions (models)", &ask.dir},
        {"data", ARG_TEXT, "FILE",
         "add: the table it was taught by; compare, promote, weigh: rows that judge, those behind "
         "all that either was taught by; drift: rows of now",
         &ask.data},
        {"holdout", ARG_TEXT, "FILE", "add: rows that judge it, where --data has parts",
         &ask.holdout},
        {"target", ARG_TEXT, "COLUMN", "of these tables (target)", &ask.target},
        {"ignore", ARG_LIST, "COLUMN", "columns of them to leave out", &ask.ignore},
        {"gap", ARG_INT, "N",
         "rows that the target looks ahead: so many that overlap count as one (what the version "
         "was "
         "trained with)",
         &ask.gap, .max = 1000000, .is_given = &ask.has_gap},
        {"anyway", ARG_TEXT, "REASON",
         "promote: also where it is not better; the history keeps why", &ask.anyway},
        {"reason", ARG_TEXT, "TEXT", "promote, rollback: a word for the history", &ask.reason},
        {"by", ARG_TEXT, "WHO", "who does it, for the history (the user's name)", &ask.by},
        {"psi", ARG_REAL, "X", "drift: above it a feature has drifted (0.25)", &ask.psi, .min = 0,
         .max = 1000},
        {"parts", ARG_INT, "N",
         "drift: accuracy is shown of so many parts in the order of time (10)", &ask.parts,
         .min = 1, .max = 1000},
        {"json", ARG_FLAG, NULL, "as JSON", &ask.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "add NAME FILE | ls [NAME] | show NAME[@N] | compare NAME[@N] [NAME[@N]] | "
                 "promote NAME@N | rollback NAME | drift NAME[@N] | weigh NAME[@N]  [OPTION...]",
        .first = "add, ls, show, compare, promote, rollback, drift or weigh: `agon models ls`",
        .about =
            "Versions of models: each is a file by its SHA-256, with what it was taught by and "
            "how it was judged. One version of a model is current: what a roster's model:NAME "
            "means. promote compares it with the one that is, on rows that neither was taught "
            "by, and refuses where it is not better beyond the interval of 95 %; rollback goes "
            "back to the one before.\n"
            "drift: exit code 1 where a feature or the accuracy has moved.\n"
            "weigh: what each input is of use for: the model is asked again with the values of "
            "that input shuffled among the rows.",
        .args = table,
        .operands = &operands,
        .operands_min = 1,
        .operands_max = 3};
    struct error err = {0};
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    ask.operands = operands;
    for (int i = 0; verbs[i].name != NULL; i++) {
        if (strcmp(operands.at[0], verbs[i].name) != 0)
            continue;
        if (operands.n < verbs[i].operands_min || operands.n > verbs[i].operands_max)
            return args_refuse(&spec, "models", "%s takes %d words behind it, not %d",
                               verbs[i].name, verbs[i].operands_min - 1, operands.n - 1);
        if (strcmp(verbs[i].name, "drift") == 0 && ask.data == NULL)
            return args_refuse(&spec, "models", "drift of what? Give --data FILE");
        if (strcmp(verbs[i].name, "weigh") == 0 && ask.data == NULL)
            return args_refuse(&spec, "models", "weigh on which rows? Give --data FILE");
        if (strcmp(verbs[i].name, "compare") == 0 && ask.data == NULL)
            return args_refuse(&spec, "models", "compare on which rows? Give --data FILE");
        if (strcmp(verbs[i].name, "promote") == 0 && ask.data == NULL && ask.anyway == NULL)
            return args_refuse(&spec, "models",
                               "promote compares on rows held out: give --data FILE, or --anyway "
                               "REASON");
        rc = verbs[i].run(&ask, &err);
        if (err.code < 0)
            fprintf(stderr, "agon models: %s\n", err.text);
        return rc;
    }
    return args_refuse(&spec, "models",
                       "add, ls, show, compare, promote, rollback, drift or weigh, not %s",
                       args_safe(operands.at[0]));
}
