// SPDX-License-Identifier: Apache-2.0
#include "cli/config_check.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "args/args.h"
#include "base/exit.h"
#include "cli/train_net_settings.h"
#include "cli/train_plan.h"
#include "cli/train_ppo.h"
#include "cli/train_settings.h"
#include "demo/demo_config.h"
#include "gpu/profile.h"
#include "roster/tournament_preset.h"
#include "run/config_file.h"
#include "run/settings.h"
#include "run/slots.h"
#include "sim/faults.h"
#include "sim/members.h"
#include "synth/synth.h"
#include "sys/file.h"
#include "venue/config.h"
#include "venue/wire.h"

#define COMMAND   "config check"
#define FILES_MAX 512
#define DEPTH_MAX 8

struct files {
    char *paths[FILES_MAX]; /* owned */
    uint32_t n;
    int is_full;
};

static int graver(int code, int other)
{
    return code == EXIT_OK || other == EXIT_SAFETY ? other : code;
}

/* Those of a run in mode live would be refused by `agon run` as soon as it looks for keys. */
static int check_keys(const struct settings *settings, const char *path)
{
    int code = EXIT_OK;

    for (uint32_t i = 0; settings->host.mode == RUN_LIVE && i < settings->host.n_venues; i++) {
        const struct venue_config *venue = &settings->host.venues[i];

        if (settings->credentials[i][0] == '\0') {
            fprintf(stderr,
                    "%s: error: mode live needs keys, and venue %s names none; expected "
                    "'credential: NAME' in its file, or 'mode: paper'\n",
                    path, venue->name);
            code = EXIT_SAFETY;
        } else if (venue_table_find(venue->dialect)->has_rights_elsewhere &&
                   venue->rights.host[0] == '\0') {
            fprintf(stderr,
                    "%s: error: mode live asks what the key may do; expected 'rights' in the file "
                    "of venue %s\n",
                    path, venue->name);
            code = graver(code, EXIT_CONFIG);
        }
    }
    return code;
}

static int check_run(struct config_check *check, const char *path, const struct config *config)
{
    struct settings *settings = calloc(1, sizeof(*settings));
    char found[512] = ".";
    const char *plugins = check->plugins;
    int code;

    if (settings == NULL)
        return EXIT_ENVIRONMENT;
    if (plugins == NULL)
        plugins = demo_plugin_dir(found) ? found : ".";
    code = settings_read(settings, COMMAND, path, plugins, SETTINGS_CHECK);
    if (code == EXIT_OK)
        code = check_keys(settings, path);
    if (code == EXIT_OK)
        check->n_warnings += config_doubts(settings, path, config);
    free(settings->instruments);
    free(settings);
    return code;
}

static int check_roster(struct config_check *check, const char *path)
{
    struct crew_slot *slots = calloc(SLOTS_MAX, sizeof(*slots));
    struct roster_cards *cards = calloc(1, sizeof(*cards));
    struct tournament_rules rules;
    char currency[16];
    uint32_t n;
    struct slots_roster from = {.command = COMMAND,
                                .path = path,
                                .plugins = check->plugins,
                                .rules = &rules,
                                .cards = cards,
                                .is_check = 1};
    int code = EXIT_ENVIRONMENT;

    if (slots != NULL && cards != NULL)
        code = slots_of_roster(slots, &n, currency, &from);
    if (code == EXIT_OK)
        check->n_warnings += config_doubts_of_leases(cards, slots, n, path);
    free(cards);
    free(slots);
    return code;
}

/* The kinds of one file and one table. */
static int check_one(enum file_kind kind, const char *path)
{
    static struct synth market;
    static struct venue_config venue;
    static struct members members;
    static struct faults faults;
    static struct gpu_rules cards;
    static struct plan plan;
    struct train_settings training;
    struct train_net_settings of_net;
    struct train_ppo_settings policy;
    struct tournament_rules rules;
    struct config_file file;

    if (config_file_open(&file, COMMAND, path)) {
        cards.n_cards = GPU_CARDS_MAX; // of shares by themselves: as many as there may be
        if (kind == KIND_VENUE)
            (void)venue_config_read(file.config, &venue);
        else if (kind == KIND_TOURNAMENT)
            (void)tournament_file_read(file.config, &rules);
        else if (kind == KIND_MARKET)
            (void)config_read(file.config, &synth_schema, &market);
        else if (kind == KIND_ACCOUNTS)
            (void)members_read(&members, file.config);
        else if (kind == KIND_GPU)
            (void)profile_read_budgets(file.config, &cards);
        else if (kind == KIND_GPU_SHARES)
            (void)profile_read_shares(file.config, &cards);
        else if (kind == KIND_TREES)
            (void)config_read(file.config, &train_settings_schema, &training);
        else if (kind == KIND_NET)
            (void)config_read(file.config, &train_net_settings_schema, &of_net);
        else if (kind == KIND_PPO)
            (void)config_read(file.config, &train_ppo_settings_schema, &policy);
        else if (kind == KIND_PLAN)
            (void)config_read(file.config, &train_plan_schema, &plan);
        else
            (void)faults_read(&faults, file.config);
    }
    return config_file_close(&file);
}

/* A file of which nothing is known but that it is YAML, or not even that. is_named: by a person,
 * who thinks that it is one of ours. */
