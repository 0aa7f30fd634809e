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

/* --- options that could have no effect --- */

struct given { /* on the command line */
    int target, ignore, threads, device, card_limit, models;
};

static const char *beside_plan(const struct train_ask *ask, const struct given *given)
{
    const struct {
        const char *name;
        int is_given;
    } all[] = {{"--data", ask->data != NULL},
               {"--holdout", ask->holdout != NULL},
               {"--target", given->target},
               {"--ignore", given->ignore},
               {"--out", ask->out != NULL},
               {"--config", ask->config != NULL},
               {"--gap", ask->has_gap},
               {"--card-limit", given->card_limit},
               {"--stop-after", ask->stop_after > 0},
               {"--register", ask->name != NULL},
               {"--models", given->models},
               {"--by", ask->by != NULL},
               {"--allow-leak", ask->is_leaky}};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].is_given)
            return all[i].name;
    return NULL;
}

static int check_plan(const struct args_spec *spec, const struct train_ask *ask,
                      const struct given *given, int n_operands)
{
    const char *key = given->device         ? "device"
                      : ask->driver != NULL ? "driver"
                      : ask->nvrtc != NULL  ? "nvrtc"
                      : given->threads      ? "threads"
                      : ask->memory > 0     ? "memory"
                                            : NULL;
    const char *word = beside_plan(ask, given);

    if (n_operands > 0)
        return args_refuse(spec, "train",
                           "--plan says which trainings: a kind does not go with it");
    if (key != NULL)
        return args_refuse(
            spec, "train",
            "--plan says where it is trained: --%s has no effect beside it; expected "
            "'%s:' in the file",
            key, key);
    if (word != NULL)
        return args_refuse(spec, "train",
                           "--plan says which trainings: %s has no effect beside it; expected it "
                           "among the words of a training in the file ('train: [...]')",
                           word);
    return ARGS_RUN;
}

static int check_device(const struct args_spec *spec, const struct train_kind *kind,
                        const struct train_ask *ask, const struct given *given)
{
    const char *idle = ask->driver != NULL  ? "--driver"
                       : ask->nvrtc != NULL ? "--nvrtc"
                       : ask->memory > 0    ? "--memory"
                       : given->card_limit  ? "--card-limit"
                                            : NULL;
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
    if (where == TRAIN_CPU && idle != NULL && !kind->has_device)
        return args_refuse(
            spec, "train",
            "%s is of a card, and %s is trained on the processor alone; leave it out", idle,
            kind->name);
    if (where == TRAIN_CPU && idle != NULL)
        return args_refuse(spec, "train", "%s is of a card; expected --device cuda beside it",
                           idle);
    if (where == TRAIN_CUDA && given->threads)
        return args_refuse(spec, "train",
                           "--threads are the processor's, and with --device %s a card computes; "
                           "leave them out",
                           args_safe(ask->device));
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
    struct given given = {0};
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
        {"target", ARG_TEXT, "COLUMN", "what the model shall say (target)", &ask.target,
         .is_given = &given.target},
        {"ignore", ARG_LIST, "COLUMN",
         "columns to leave out: ids, other targets; time_ms, part and edition never are features",
         &ask.ignore, .is_given = &given.ignore},
        {"out", ARG_TEXT, "FILE", "where the model goes", &ask.out},
        {"config", ARG_TEXT, "FILE", "parameters as YAML (docs/models.md); default: each key's own",
         &ask.config},
        {"gap", ARG_INT, "N",
         "rows that the target looks ahead: so many are left out before each part, and so many "
         "that "
         "overlap count as one (the config's; of a table with parts what lies between them)",
         &ask.gap, .max = 1000000, .is_given = &ask.has_gap},
        {"threads", ARG_INT, "N", "threads; the model is the same for any number (1)",
         &ask.n_threads, .min = 1, .max = 64, .is_given = &given.threads},
        {"device", ARG_TEXT, "DEVICE",
         "nets: where it computes: cpu, or cuda or cuda:N, the Nth card of this machine from 0 "
         "(cpu)",
         &ask.device, .is_given = &given.device},
        {"memory", ARG_SIZE, "BYTES", "of the card, that the training may have (what there is)",
         &ask.memory, .min = 1, .max = INT64_MAX / 2},
        {"card-limit", ARG_DURATION, "TIME", "a card that says nothing for so long has hung (2m)",
         &ask.card_limit_ns, .min = CLOCK_SECOND, .max = (int64_t)3600 * CLOCK_SECOND,
         .is_given = &given.card_limit},
        {"driver", ARG_TEXT, "FILE", "the card's, where it is not the system's libcuda.so.1",
         &ask.driver},
        {"nvrtc", ARG_TEXT, "FILE",
         "CUDA's compiler, for an agon-gpu that was built without nvcc (the system's)", &ask.nvrtc},
        {"resume", ARG_FLAG, NULL, "nets: go on where OUT.resume stands, which each epoch writes",
         &ask.is_resumed},
        {"restart", ARG_FLAG, NULL,
         "nets: begin again, where a training that was interrupted left OUT.resume: it is removed",
         &ask.is_restarted},
        {"stop-after", ARG_INT, "N", "nets: end after N epochs more, to go on by --resume",
         &ask.stop_after, .min = 1, .max = 1000000},
        {"register", ARG_TEXT, "NAME", "keep it as the next version of that model (agon models)",
         &ask.name},
        {"models", ARG_TEXT, "DIR", "the folder of --register (models)", &ask.models,
         .is_given = &given.models},
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
    if (ask.is_resumed && ask.is_restarted)
        return args_refuse(&spec, "train", "--resume goes on and --restart does not; give one");
    if (plan.path != NULL) {
        rc = check_plan(&spec, &ask, &given, operands.n);
        if (rc != ARGS_RUN)
            return rc;
        plan.is_resumed = ask.is_resumed;
        plan.is_restarted = ask.is_restarted;
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
    if (!kind->can_resume && (ask.is_resumed || ask.is_restarted || ask.stop_after > 0))
        return args_refuse(&spec, "train",
                           "%s is trained in one go: no --resume, no --restart, no --stop-after",
                           kind->name);
    if (ask.name == NULL && (given.models || ask.by != NULL))
        return args_refuse(&spec, "train", "%s is of --register, which is not given",
                           given.models ? "--models" : "--by");
    rc = check_device(&spec, kind, &ask, &given);
    return rc != ARGS_RUN ? rc : kind->run(&ask);
}
