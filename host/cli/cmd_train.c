// SPDX-License-Identifier: Apache-2.0
/* train: models from tables. Which kinds there are stands in one table; each is a file of its own.
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/train_device.h"
#include "cli/train_kinds.h"
#include "cli/train_plan.h"
#include "config/suggest.h"
#include "sys/clock.h"

static const struct train_kind kinds[] = {
    {"trees", "boosted trees or a forest", 1, 0, 0, train_trees_run},
    {"lstm", "an LSTM over windows of rows", 1, 1, 1, train_net_run},
    {"tcn", "dilated causal convolutions over windows of rows", 1, 1, 1, train_net_run},
    {"transformer", "windowed attention over windows of rows", 1, 1, 1, train_net_run},
    {"ppo", "a policy, in backtests; options of its own", 0, 1, 0, NULL},
    // the next one stands above this line
    {NULL, NULL, 0, 0, 0, NULL}};

static const struct train_kind *find(const char *name)
{
    for (const struct train_kind *kind = kinds; kind->name != NULL; kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

static int refuse_kind(const struct args_spec *spec, const char *name)
{
    struct suggest near = {0};
    char known[160] = "";
    size_t n = 0;

    for (const struct train_kind *kind = kinds; kind->name != NULL; kind++) {
        suggest_offer(&near, name, strnlen(name, SUGGEST_MAX + 1), kind->name);
        n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", n > 0 ? ", " : "", kind->name);
    }
    return args_refuse(spec, "train", "no kind of model %s%s%s%s; expected one of %s",
                       args_safe(name), near.best != NULL ? "; did you mean " : "",
                       near.best != NULL ? near.best : "", near.best != NULL ? "?" : "", known);
}

static int check_device(const struct args_spec *spec, const struct train_kind *kind,
                        const struct train_ask *ask)
{
    uint32_t card;
    enum train_where where = train_device_where(ask->device, &card);

    if (where == TRAIN_NOWHERE)
        return args_refuse(spec, "train",
                           "--device %s is not one; expected cpu, cuda, or cuda:N with the card's "
                           "number, from 0",
                           args_safe(ask->device));
    if (where == TRAIN_CUDA && !kind->has_device)
        return args_refuse(spec, "train", "%s is trained on the processor alone; leave --device",
                           kind->name);
    if (where == TRAIN_CPU && (ask->driver != NULL || ask->nvrtc != NULL || ask->memory > 0))
        return args_refuse(spec, "train", "%s is of a card; expected --device cuda beside it",
                           ask->driver != NULL  ? "--driver"
                           : ask->nvrtc != NULL ? "--nvrtc"
                                                : "--memory");
    return ARGS_RUN;
}

int cmd_train(int argc, char **argv)
{
    struct train_ask ask = {.n_threads = 1,
                            .target = "target",
                            .models = "models",
                            .device = "cpu",
                            .card_limit_ns = (int64_t)120 * CLOCK_SECOND};
    struct train_plan_ask plan = {0};
    struct arg_list operands = {0};
    const struct arg table[] = {
        {"plan", ARG_TEXT, "FILE",
         "instead of a kind: the trainings of that file, several at a time, each with a lease by a "
         "profile of cards (docs/models.md)",
         &plan.path},
        {"data", ARG_TEXT, "FILE",
         "a table: a line of names, then rows of numbers, in the order of time; gzip or not; as "
         "agon "
         "features make writes them",
         &ask.data},
        {"holdout", ARG_TEXT, "FILE",
         "the rows that judge it, where the table has parts (FILE.holdout.csv beside it)",
         &ask.holdout},
        {"target", ARG_TEXT, "COLUMN", "what the model shall say (target)", &ask.target},
        {"ignore", ARG_LIST, "COLUMN",
         "columns to leave out: ids, other targets; time_ms, part and edition never are features",
         &ask.ignore},
        {"out", ARG_TEXT, "FILE", "where the model goes", &ask.out},
        {"config", ARG_TEXT, "FILE", "parameters as YAML (docs/models.md); default: each key's own",
         &ask.config},
        {"gap", ARG_INT, "N",
         "rows that the target looks ahead: so many are left out before each part, and so many "
         "that "
         "overlap count as one (the config's; of a table with parts what lies between them)",
         &ask.gap, .max = 1000000, .is_given = &ask.has_gap},
        {"threads", ARG_INT, "N", "threads; the model is the same for any number (1)",
         &ask.n_threads, .min = 1, .max = 64},
        {"device", ARG_TEXT, "DEVICE",
         "nets: where it computes: cpu, or cuda or cuda:N, the Nth card of this machine from 0 "
         "(cpu)",
         &ask.device},
        {"memory", ARG_SIZE, "BYTES", "of the card, that the training may have (what there is)",
         &ask.memory, .min = 1, .max = INT64_MAX / 2},
        {"card-limit", ARG_DURATION, "TIME", "a card that says nothing for so long has hung (2m)",
         &ask.card_limit_ns, .min = CLOCK_SECOND, .max = (int64_t)3600 * CLOCK_SECOND},
        {"driver", ARG_TEXT, "FILE", "the card's, where it is not the system's libcuda.so.1",
         &ask.driver},
        {"nvrtc", ARG_TEXT, "FILE",
         "CUDA's compiler, for an agon-gpu that was built without nvcc (the system's)", &ask.nvrtc},
        {"resume", ARG_FLAG, NULL, "nets: go on where OUT.resume stands, which each epoch writes",
         &ask.is_resumed},
        {"stop-after", ARG_INT, "N", "nets: end after N epochs more, to go on by --resume",
         &ask.stop_after, .min = 1, .max = 1000000},
        {"register", ARG_TEXT, "NAME", "keep it as the next version of that model (agon models)",
         &ask.name},
        {"models", ARG_TEXT, "DIR", "the folder of --register (models)", &ask.models},
        {"by", ARG_TEXT, "WHO", "of --register: who trained it (the user's name)", &ask.by},
        {"allow-leak", ARG_FLAG, NULL, "train by a column that has the answer in it all the same",
         &ask.is_leaky},
        {"quiet", ARG_FLAG, NULL, "no line for each epoch", &ask.is_quiet},
        {"json", ARG_FLAG, NULL, "report as JSON", &ask.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage =
            "trees|lstm|tcn|transformer|ppo --data FILE --out MODEL [OPTION...], or --plan FILE",
        .about =
            "Trains a model on a table. The last rows are held out: nothing is chosen by them, "
            "and the report says what the model is there, beside the best constant guess. Rows "
            "before them say when to end. The model is a file that agon.nn serves: trees as "
            "XGBoost's JSON, nets as safetensors. Policies have options of their own: agon train "
            "ppo --help.",
        .args = table,
        .operands = &operands,
        .operands_max = 1};
    const struct train_kind *kind;
    int rc;

    if (argc > 1 && strcmp(argv[1], "ppo") == 0)
        return cmd_train_ppo(argc, argv);
    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    if (plan.path != NULL && (operands.n > 0 || ask.data != NULL || ask.out != NULL))
        return args_refuse(&spec, "train", "--plan says which trainings: %s does not go with it",
                           operands.n > 0     ? "a kind"
                           : ask.data != NULL ? "--data"
                                              : "--out");
    if (plan.path != NULL && strcmp(ask.device, "cpu") != 0)
        return args_refuse(&spec, "train", "--plan says on which device: --device is a key of it");
    if (plan.path != NULL) {
        plan.is_resumed = ask.is_resumed;
        plan.is_json = ask.is_json;
        plan.is_quiet = ask.is_quiet;
        return train_plan_run(&plan);
    }
    if (operands.n == 0)
        return args_refuse(&spec, "train", "name a kind of model, or a --plan");
    kind = find(operands.at[0]);
    if (kind == NULL)
        return refuse_kind(&spec, operands.at[0]);
    if (kind->run == NULL)
        return args_refuse(&spec, "train", "%s is named before its options", kind->name);
    ask.kind = kind->name;
    if (ask.out == NULL || (kind->is_of_table && ask.data == NULL))
        return args_refuse(&spec, "train", "%s needs --data and --out", kind->name);
    if (!kind->can_resume && (ask.is_resumed || ask.stop_after > 0))
        return args_refuse(&spec, "train", "%s is trained in one go: no --resume, no --stop-after",
                           kind->name);
    rc = check_device(&spec, kind, &ask);
    return rc != ARGS_RUN ? rc : kind->run(&ask);
}
