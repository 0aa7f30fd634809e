// SPDX-License-Identifier: Apache-2.0
/* gpu: what a profile of budgets and one of shares give to whom, without a card, and who has which
 * part of the cards of a running host. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "args/args.h"
#include "base/exit.h"
#include "cli/commands.h"
#include "config/units.h"
#include "control/client.h"
#include "gpu/gpu.h"
#include "gpu/profile.h"
#include "report/view.h"
#include "roster/leases.h"
#include "run/config_file.h"
#include "sys/rundir.h"
#include "sys/term.h"

#define SIZE_TEXT 32
#define WAIT_NS   ((int64_t)10 * 1000000000)
#define WIDE      80 /* columns where no terminal says how many it has */

struct opts {
    struct arg_list operands;
    const char *profile, *shares, *dir;
    int is_json;
};

static const char *const split_names[GPU_SPLITS] = {"normal", "high", "extreme", "tournament"};
static const char *const training_names[] = {"none", "cuda", "other"};

/* A file, or one of the program's by its name. Returns the exit code. */
static int read_one(const char *what, const char *name,
                    int (*at)(uint32_t i, const char **name, const char **bytes, size_t *n),
                    int (*read)(struct config *config, struct gpu_rules *rules),
                    struct gpu_rules *rules)
{
    const char *one, *bytes;
    struct config_file file;
    size_t n;

    if (strchr(name, '/') != NULL || strchr(name, '.') != NULL) {
        if (!config_file_open(&file, "gpu", name))
            return EXIT_CONFIG;
        (void)read(file.config, rules);
        return config_file_close(&file);
    }
    for (uint32_t i = 0; at(i, &one, &bytes, &n); i++) {
        struct config *config;
        int rc;

        if (strcmp(one, name) != 0)
            continue;
        config = config_new(one, bytes, n, NULL);
        if (config == NULL)
            return EXIT_ENVIRONMENT;
        rc = read(config, rules);
        config_print_errors(config, stderr);
        config_free(config);
        return rc < 0 ? EXIT_CONFIG : 0;
    }
    fprintf(stderr, "agon gpu: '%s' is not a profile of %s; expected a file, or one of",
            args_safe(name), what);
    for (uint32_t i = 0; at(i, &one, &bytes, &n); i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", one);
    fputc('\n', stderr);
    return EXIT_CONFIG;
}

static json_t *budgets_of(const struct gpu_rules *rules, uint32_t card)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < rules->n_budgets; i++) {
        const struct gpu_budget *budget = &rules->budgets[i];

        if (budget->card == card)
            json_array_append_new(list, json_pack("{s:s,s:s,s:I}", "name", budget->name, "class",
                                                  gpu_class_name(budget->class), "bytes",
                                                  (json_int_t)budget->bytes));
    }
    return list;
}

static json_t *groups_of(const struct gpu_rules *rules, uint32_t card)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < rules->n_groups; i++) {
        const struct gpu_group *group = &rules->groups[i];

        if (group->card == card || group->card == GPU_EACH)
            json_array_append_new(list, json_pack("{s:s,s:s,s:I}", "name", group->name, "class",
                                                  gpu_class_name(group->class), "share_ppm",
                                                  (json_int_t)group->share_ppm));
    }
    return list;
}

