// SPDX-License-Identifier: Apache-2.0
/* validate: is this a good plugin? Static checks on the bytes of a private copy, then what only the
 * mapped file shows, in a sandboxed child. Each check has its own level for each way to run a
 * plugin. */
#include <jansson.h>
#include <string.h>

#include "agent/run_process.h"
#include "cli/args.h"
#include "cli/commands.h"

#define CHECKS_MAX 21

struct row {
    char id[8];
    const char *name;
    int is_made, is_note, is_error; /* is_made: the file allowed the check */
    const char *text;
    uint32_t n_more;
    const char *more[ELF_FINDINGS_MAX]; /* found by the same check, in the file's order */
};

static int row_of(const struct elf_report *report, unsigned index, enum elf_runner runner,
                  struct row *row)
{
    memset(row, 0, sizeof(*row));
    snprintf(row->id, sizeof(row->id), "s%02u", index + 1);
    row->name = elf_check_name(index);
    row->is_made = report->checks >> index & 1;
    for (uint32_t i = 0; i < report->n_findings; i++) {
        const struct elf_finding *finding = &report->findings[i];

        if (strcmp(finding->id + 4, row->id) != 0)
            continue;
        row->is_made = 1;
        // The gravest is shown first.
        if (finding->level[runner] == ELF_ERROR && !row->is_error) {
            if (row->text != NULL)
                row->more[row->n_more++] = row->text;
            row->is_error = 1;
            row->text = finding->text;
        } else if (row->text == NULL) {
            row->is_note = 1;
            row->text = finding->text;
        } else {
            row->more[row->n_more++] = finding->text;
        }
    }
    return row->is_error;
}

static const char *word(const struct row *row)
{
    return row->is_error ? "error" : row->is_note ? "note" : row->is_made ? "ok" : "-";
}

static void add(json_t *checks, const char *path, const struct row *row, int is_quiet)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", json_sprintf("val-%s", row->id));
    json_object_set_new(object, "check", json_string(row->name));
    json_object_set_new(object, "result", json_string(word(row)));
    if (row->text)
        json_object_set_new(object, "text", json_string(row->text));
    if (row->n_more > 0) {
        json_t *more = json_array();

        for (uint32_t i = 0; i < row->n_more; i++)
            json_array_append_new(more, json_string(row->more[i]));
        json_object_set_new(object, "more", more);
    }
    json_array_append_new(checks, object);
    (void)path;
    if (is_quiet || (!row->is_made && !row->is_error))
        return;
    printf("  %-5s val-%s  %-48s %s\n", word(row), row->id, row->name, row->text ? row->text : "");
    for (uint32_t i = 0; i < row->n_more; i++)
        printf("%66s%s\n", "", row->more[i]);
}

/* The dynamic checks: on a made-up tape, in a child. Returns the errors found. */
static int play(const struct plugin_file *file, const char *path, json_t *checks, int is_quiet)
{
    static struct rehearsal rehearsal;
    struct error err = {0};
    int n_errors = 0;

    if (plugin_rehearse(file, NULL, &rehearsal, &err) < 0) {
        fprintf(stderr, "agon validate: %s\n", err.text);
        return 1;
    }
    for (unsigned i = 0; i < REHEARSE_CHECKS; i++) {
        const char *text = rehearsal.checks[i].text;
        struct row row = {.name = rehearsal_name(i),
                          .is_made = rehearsal.checks[i].verdict != REHEARSAL_NONE,
                          .is_note = rehearsal.checks[i].verdict == REHEARSAL_NOTE,
                          .is_error = rehearsal.checks[i].verdict == REHEARSAL_ERROR,
                          .text = text[0] ? args_safe(text) : NULL};

        snprintf(row.id, sizeof(row.id), "%s", rehearsal_id(i));
        n_errors += row.is_error;
        add(checks, path, &row, is_quiet);
    }
    return n_errors;
}

/* Errors found, or a negative code when the machine let us down. */
static int validate(const char *path, enum elf_runner runner, int is_quiet, json_t *files,
                    struct error *err)
{
    static struct elf_report report;
    static struct plugin_info info;
    json_t *object = json_object(), *checks = json_array();
    struct plugin_file file;
    struct row row;
    int n_errors = 0, rc;

    json_object_set_new(object, "file", json_string(args_safe(path)));
    json_object_set_new(object, "checks", checks);
    json_array_append_new(files, object);
    rc = plugin_file_stage(&file, path, NULL, 0, err);
    if (rc >= 0)
        rc = plugin_file_check(&file, &report, err);
    if (rc < 0) {
        json_object_set_new(object, "error", json_string(err->text));
        plugin_file_drop(&file);
        return rc;
    }
    if (!is_quiet)
        printf("%s%s%s %s\n", args_safe(path), report.has_note ? ": " : "",
               report.has_note ? report.note.id : "", report.has_note ? report.note.version : "");
    for (unsigned i = 0; i < CHECKS_MAX; i++) {
        if (elf_check_name(i) == NULL || i == 18 || i == 19)
            continue; // s19 follows below; s20 needs a disassembler
        n_errors += row_of(&report, i, runner, &row);
        add(checks, path, &row, is_quiet);
    }
    if (elf_refusal(&report, ELF_PROCESS) == NULL) {
        struct error probe = {0};

        rc = plugin_probe(&file, NULL, 0, &info, &probe);
        row = (struct row){.id = "s19",
                           .name = elf_check_name(18),
                           .is_made = 1,
                           .is_error = rc < 0,
                           .text = rc < 0 ? probe.text : NULL};
        n_errors += row.is_error;
        add(checks, path, &row, is_quiet);
        if (rc >= 0)
            n_errors += play(&file, path, checks, is_quiet);
    }
    plugin_file_drop(&file);
    json_object_set_new(object, "errors", json_integer(n_errors));
    if (!is_quiet)
        printf("  %s\n", n_errors ? "refused" : "passed");
    return n_errors;
}

int cmd_validate(int argc, char **argv)
{
    static const char *const runners[] = {"process", "inproc", NULL};
    struct arg_list files = {0};
    int is_json = 0, runner = ELF_PROCESS, rc, n_bad = 0;
    const struct arg table[] = {
        {"runner", ARG_CHOICE, "RUNNER", "how it shall run (process)", &runner, .choices = runners},
        {"json", ARG_FLAG, NULL, "report as JSON", &is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "PLUGIN.so... [--runner RUNNER] [--json]",
        .about = "Checks plugin files: the bytes first, then in a sandboxed child what only the "
                 "mapped\nfile shows. Exit code 1: one of them is refused.",
        .args = table,
        .operands = &files,
        .operands_min = 1,
        .operands_max = 256};
    json_t *root, *list;

    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    root = json_object();
    list = json_array();
    json_object_set_new(root, "runner", json_string(runners[runner]));
    json_object_set_new(root, "files", list);
    for (int i = 0; i < files.n; i++) {
        struct error err = {0};

        rc = validate(files.at[i], (enum elf_runner)runner, is_json, list, &err);
        if (rc < 0)
            fprintf(stderr, "agon validate: %s\n", err.text);
        n_bad += rc != 0;
    }
    if (is_json) {
        json_dumpf(root, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(root);
    return n_bad ? EXIT_CHECK : EXIT_OK;
}
