// SPDX-License-Identifier: Apache-2.0
/* backup: copies of run directories: made, checked, restored. */
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "backup/backup.h"
#include "cli/commands.h"

struct opts {
    struct arg_list operands;
    int is_quick, is_json;
};
enum verb { MAKE = 0, VERIFY = 1, RESTORE = 2 };

static int exit_of(enum verb verb, int rc)
{
    switch (rc) {
    case AGON_EPERM:
    case AGON_EBUSY:
        return EXIT_SAFETY;
    case AGON_ECORRUPT:
        return verb == VERIFY ? EXIT_CHECK : EXIT_DATA;
    case AGON_EINVAL:
    case AGON_EVERSION:
    case AGON_ENOENT:
    case AGON_ENOTSUP:
        return EXIT_DATA;
    default:
        return EXIT_ENVIRONMENT;
    }
}

static void on_bad(void *ctx, const char *text)
{
    (void)ctx;
    fprintf(stderr, "agon backup: %s\n", args_safe(text));
}

static const char *text_of(const json_t *manifest, const char *key)
{
    const char *text = json_string_value(json_object_get(manifest, key));

    return text != NULL ? text : "";
}

static long long number_of(const json_t *manifest, const char *key)
{
    return (long long)json_integer_value(json_object_get(manifest, key));
}

static void print(enum verb verb, const struct backup_config *config, const json_t *manifest)
{
    static const char *const done[] = {"made", "good", "restored"};
    const char *where = verb == VERIFY ? config->from : config->to;

    printf("%-9s %s: %llu files, %.1f MiB, as of %s\n", done[verb], args_safe(where),
           (unsigned long long)json_array_size(json_object_get(manifest, "files")),
           (double)number_of(manifest, "bytes") / 1048576, text_of(manifest, "last_time"));
    printf("events    %lld to %lld, from %s on, run %lld, %s\n", number_of(manifest, "first_event"),
           number_of(manifest, "last_event"), text_of(manifest, "first_time"),
           number_of(manifest, "run"), text_of(manifest, "mode"));
    if (config->is_replayed && text_of(manifest, "state_hash")[0] != '\0')
        printf("state     %.16s, replayed: %lld of %lld recorded hashes reached, every invariant "
               "held\n",
               text_of(manifest, "state_hash"), number_of(manifest, "marks"),
               number_of(manifest, "marks"));
    if (!config->is_replayed)
        printf("state     not replayed: its files are compared, its state is not proven\n");
    if (text_of(manifest, "cut")[0] != '\0')
        printf("cut       behind event %lld, %s: %s\n", number_of(manifest, "last_event"),
               json_is_true(json_object_get(manifest, "host_was_running"))
                   ? "where the copy was when the host went on"
                   : "where a host was killed",
               text_of(manifest, "cut"));
    if (verb == MAKE)
        printf("left out  configuration, credentials, tokens, log: keep these elsewhere\n");
    if (verb == RESTORE)
        printf("orders    their client ids carry another number from the next start on; what the "
               "account "
               "did since\n          comes from the venue, and what is open of it is cancelled. "
               "The host that the\n          backup is of must not run any more\n"
               "next      agon run --config FILE --dir %s\n",
               args_safe(config->to));
}

int cmd_backup(int argc, char **argv)
{
    static const char *const verbs[] = {"make", "verify", "restore"};
    struct opts opts = {0};
    const struct arg table[] = {
        {"no-replay", ARG_FLAG, NULL,
         "compare files and read the journal, but prove no state by a replay", &opts.is_quick},
        {"json", ARG_FLAG, NULL, "report as JSON: the manifest", &opts.is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "make DIRECTORY BACKUP|verify BACKUP|restore BACKUP DIRECTORY [OPTION...]",
        .first = "make, verify or restore: `agon backup make DIRECTORY BACKUP`",
        .about =
            "make: copies a run directory, also while its host runs, as of one event. BACKUP is a "
            "new folder.\n"
            "verify: compares each file with the backup's manifest, and replays its journal.\n"
            "restore: makes a run directory of a backup. A host that starts in it gives its "
            "client order ids another number, so that none comes a second time, and takes from the "
            "venue "
            "what happened since.\n"
            "Configuration, credentials and the log are in no backup.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 1,
        .operands_max = 3};
    struct backup_config config = {.on_bad = on_bad};
    json_t *manifest = NULL;
    struct error err = {0};
    int verb = 0;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    while (verb < 3 && strcmp(verbs[verb], opts.operands.at[0]) != 0)
        verb++;
    if (verb == 3)
        return args_refuse(&spec, "backup", "make, verify or restore, not %s",
                           args_safe(opts.operands.at[0]));
    if (opts.operands.n != (verb == VERIFY ? 2 : 3))
        return args_refuse(&spec, "backup", "%s, and nothing else, follows %s",
                           verb == MAKE     ? "a run directory and the name of a backup"
                           : verb == VERIFY ? "a backup"
                                            : "a backup and a run directory",
                           verbs[verb]);
    config.from = opts.operands.at[1];
    config.to = verb == VERIFY ? NULL : opts.operands.at[2];
    config.is_replayed = !opts.is_quick;
    rc = verb == MAKE     ? backup_make(&config, &manifest, &err)
         : verb == VERIFY ? backup_check(&config, &manifest, &err)
                          : backup_restore(&config, &manifest, &err);
    if (rc < 0) {
        fprintf(stderr, "agon backup: %s\n", err.text);
        return exit_of((enum verb)verb, rc);
    }
    if (opts.is_json) {
        json_dumpf(manifest, stdout, JSON_INDENT(2));
        printf("\n");
    } else {
        print((enum verb)verb, &config, manifest);
    }
    json_decref(manifest);
    return EXIT_OK;
}