static void print_json(const struct gpu_rules *rules)
{
    json_t *all = json_object(), *cards = json_array(), *splits = json_object();

    for (uint32_t i = 0; i < rules->n_cards; i++) {
        const struct gpu_card_rules *card = &rules->cards[i];

        json_array_append_new(
            cards, json_pack("{s:i,s:s,s:I,s:I,s:i,s:s,s:b,s:b,s:b,s:o,s:o}", "card", (int)i,
                             "name", card->name, "bytes", (json_int_t)card->memory, "reserve_bytes",
                             (json_int_t)card->reserve, "cores", (int)card->cores, "training",
                             training_names[card->training], "fp64_limited", card->is_fp64_limited,
                             "standby", card->is_standby, "on_demand", card->is_on_demand,
                             "budgets", budgets_of(rules, i), "groups", groups_of(rules, i)));
    }
    for (uint32_t i = 0; i < GPU_SPLITS; i++)
        json_object_set_new(splits, split_names[i],
                            json_pack("{s:I,s:I}", "inference_ppm",
                                      (json_int_t)rules->splits[i].inference_ppm, "training_ppm",
                                      (json_int_t)rules->splits[i].training_ppm));
    json_object_set_new(all, "cards", cards);
    json_object_set_new(all, "splits", splits);
    json_object_set_new(all, "own_context_bytes", json_integer(LEASES_CONTEXT));
    json_object_set_new(all, "chunk_ms", json_integer(rules->chunk_ns / 1000000));
    json_object_set_new(all, "review_s", json_integer(rules->reviewed_ns / 1000000000));
    json_object_set_new(all, "heat_c",
                        json_pack("[i,i,i,i]", rules->warm_mc / 1000, rules->alert_mc / 1000,
                                  rules->scale_mc / 1000, rules->stop_mc / 1000));
    json_dumpf(all, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(all);
}

static void print_card(const struct gpu_rules *rules, uint32_t i)
{
    const struct gpu_card_rules *card = &rules->cards[i];
    char memory[SIZE_TEXT], reserve[SIZE_TEXT], bytes[SIZE_TEXT];

    units_say_size(card->memory, memory, sizeof(memory));
    units_say_size(card->reserve, reserve, sizeof(reserve));
    printf("card %u %s: %s, reserve %s, training %s%s%s%s\n", i, card->name, memory, reserve,
           training_names[card->training], card->is_fp64_limited ? ", little fp64" : "",
           card->is_standby ? ", standby" : "", card->is_on_demand ? ", on demand" : "");
    for (uint32_t k = 0; k < rules->n_budgets; k++) {
        const struct gpu_budget *budget = &rules->budgets[k];

        if (budget->card != i)
            continue;
        units_say_size(budget->bytes, bytes, sizeof(bytes));
        printf("  memory  %-20s %-10s %9s\n", budget->name, gpu_class_name(budget->class), bytes);
    }
    for (uint32_t k = 0; k < rules->n_groups; k++) {
        const struct gpu_group *group = &rules->groups[k];

        if (group->card == i || group->card == GPU_EACH)
            printf("  time    %-20s %-10s %6u.%u %%\n", group->name, gpu_class_name(group->class),
                   group->share_ppm / 10000, group->share_ppm / 1000 % 10);
    }
}

static void print_text(const struct gpu_rules *rules)
{
    char context[SIZE_TEXT];

    for (uint32_t i = 0; i < rules->n_cards; i++)
        print_card(rules, i);
    for (uint32_t i = 0; i < GPU_SPLITS; i++)
        printf("split %-10s inference %u.%u %%, training and research at most %u.%u %%\n",
               split_names[i], rules->splits[i].inference_ppm / 10000,
               rules->splits[i].inference_ppm / 1000 % 10, rules->splits[i].training_ppm / 10000,
               rules->splits[i].training_ppm / 1000 % 10);
    units_say_size(LEASES_CONTEXT, context, sizeof(context));
    printf("own kernels: the context of a lease with `kernels` takes %s more of its budget "
           "(own_context of the roster)\n",
           context);
}

static int complain(const char *what, const struct error *err, int rc)
{
    fprintf(stderr, "agon gpu %s: %s\n", what, err->text);
    return rc == AGON_EINVAL || rc == AGON_ENOENT ? EXIT_FLAGS : EXIT_ENVIRONMENT;
}

/* What a running host says of its cards. */
static int look(const struct opts *opts)
{
    const char *words[3] = {"gpu", opts->operands.at[0],
                            opts->operands.n > 1 ? opts->operands.at[1] : NULL};
    int width = term_is_tty(STDOUT_FILENO) ? term_width(STDOUT_FILENO) : WIDE;
    struct error err = {0};
    json_t *said = NULL;
    char dir[PATH_MAX], verb[16];
    int rc = AGON_OK;

    if (opts->dir != NULL)
        snprintf(dir, sizeof(dir), "%s", opts->dir);
    else
        rc = rundir_default(dir, sizeof(dir), &err);
    if (rc >= 0)
        rc = client_ask(dir, words, opts->operands.n + 1, WAIT_NS, &said, &err);
    if (rc < 0)
        return complain(words[1], &err, rc);
    snprintf(verb, sizeof(verb), "gpu %s", words[1]);
    if (opts->is_json) {
        json_dumpf(said, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
        putchar('\n');
    } else {
        (void)view_show_by(stdout, "agon gpu", verb, said, width);
    }
    json_decref(said);
    return 0;
}

static int is_look(const struct opts *opts)
{
    const char *word = opts->operands.n > 0 ? opts->operands.at[0] : "";

    return (opts->operands.n == 1 && strcmp(word, "status") == 0) ||
           (opts->operands.n <= 2 && strcmp(word, "leases") == 0) ||
           (opts->operands.n == 2 && strcmp(word, "why") == 0);
}

int cmd_gpu(int argc, char **argv)
{
    struct opts opts = {.profile = "s1_inference_training", .shares = "production"};
    const struct arg table[] = {
        {"profile", ARG_TEXT, "NAME|FILE",
         "cards and budgets of memory (default: s1_inference_training)", &opts.profile},
        {"shares", ARG_TEXT, "NAME|FILE", "shares of time (default: production)", &opts.shares},
        {"dir", ARG_TEXT, "DIR", "run directory of the host (below the user's state folder)",
         &opts.dir},
        {"json", ARG_FLAG, NULL, "as JSON", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "plan|status|leases [AGENT]|why LEASE [OPTION...]",
        .first = "plan, status, leases or why: `agon gpu status`",
        .about = "plan shows what a profile of budgets and one of shares give to whom on the cards "
                 "that they name. No card\nis looked for. Those of configs/gpu are in the program "
                 "by name; what has a '.' or '/' is a file.\n"
                 "The others ask a running host: status shows its cards, leases who has what of "
                 "them, why what a lease\nwaits for and what was decided of it. LEASE is its "
                 "number, or AGENT.NAME.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 1,
        .operands_max = 2};
    struct gpu_rules rules;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if (is_look(&opts))
        return look(&opts);
    if (opts.operands.n != 1 || strcmp(opts.operands.at[0], "plan") != 0)
        return args_refuse(&spec, "gpu",
                           "expected 'plan', 'status', 'leases [AGENT]' or 'why LEASE'");
    rc = read_one("budgets", opts.profile, profile_budgets_at, profile_read_budgets, &rules);
    if (rc == 0)
        rc = read_one("shares", opts.shares, profile_shares_at, profile_read_shares, &rules);
    if (rc != 0)
        return rc;
    if (opts.is_json)
        print_json(&rules);
    else
        print_text(&rules);
    return 0;
}
