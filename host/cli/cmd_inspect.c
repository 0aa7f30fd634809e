// SPDX-License-Identifier: Apache-2.0
/* inspect: what a plugin file is. Reads bytes; runs none of them, unless --describe asks for what
 * the plugin says of itself, which a sandboxed child finds out. */
#include <jansson.h>
#include <string.h>

#include "agent/run_process.h"
#include "args/args.h"
#include "cli/commands.h"
#include "market/events.h"

static json_t *file_object(const char *path, const struct plugin_file *file,
                           const struct elf_report *report)
{
    char hex[2 * HASH_SIZE + 1];
    json_t *object = json_object(), *needed = json_array();

    hash_hex(file->hash, hex);
    json_object_set_new(object, "file", json_string(args_safe(path)));
    json_object_set_new(object, "bytes", json_integer((json_int_t)file->bytes));
    json_object_set_new(object, "blake2b", json_string(hex));
    json_object_set_new(object, "build_id", json_string(report->build_id));
    if (report->has_note) {
        json_object_set_new(object, "id", json_string(report->note.id));
        json_object_set_new(object, "version", json_string(report->note.version));
        json_object_set_new(object, "abi",
                            json_sprintf("%u.%u", report->note.abi_major, report->note.abi_minor));
        json_object_set_new(object, "layout", json_sprintf("%08x", report->note.layout_hash));
    }
    for (uint32_t i = 0; i < report->n_needed && i < 8; i++)
        json_array_append_new(needed, json_string(args_safe(report->needed[i])));
    json_object_set_new(object, "needs", needed);
    json_object_set_new(object, "imports", json_integer(report->n_imports));
    json_object_set_new(object, "exports", json_integer(report->n_exports));
    return object;
}

static json_t *param_object(const struct info_param *param)
{
    static const char *const types[] = {"?", "integer", "real", "text", "choice"};
    json_t *object = json_object();
    char text[INFO_DEFAULT];

    json_object_set_new(object, "name", json_string(param->name));
    json_object_set_new(object, "type",
                        json_string(types[param->type <= AGON_CHOICE ? param->type : 0]));
    json_object_set_new(object, "default", json_real(param->def));
    json_object_set_new(object, "default_text", json_string(plugin_default_text(param, text)));
    if (param->min != 0 || param->max != 0) {
        json_object_set_new(object, "min", json_real(param->min));
        json_object_set_new(object, "max", json_real(param->max));
    }
    if (param->choices[0])
        json_object_set_new(object, "choices", json_string(param->choices));
    json_object_set_new(object, "unit", json_string(param->unit));
    json_object_set_new(object, "doc", json_string(param->doc));
    json_object_set_new(object, "live", json_boolean(param->flags & AGON_PARAM_LIVE));
    json_object_set_new(object, "tunable", json_boolean(param->flags & AGON_PARAM_TUNABLE));
    return object;
}

static void describe(json_t *object, const struct plugin_info *info)
{
    json_t *wants = json_array(), *requires = json_array(), *params = json_array();
    json_t *publishes = json_array(), *reads = json_array(), *tags = json_array();
    json_t *metrics = json_array();
    const struct event_kind *kind;

    json_object_set_new(object, "name", json_string(info->name));
    json_object_set_new(object, "vendor", json_string(info->vendor));
    json_object_set_new(object, "summary", json_string(info->summary));
    json_object_set_new(object, "kind", json_string(plugin_kind_name(info->kind)));
    json_object_set_new(object, "plugins", json_integer(info->n_plugins));
    json_object_set_new(object, "arena_bytes", json_integer((json_int_t)info->arena_bytes));
    json_object_set_new(object, "budget_ns", json_integer(info->budget_ns));
    json_object_set_new(object, "state_schema", json_integer(info->state_schema));
    for (uint32_t i = 0; (kind = event_kind_at(i)) != NULL; i++)
        if (event_is_on(info->event_mask, info->event_more, kind->type))
            json_array_append_new(wants, json_string(kind->name));
    json_object_set_new(object, "wants", wants);
    for (uint32_t i = 0; i < info->n_requires; i++)
        json_array_append_new(requires, json_string(info->requires_ext[i]));
    json_object_set_new(object, "requires", requires);
    for (uint32_t i = 0; i < info->n_publishes; i++)
        json_array_append_new(publishes, json_string(info->publishes[i]));
    json_object_set_new(object, "publishes", publishes);
    for (uint32_t i = 0; i < info->n_reads; i++)
        json_array_append_new(reads, json_string(info->reads[i]));
    json_object_set_new(object, "reads", reads);
    for (uint32_t i = 0; i < info->n_tags; i++)
        json_array_append_new(tags, json_string(info->tags[i]));
    json_object_set_new(object, "tags", tags);
    for (uint32_t i = 0; i < info->n_metrics; i++)
        json_array_append_new(metrics, json_string(info->metrics[i]));
    json_object_set_new(object, "metrics", metrics);
    for (uint32_t i = 0; i < info->n_params; i++)
        json_array_append_new(params, param_object(&info->params[i]));
    json_object_set_new(object, "params", params);
}

