// SPDX-License-Identifier: Apache-2.0
/* train ppo: a policy from backtests of its plugin (train_ppo.h). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/args.h"
#include "base/hash.h"
#include "cli/commands.h"
#include "cli/market_arg.h"
#include "cli/train_ppo.h"
#include "cli/train_resume.h"
#include "cli/words.h"
#include "run/config_file.h"

#define FEE_UNSAID (-1000.0) /* basis points; below what can be said */
#define SHOWN      10u       /* markets, in the text */

struct opts {
    struct arg_list operands, params;
    const char *market, *out, *config, *checkpoint;
    double maker_bps, taker_bps;
    int64_t capital, actions, n_threads;
    uint64_t seed;
    int is_json, is_resumed, is_restarted, has_seed, is_on_terminal;
};

static int exit_of(int rc)
{
    return rc == AGON_EIO || rc == AGON_ENOSPC || rc == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

static void on_progress(void *ctx, const struct train_ppo_progress *progress)
{
    const struct opts *opts = ctx;

    if (!opts->is_on_terminal && !progress->is_validated)
        return;
    fprintf(stderr, "%supdate %u of %u: %.4f a decision, entropy %.3f, clipped %.1f%%",
            opts->is_on_terminal ? "\r\033[K" : "", progress->update, progress->updates,
            progress->reward, progress->entropy, 100 * progress->clipped);
    if (progress->is_validated)
        fprintf(stderr, ", validation %.4f\n", progress->validation);
}

static void print(const struct opts *opts, const struct train_ppo_settings *settings,
                  const struct train_ppo_result *result)
{
    char hex[2 * HASH_SIZE + 1];

    hash_hex(result->sha256, hex);
    printf("trained   %u updates of %u environments, %llu decisions%s\n", result->updates,
           settings->environments, (unsigned long long)result->n_steps,
           result->is_stopped ? ": validation no longer got better" : "");
    printf("kept      of update %u: %.4f a decision in validation (%u markets)\n",
           result->best_update, result->validation, settings->validation);
    printf("judged    %u markets it has not seen: %.4f a decision (95%%: %.4f to %.4f), 1 being %g "
           "bp of the capital: %s\n",
           result->n_judged, result->mean, result->low, result->high, settings->unit_bps,
           result->low > 0 ? "it earns" : "no edge is shown");
    for (uint32_t i = 0; i < result->n_judged && i < SHOWN; i++) {
        hash_hex(result->judged[i].intents, hex);
        printf("          seed %llu: %.4f, %llu intents %.16s\n",
               (unsigned long long)result->judged[i].seed, (double)result->judged[i].won_amt / 1e8,
               (unsigned long long)result->judged[i].n_intents, hex);
    }
    hash_hex(result->sha256, hex);
    printf("model     %s, SHA-256 %s\n", args_safe(opts->out), hex);
}

static json_t *market_of(const struct train_ppo_judged *judged)
{
    char intents[2 * HASH_SIZE + 1];
    char state[2 * HASH_SIZE + 1];

    hash_hex(judged->intents, intents);
    hash_hex(judged->engine, state);
    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:s, s:s}", "seed", (json_int_t)judged->seed,
                     "decisions", (json_int_t)judged->n_asked, "intents",
                     (json_int_t)judged->n_intents, "fills", (json_int_t)judged->n_fills, "won",
                     (double)judged->won_amt / 1e8, "intents_hash", intents, "state_hash", state);
}

