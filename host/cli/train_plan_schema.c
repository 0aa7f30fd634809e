// SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/train_plan.h"

#define OF(member) SCHEMA_MEMBER(struct plan_training, member)
static const struct schema_field training_fields[] = {
    {"name", SCHEMA_NAME, OF(name), .is_required = 1, .doc = "unique in the plan"},
    {"train", SCHEMA_TEXT, SCHEMA_ARRAY(struct plan_training, words, n_words), .list_min = 1,
     .min = 1, .is_required = 1,
     .doc =
         "the words behind `agon train`, as in `[lstm, --data, rows.csv, --out, "
         "model.safetensors]`; without `--threads`, `--resume`, `--restart`, "
         "`--stop-after`, `--device`, `--memory`, `--driver` and `--nvrtc`, which are the plan's"},
    {"budget", SCHEMA_NAME, OF(budget), .is_required = 1,
     .doc = "of the profile, of training or research: its name, or CARD.NAME where several cards "
            "have one of that name"},
    {"memory", SCHEMA_SIZE, OF(bytes), .min = 0, .max = INT64_MAX / 2, .preset = "0B",
     .doc = "of the card; with `device: cuda` it gets no more"},
    {"share", SCHEMA_SHARE, OF(share_ppm), .min = 0, .max = GPU_ALL_PPM, .preset = "0%",
     .doc = "of the card's time; on the processor of the plan's threads, one at least"},
    {"priority", SCHEMA_INT, OF(priority), .min = 0, .max = GPU_PRIORITIES - 1, .preset = "2",
     .doc = "within its class: 0 is served first"},
    {"group", SCHEMA_NAME, OF(group), .doc = "of the shares: whose part it is within its class"},
    {"dedicated", SCHEMA_BOOL, OF(is_dedicated), .preset = "false", .doc = "the whole card"},
    {"start", SCHEMA_DURATION, OF(start_ns), .min = 0, .max = 366 * INT64_C(86400000000000),
     .preset = "0s", .doc = "it asks for its lease so long after the plan began"},
    {"after", SCHEMA_NAME, OF(after),
     .doc = "it asks when that training of the plan has its first checkpoint, or has ended"},
    {NULL}};