/* The same facts as lines: what is a list of plain values in one, what is a list of objects
 * indented. */
static void print_text(const json_t *object)
{
    const char *key;
    const json_t *value, *entry;
    size_t i;
    void *at;

    for (at = json_object_iter((json_t *)(uintptr_t)object); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        key = json_object_iter_key(at);
        value = json_object_iter_value(at);
        if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
            printf("%s:\n", key);
            json_array_foreach(value, i, entry)
            {
                const char *text = json_string_value(json_object_get(entry, "default_text"));

                printf("  %-20s %-8s default %-10s %s\n",
                       json_string_value(json_object_get(entry, "name")),
                       json_string_value(json_object_get(entry, "type")),
                       text[0] != '\0' ? text : "\"\"",
                       json_string_value(json_object_get(entry, "doc")));
            }
        } else if (json_is_array(value)) {
            printf("%-14s", key);
            json_array_foreach(value, i, entry) printf(" %s", json_string_value(entry));
            printf("\n");
        } else if (json_is_string(value)) {
            printf("%-14s %s\n", key, json_string_value(value));
        } else {
            printf("%-14s %lld\n", key, (long long)json_integer_value(value));
        }
    }
}

int cmd_inspect(int argc, char **argv)
{
    struct arg_list files = {0};
    int is_json = 0, is_described = 0, rc;
    const struct arg table[] = {{"describe", ARG_FLAG, NULL,
                                 "also what it says of itself: maps it in a sandboxed child",
                                 &is_described},
                                {"json", ARG_FLAG, NULL, "report as JSON", &is_json},
                                {NULL}};
    const struct args_spec spec = {.usage = "PLUGIN.so [--describe] [--json]",
                                   .first = "a plugin: `agon inspect build/alpha.so`",
                                   .about = "Shows what a plugin file is, without running it.",
                                   .args = table,
                                   .operands = &files,
                                   .operands_min = 1,
                                   .operands_max = 1};
    static struct elf_report report;
    static struct plugin_info info;
    struct plugin_file file;
    const struct elf_finding *refusal;
    struct error err = {0};
    json_t *object;

    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    rc = plugin_file_stage(&file, files.at[0], NULL, 0, &err);
    if (rc >= 0)
        rc = plugin_file_check(&file, &report, &err);
    if (rc < 0) {
        fprintf(stderr, "agon inspect: %s\n", err.text);
        plugin_file_drop(&file);
        return rc == AGON_EINVAL || rc == AGON_ENOENT ? EXIT_DATA : EXIT_ENVIRONMENT;
    }
    object = file_object(files.at[0], &file, &report);
    refusal = elf_refusal(&report, ELF_PROCESS);
    rc = EXIT_OK;
    if (refusal) {
        fprintf(stderr, "agon inspect: %s is not a plugin that can run here: %s: %s\n",
                args_safe(files.at[0]), refusal->id, refusal->text);
        rc = EXIT_DATA;
    } else if (is_described) {
        if (plugin_probe(&file, NULL, 0, 0, &info, &err) >= 0) {
            describe(object, &info);
        } else {
            fprintf(stderr, "agon inspect: %s: %s\n", args_safe(files.at[0]), err.text);
            rc = EXIT_DATA;
        }
    }
    if (is_json) {
        json_dumpf(object, stdout, JSON_INDENT(2));
        printf("\n");
    } else {
        print_text(object);
    }
    json_decref(object);
    plugin_file_drop(&file);
    return rc;
}