static int refuse_unknown(struct config_check *check, struct config_file *file, const char *path,
                          int is_named)
{
    char list[CONFIG_KINDS_LIST];
    int code;

    if (config_root(file->config) == NULL) {
        code = config_file_close(file);
        check->n_bad++;
        return code == EXIT_OK ? EXIT_CONFIG : code;
    }
    (void)config_file_close(file);
    fprintf(stderr,
            "%s: %s: it has no key, or as many of several kinds, by which its kind is known; "
            "expected --kind %s\n",
            path, is_named ? "error" : "warning", config_kinds_list(list));
    check->n_bad += (uint32_t)is_named;
    check->n_warnings += !is_named;
    return is_named ? EXIT_CONFIG : EXIT_OK;
}

static int check_file(struct config_check *check, const char *path, int is_named)
{
    struct config_file file;
    enum file_kind kind = check->kind;
    int code;

    check->n_files++;
    if (!config_file_open(&file, COMMAND, path)) {
        check->n_bad++;
        return config_file_close(&file);
    }
    if (kind == KINDS)
        kind = config_kinds_of(file.config);
    if (kind == KINDS)
        return refuse_unknown(check, &file, path, is_named);
    if (kind == KIND_RUN)
        code = check_run(check, path, file.config);
    else if (kind == KIND_ROSTER)
        code = check_roster(check, path);
    else
        code = check_one(kind, path);
    // Its mistakes were said where it was read.
    config_free(file.config);
    free(file.bytes);
    check->n_bad += code != EXIT_OK;
    if (code == EXIT_OK)
        printf("%s: %s, well%s\n", args_safe(path), config_kinds[kind].name,
               kind == KIND_ROSTER && check->plugins == NULL
                   ? " (its plugins were not looked at: --plugins DIR says where they are)"
                   : "");
    return code;
}

/* ---- folders ---- */

static int is_yaml(const char *name)
{
    size_t n = strlen(name);

    return name[0] != '.' && ((n > 5 && strcmp(name + n - 5, ".yaml") == 0) ||
                              (n > 4 && strcmp(name + n - 4, ".yml") == 0));
}

static void collect(struct files *files, const char *dir, int depth)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        struct stat stat_of;

        if (names[i]->d_name[0] != '.' &&
            snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name) < (int)sizeof(path) &&
            lstat(path, &stat_of) == 0) {
            if (S_ISDIR(stat_of.st_mode) && depth < DEPTH_MAX)
                collect(files, path, depth + 1);
            else if (!S_ISDIR(stat_of.st_mode) && is_yaml(names[i]->d_name) && files->n < FILES_MAX)
                files->paths[files->n++] = strdup(path);
            else
                files->is_full |= files->n == FILES_MAX;
        }
        free(names[i]);
    }
    free(names);
}

static int is_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;

    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

// What a run's file names is read with it, and its mistakes are said there.
static void leave_named(struct files *files, const char *path, const struct config_node *node)
{
    const char *slash = strrchr(path, '/');
    char named[PATH_MAX];

    if (node != NULL && config_is_list(node)) {
        for (uint32_t i = 0; i < config_count(node); i++)
            leave_named(files, path, config_entry(node, i));
        return;
    }
    if (node == NULL || config_text(node) == NULL ||
        snprintf(named, sizeof(named), "%.*s%s", slash != NULL ? (int)(slash - path) + 1 : 0, path,
                 config_text(node)) >= (int)sizeof(named))
        return;
    for (uint32_t i = 0; i < files->n; i++) {
        if (files->paths[i] != NULL && is_same_file(files->paths[i], named)) {
            free(files->paths[i]);
            files->paths[i] = NULL;
        }
    }
}

static void leave_of_runs(struct files *files)
{
    static const char *const keys[] = {"venue", "venues", "roster"};

    for (uint32_t i = 0; i < files->n; i++) {
        struct config_file file;

        if (files->paths[i] == NULL || !config_file_open(&file, COMMAND, files->paths[i]))
            continue;
        for (size_t k = 0;
             config_kinds_of(file.config) == KIND_RUN && k < sizeof(keys) / sizeof(keys[0]); k++)
            leave_named(files, files->paths[i], config_get(config_root(file.config), keys[k]));
        config_free(file.config);
        free(file.bytes);
    }
}

static int check_dir(struct config_check *check, const char *dir)
{
    struct files *files = calloc(1, sizeof(*files));
    int code = EXIT_OK;

    if (files == NULL)
        return EXIT_ENVIRONMENT;
    collect(files, dir, 0);
    if (check->kind == KINDS)
        leave_of_runs(files);
    for (uint32_t i = 0; i < files->n; i++) {
        if (files->paths[i] != NULL)
            code = graver(code, check_file(check, files->paths[i], 0));
        free(files->paths[i]);
    }
    if (files->is_full) {
        fprintf(stderr,
                "agon " COMMAND ": %s holds more than %d files; expected a folder of fewer\n",
                args_safe(dir), FILES_MAX);
        code = graver(code, EXIT_CONFIG);
    } else if (files->n == 0) {
        fprintf(stderr, "agon " COMMAND ": no file below %s ends in .yaml or .yml; expected one\n",
                args_safe(dir));
        code = EXIT_CONFIG;
    }
    free(files);
    return code;
}

int config_check(struct config_check *check, const char *path)
{
    struct error err = {0};
    struct stat stat_of;

    if (stat(path, &stat_of) < 0) {
        file_refuse_look(args_safe(path), errno, "a file or a folder", &err);
        fprintf(stderr, "agon " COMMAND ": %s\n", err.text);
        check->n_files++;
        check->n_bad++;
        return EXIT_CONFIG;
    }
    return S_ISDIR(stat_of.st_mode) ? check_dir(check, path) : check_file(check, path, 1);
}