static int place_of(const struct plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->n; i++) {
        if (strcmp(plan->all[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static int is_option(const char *word, const char *option)
{
    size_t n = strlen(option);

    return strncmp(word, option, n) == 0 && (word[n] == '\0' || word[n] == '=');
}

const char *train_plan_word(const struct plan_training *of, const char *option)
{
    size_t n = strlen(option);

    for (uint32_t i = 0; i < of->n_words; i++) {
        if (!is_option(of->words[i], option))
            continue;
        if (of->words[i][n] == '=')
            return of->words[i] + n + 1;
        return i + 1 < of->n_words ? of->words[i + 1] : NULL;
    }
    return NULL;
}

static void check_words(struct config *config, const struct config_node *node,
                        const struct plan_training *of)
{
    static const char *const own[] = {"--threads",    "--resume", "--restart",
                                      "--stop-after", "--plan",   "--device",
                                      "--memory",     "--driver", "--nvrtc"};

    for (uint32_t i = 0; i < of->n_words; i++) {
        for (uint32_t k = 0; k < sizeof(own) / sizeof(own[0]); k++) {
            if (is_option(of->words[i], own[k]))
                config_refuse(config, config_get(node, "train"), CONFIG_E_CONFLICT,
                              "has %s, which the plan says itself; leave it out", own[k]);
        }
    }
    if (train_plan_word(of, "--out") == NULL)
        config_refuse(config, config_get(node, "train"), CONFIG_E_VALUE,
                      "names no file for its model; expected '--out, FILE' among the words");
}

/* What could have no effect. */
static void check_idle(struct config *config, const struct config_node *node,
                       const struct plan *plan)
{
    static const char *const of_cuda[] = {"driver", "nvrtc"};

    for (uint32_t i = 0; !plan->is_cuda && i < 2; i++) {
        if (config_get(node, of_cuda[i]) != NULL)
            config_refuse(config, config_get(node, of_cuda[i]), CONFIG_E_CONFLICT,
                          "is of a card, and the processor stands in for each; expected "
                          "'device: cuda' beside it, or leave it out");
    }
    if (plan->is_cuda && config_get(node, "threads") != NULL)
        config_refuse(config, config_get(node, "threads"), CONFIG_E_CONFLICT,
                      "are the processor's, and with 'device: cuda' a card computes; leave them "
                      "out");
}

/* A lease of a card is one, and not the processor's under its name. */
static void check_card(struct config *config, const struct config_node *at,
                       const struct plan_training *of)
{
    if (of->n_words > 0 && (strcmp(of->words[0], "trees") == 0 || strcmp(of->words[0], "ppo") == 0))
        config_refuse(config, config_get(at, "train"), CONFIG_E_CONFLICT,
                      "%s is trained on the processor alone; leave it out of a plan whose device "
                      "is cuda",
                      of->words[0]);
    if (of->bytes == 0)
        config_refuse(config, config_get(at, "memory"), CONFIG_E_CONFLICT,
                      "is nothing of the card; expected what the training needs there");
}

#define PLACE (2 * PATH_MAX)
#define FILES 3 /* that a training writes: its model, its report, what it goes on with */

/* Where file i of a training lies, whatever it is called; "": it writes none. */
static void place_of_file(const struct plan_training *of, uint32_t i, char place[PLACE])
{
    static const char *const behind[FILES] = {"", ".report", ".resume"};
    const char *out = train_plan_word(of, "--out"), *own = train_plan_word(of, "--checkpoint");
    char path[PATH_MAX], folder[PATH_MAX], *slash;

    place[0] = '\0';
    if (out == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%s%s", i == 2 && own != NULL ? own : out,
                   i == 2 && own != NULL ? "" : behind[i]);
    slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = '\0';
    // A folder that is not there is no folder of two trainings by two names.
    if (realpath(slash == NULL ? "." : slash == path ? "/" : path, folder) == NULL)
        (void)snprintf(folder, sizeof(folder), "%s", slash == NULL ? "." : path);
    (void)snprintf(place, PLACE, "%s/%s", folder, slash == NULL ? path : slash + 1);
}

/* Each would write over the other's, and what both had learned would be lost. */
static void check_files(struct config *config, const struct plan *plan, uint32_t i)
{
    static _Thread_local char mine[PLACE], others[PLACE];

    for (uint32_t k = 0; k < i; k++) {
        for (uint32_t both = 0; both < FILES * FILES; both++) {
            const struct config_node *at = config_at(config, "trainings[%u].train", i);
            const struct config_node *other = config_at(config, "trainings[%u].train", k);

            place_of_file(&plan->all[i], both / FILES, mine);
            place_of_file(&plan->all[k], both % FILES, others);
            if (mine[0] == '\0' || strcmp(mine, others) != 0)
                continue;
            config_refuse(config, at, CONFIG_E_CONFLICT,
                          "training %s writes %s, as training %s of line %u does; expected a file "
                          "of its own behind --out",
                          plan->all[i].name, mine, plan->all[k].name, config_line(other));
            return;
        }
    }
}

static void check_plan(struct config *config, const struct config_node *node, void *out)
{
    const struct plan *plan = out;

    check_idle(config, node, plan);
    for (uint32_t i = 0; i < plan->n; i++) {
        const struct plan_training *of = &plan->all[i];
        const struct config_node *at = config_at(config, "trainings[%u]", i);
        int after = of->after[0] != '\0' ? place_of(plan, of->after) : -1;

        if (place_of(plan, of->name) < (int)i)
            config_refuse(config, config_get(at, "name"), CONFIG_E_CONFLICT,
                          "'%s' is the name of two trainings; expected one of its own", of->name);
        if (of->after[0] != '\0' && (after < 0 || after >= (int)i))
            config_refuse(
                config, config_get(at, "after"), CONFIG_E_CHOICE,
                "'%s' is not a training that stands before this one; expected one that is",
                of->after);
        check_words(config, at, of);
        if (!plan->is_cuda && train_plan_word(of, "--card-limit") != NULL)
            config_refuse(config, config_get(at, "train"), CONFIG_E_CONFLICT,
                          "has --card-limit, which is of a card; expected 'device: cuda' in the "
                          "plan, or leave it out");
        if (plan->is_cuda)
            check_card(config, at, of);
        check_files(config, plan, i);
    }
}

static const struct schema training_schema = {"a training", sizeof(struct plan_training),
                                              training_fields, NULL};
static const struct schema_choice devices[] = {{"cpu", 0}, {"cuda", 1}, {NULL, 0}};
static const struct schema_field plan_fields[] = {
    {"profile", SCHEMA_PATH, SCHEMA_MEMBER(struct plan, profile), .is_required = 1,
     .doc = "budgets: which cards there are and who has how many bytes: a name of configs/gpu, or "
            "a file (with a '.' or '/')"},
    {"shares", SCHEMA_PATH, SCHEMA_MEMBER(struct plan, shares), .preset = "production",
     .doc = "who has how much of a card's time: a name of configs/gpu/shares, or a file"},
    {"device", SCHEMA_CHOICE, SCHEMA_MEMBER(struct plan, is_cuda), .choices = devices,
     .preset = "cpu",
     .doc = "cpu: the processor stands in for each card; cuda: the profile's cards are this "
            "machine's, by their number"},
    {"driver", SCHEMA_TEXT, SCHEMA_MEMBER(struct plan, driver),
     .doc = "the cards', where it is not the system's `libcuda.so.1`"},
    {"nvrtc", SCHEMA_TEXT, SCHEMA_MEMBER(struct plan, nvrtc),
     .doc = "CUDA's compiler, for an `agon-gpu` that was built without nvcc"},
    {"threads", SCHEMA_INT, SCHEMA_MEMBER(struct plan, threads), .min = 1, .max = 64, .preset = "1",
     .doc = "of the processor, where it stands in for each card"},
    {"trainings", SCHEMA_MAP, SCHEMA_ARRAY(struct plan, all, n), .sub = &training_schema,
     .list_min = 1, .is_required = 1, .doc = "in the order in which they ask"},
    {NULL}};
const struct schema train_plan_schema = {"a plan of trainings", sizeof(struct plan), plan_fields,
                                         .check = check_plan};