static void print_json(const struct opts *opts, const struct train_ppo_settings *settings,
                       const struct train_ppo_result *result)
{
    char hex[2 * HASH_SIZE + 1];
    json_t *markets = json_array();
    json_t *object;

    hash_hex(result->sha256, hex);
    for (uint32_t i = 0; i < result->n_judged; i++)
        (void)json_array_append_new(markets, market_of(&result->judged[i]));
    object = json_pack("{s:s, s:s, s:i, s:i, s:b, s:I, s:f, s:f, s:f, s:f, s:f, s:o}", "model",
                       args_safe(opts->out), "sha256", hex, "updates", (int)result->updates,
                       "best_update", (int)result->best_update, "stopped", result->is_stopped,
                       "decisions", (json_int_t)result->n_steps, "unit_bps", settings->unit_bps,
                       "validation", result->validation, "reward", result->mean, "reward_low",
                       result->low, "reward_high", result->high, "markets", markets);
    // As it is, where it is UTF-8: a program is to open it.
    (void)json_object_set_new(object, "model", json_string(opts->out));
    json_dumpf(object, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(object);
}

static int train(struct opts *opts, const struct train_ppo_settings *settings,
                 struct backtest_config *config)
{
    struct train_ppo_result *result = malloc(sizeof(*result));
    struct train_ppo job = {.backtest = config,
                            .settings = *settings,
                            .out = opts->out,
                            .checkpoint = opts->checkpoint,
                            .is_resumed = opts->is_resumed,
                            .n_threads = (uint32_t)opts->n_threads,
                            .n_actions = (uint32_t)opts->actions,
                            .progress = on_progress,
                            .ctx = opts};
    struct train_ppo_inputs inputs;
    struct error err = {0};
    int rc;

    if (result == NULL)
        return EXIT_ENVIRONMENT;
    opts->is_on_terminal = isatty(STDERR_FILENO);
    rc = train_ppo_inputs(&config->slots[0], &inputs, &err);
    job.n_inputs = inputs.n;
    job.inputs = inputs.names;
    if (rc >= 0 && opts->is_restarted)
        (void)unlink(opts->checkpoint);
    if (rc >= 0)
        rc = train_ppo(&job, result, &err);
    if (rc < 0)
        fprintf(stderr, "agon train: %s\n", err.text);
    else if (opts->is_json)
        print_json(opts, settings, result);
    else
        print(opts, settings, result);
    free(result);
    return rc < 0 ? exit_of(rc) : EXIT_OK;
}

/* The run that it learns in, as agon backtest would be told it. */
static int configure(const struct opts *opts, struct crew_slot *slot,
                     struct backtest_config *config)
{
    const struct arg_list plugins = {opts->operands.at + 1, 1};
    static struct synth market;
    struct error err = {0};

    config->slots = slot;
    if (words_slots(slot, &config->n_slots, &plugins, &opts->params, opts->capital, &err) < 0) {
        fprintf(stderr, "agon train: %s\n", err.text);
        return EXIT_FLAGS;
    }
    slot->record.runner = CREW_INPROC;
    config->has_maker_fee = opts->maker_bps > FEE_UNSAID;
    config->has_taker_fee = opts->taker_bps > FEE_UNSAID;
    config->maker_fee_ppb = (int32_t)(opts->maker_bps * 100000.0);
    config->taker_fee_ppb = (int32_t)(opts->taker_bps * 100000.0);
    config->cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM;
    config->market = &market;
    return market_arg_read(&market, "train", opts->market);
}

int cmd_train_ppo(int argc, char **argv)
{
    struct opts opts = {.capital = 100000,
                        .actions = 3,
                        .n_threads = 1,
                        .maker_bps = FEE_UNSAID,
                        .taker_bps = FEE_UNSAID};
    struct train_ppo_settings settings;
    struct backtest_config config = {0};
    struct crew_slot *slot;
    const struct arg table[] = {
        MARKET_ARG(opts.market),
        {"out", ARG_TEXT, "FILE", "where the model goes, safetensors", &opts.out},
        {"config", ARG_TEXT, "FILE", "parameters as YAML (docs/models.md); default: each key's own",
         &opts.config},
        {"param", ARG_LIST, "NAME=VALUE", "parameters of the plugin", &opts.params},
        {"capital", ARG_INT, "AMOUNT", "of the agent, in the base currency (100000)", &opts.capital,
         .min = 1, .max = 1000000000},
        {"maker", ARG_REAL, "BPS",
         "fee of a maker in basis points (the venue's: 10, of perpetuals 2)", &opts.maker_bps,
         .min = -100, .max = 1000},
        {"taker", ARG_REAL, "BPS",
         "fee of a taker in basis points (the venue's: 10, of perpetuals 5)", &opts.taker_bps,
         .min = -100, .max = 1000},
        {"actions", ARG_INT, "N", "2: flat and long; 3: short too, on a perpetual (3)",
         &opts.actions, .min = 2, .max = 3},
        {"seed", ARG_U64, "N", "of all that is drawn in training (the config's)", &opts.seed,
         .is_given = &opts.has_seed},
        {"checkpoint", ARG_TEXT, "FILE", "where the training is kept, to go on from",
         &opts.checkpoint},
        {"resume", ARG_FLAG, NULL, "go on from the checkpoint, where there is one",
         &opts.is_resumed},
        {"restart", ARG_FLAG, NULL, "begin again: the checkpoint that is there is removed",
         &opts.is_restarted},
        {"threads", ARG_INT, "N", "threads of the net; the model is the same for any number (1)",
         &opts.n_threads, .min = 1, .max = 64},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "ppo PLUGIN.so --market NAME|FILE --out MODEL.safetensors [OPTION...]",
        .about = "Trains a policy by PPO in backtests of its plugin on a generated market: what it "
                 "earns there, fees and the book included, is what it learns by. Then it is judged "
                 "on markets with other seeds. The model is a file that agon.nn serves.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 2,
        .operands_max = 2};
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (opts.market == NULL || opts.out == NULL)
        return args_refuse(&spec, "train", "--market and --out are needed");
    if (opts.is_resumed && opts.checkpoint == NULL)
        return args_refuse(&spec, "train", "--resume needs --checkpoint");
    if (opts.is_restarted && opts.checkpoint == NULL)
        return args_refuse(&spec, "train", "--restart needs --checkpoint");
    if (opts.is_restarted && opts.is_resumed)
        return args_refuse(&spec, "train", "--resume goes on and --restart does not; give one");
    schema_presets(&train_ppo_settings_schema, &settings);
    if (opts.config != NULL) {
        struct config_file file;

        if (config_file_open(&file, "train", opts.config))
            (void)config_read(file.config, &train_ppo_settings_schema, &settings);
        rc = config_file_close(&file);
        if (rc != EXIT_OK)
            return rc;
    }
    if (opts.checkpoint != NULL && !opts.is_resumed && !opts.is_restarted &&
        train_resume_is_lost(NULL, opts.checkpoint))
        return EXIT_SAFETY;
    if (opts.has_seed)
        settings.seed = opts.seed;
    slot = calloc(1, sizeof(*slot));
    if (slot == NULL)
        return EXIT_ENVIRONMENT;
    rc = configure(&opts, slot, &config);
    if (rc == EXIT_OK)
        rc = train(&opts, &settings, &config);
    free(slot);
    return rc;
}
