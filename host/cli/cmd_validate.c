// SPDX-License-Identifier: Apache-2.0
/* validate: is this a good plugin? Static checks on the bytes of a private copy, then what only the
 * mapped file shows, in a child with the sandbox that a host's has. Each check has its own level
 * for each way to run a plugin. What passed for inproc can be given a certificate. */
#include <jansson.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/certificate.h"
#include "agent/run_process.h"
#include "args/args.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/words.h"
#include "roster/audit.h"
#include "store/registry.h"
#include "sys/clock.h"
#include "sys/sealed.h"
#include "sys/wrap.h"

#define CHECKS_MAX 21

struct row {
    char id[8];
    const char *name;
    int is_made, is_note, is_error; /* is_made: the file allowed the check */
    const char *text;
    uint32_t n_more;
    const char *more[ELF_FINDINGS_MAX]; /* found by the same check, in the file's order */
};

struct validation {
    enum elf_runner runner;
    const char *operator_name; /* of the certificate; NULL: none is wanted */
    json_t *checks;
    int is_quiet;
    struct run_files given;
    char lines[32768]; /* of the certificate: a row each */
    size_t n_lines;
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

/* A plugin's or a child's words, whole, until the next call. */
static const char *whole(const char *text)
{
    static char buffer[4 * REHEARSAL_TEXT];

    utf8_escape(text, strnlen(text, REHEARSAL_TEXT), buffer, sizeof(buffer));
    return buffer;
}

static const char *word(const struct row *row)
{
    return row->is_error ? "error" : row->is_note ? "note" : row->is_made ? "ok" : "-";
}

static void add(struct validation *made, const struct row *row)
{
    json_t *object = json_object();
    size_t room = sizeof(made->lines) - made->n_lines;
    int at;
    int n = snprintf(made->lines + made->n_lines, room, "check val-%s: %s\n", row->id, word(row));

    if (row->is_made && (size_t)n < room)
        made->n_lines += (size_t)n;

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
    json_array_append_new(made->checks, object);
    if (made->is_quiet || (!row->is_made && !row->is_error))
        return;
    at = printf("  %-5s val-%s  %-48s ", word(row), row->id, row->name);
    wrap_text(stdout, wrap_width(stdout), at > 0 ? at : 0, 18, row->text ? row->text : "");
    for (uint32_t i = 0; i < row->n_more; i++)
        printf("%66s%s\n", "", row->more[i]);
}

/* The dynamic checks: on a made-up tape, in a child. Returns the errors found. */
static int play(struct validation *made, const struct plugin_file *file, uint32_t index)
{
    static struct rehearsal rehearsal;
    struct error err = {0};
    int n_errors = 0;

    if (plugin_rehearse(file, NULL, index, made->operator_name != NULL ? REHEARSAL_LONG_EVENTS : 0,
                        &made->given, &rehearsal, &err) < 0) {
        fprintf(stderr, "agon validate: %s\n", err.text);
        return 1;
    }
    for (unsigned i = 0; i < REHEARSE_CHECKS; i++) {
        const char *text = rehearsal.checks[i].text;
        struct row row = {.name = rehearsal_name(i),
                          .is_made = rehearsal.checks[i].verdict != REHEARSAL_NONE,
                          .is_note = rehearsal.checks[i].verdict == REHEARSAL_NOTE,
                          .is_error = rehearsal.checks[i].verdict == REHEARSAL_ERROR,
                          .text = text[0] ? whole(text) : NULL};

        if (i == REHEARSE_LONG && made->operator_name != NULL && !row.is_made) {
            row.is_error = 1;
            row.text =
                "was not made: it has to start with its defaults, and pass what comes before";
        }
        snprintf(row.id, sizeof(row.id), "%s", rehearsal_id(i));
        n_errors += row.is_error;
        add(made, &row);
    }
    return n_errors;
}

/* What only the mapped file shows, of each plugin in it. Returns the errors found. */
static int run_all(struct validation *made, const struct plugin_file *file)
{
    static struct plugin_info info;
    uint32_t n = 1;
    int n_errors = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct error err = {0};
        int rc = plugin_probe(file, NULL, i, 0, &info, &err);
        struct row row = {.id = "s19", .name = elf_check_name(18), .is_made = 1};

        if (rc >= 0) {
            n = info.n_plugins < 64 ? info.n_plugins : 64;
            rc = audit_extensions(&info, &err); // whatever a roster grants
        }
        row.is_error = rc < 0;
        row.text = rc < 0 ? whole(err.text) : NULL;
        n_errors += row.is_error;
        if (n > 1 && !made->is_quiet)
            printf("  plugin %u of %u\n", i + 1, n);
        add(made, &row);
        if (rc >= 0)
            n_errors += play(made, file, i);
    }
    return n_errors;
}

static int certify(const struct validation *made, const char *path, const struct plugin_file *file,
                   const struct elf_report *report, json_t *object, struct error *err)
{
    struct certificate certificate = {.plugin = report->note.id,
                                      .version = report->note.version,
                                      .operator_name = made->operator_name,
                                      .t = clock_now(),
                                      .checks = made->lines};
    char name[4096];
    int rc;

    memcpy(certificate.hash, file->hash, sizeof(certificate.hash));
    rc = certificate_write(path, &certificate, err);
    if (rc < 0)
        return rc;
    snprintf(name, sizeof(name), "%s" CERTIFICATE_SUFFIX, path);
    json_object_set_new(object, "certificate", json_string(args_safe(name)));
    if (!made->is_quiet)
        printf("  certificate for inproc: %s\n", args_safe(name));
    return AGON_OK;
}

/* Errors found, or a negative code when the machine let us down. */
static int validate(struct validation *made, const char *path, json_t *files, struct error *err)
{
    static struct elf_report report;
    json_t *object = json_object();
    struct plugin_file file;
    struct row row;
    int n_errors = 0, rc;

    made->checks = json_array();
    made->lines[0] = '\0';
    made->n_lines = 0;
    json_object_set_new(object, "file", json_string(args_safe(path)));
    json_object_set_new(object, "checks", made->checks);
    json_array_append_new(files, object);
    rc = plugin_file_stage(&file, path, NULL, 0, err);
    if (rc >= 0)
        rc = plugin_file_check(&file, &report, err);
    if (rc < 0) {
        json_object_set_new(object, "error", json_string(err->text));
        plugin_file_drop(&file);
        return rc;
    }
    if (!made->is_quiet)
        printf("%s%s%s %s\n", args_safe(path), report.has_note ? ": " : "",
               report.has_note ? report.note.id : "", report.has_note ? report.note.version : "");
    for (unsigned i = 0; i < CHECKS_MAX; i++) {
        if (elf_check_name(i) == NULL || i == 18 || i == 19)
            continue; // s19 follows below; s20 needs a disassembler
        n_errors += row_of(&report, i, made->runner, &row);
        add(made, &row);
    }
    if (elf_refusal(&report, ELF_PROCESS) == NULL)
        n_errors += run_all(made, &file);
    json_object_set_new(object, "errors", json_integer(n_errors));
    if (!made->is_quiet)
        printf("  %s\n", n_errors ? "refused" : "passed");
    if (n_errors == 0 && made->operator_name != NULL)
        rc = certify(made, path, &file, &report, object, err);
    plugin_file_drop(&file);
    return rc < 0 ? rc : n_errors;
}

/* Who is at work, where nobody said so. */
static const char *own_name(void)
{
    static char number[32];
    const struct passwd *user = getpwuid(getuid());

    if (user != NULL && certificate_is_name(user->pw_name))
        return user->pw_name;
    snprintf(number, sizeof(number), "uid %u", (unsigned)getuid());
    return number;
}

/* The process ends with them. */
static int take_given(struct run_files *files, const struct arg_list *given, struct error *err)
{
    static struct sealed_set set;
    static struct crew_slot slot;
    int rc = words_files(&slot, 1, given, err);

    sealed_init(&set, UINT64_MAX);
    for (uint32_t i = 0; rc >= 0 && i < slot.n_files; i++) {
        const char *path = slot.files[i].path;
        unsigned char hash[HASH_SIZE];
        char of_model[REGISTRY_PATH];
        const struct sealed *sealed;

        if (slot.files[i].model[0] != '\0') {
            if (registry_resolve(path, slot.files[i].model, of_model, hash, err) < 0)
                return err->code;
            path = of_model;
        }
        sealed = sealed_open(&set, path, err);

        if (sealed == NULL)
            return err->code;
        run_files_add(files, slot.files[i].name, sealed);
    }
    return rc;
}

int cmd_validate(int argc, char **argv)
{
    static const char *const runners[] = {"process", "inproc", NULL};
    static struct validation made;
    struct arg_list files = {0}, given = {0};
    struct error wrong = {0};
    const char *operator_name = NULL;
    int is_json = 0, is_certified = 0, runner = ELF_PROCESS, rc, n_bad = 0;
    const struct arg table[] = {
        {"runner", ARG_CHOICE, "RUNNER", "how it shall run (process)", &runner, .choices = runners},
        {"certify", ARG_FLAG, NULL,
         "check for inproc, on a million events, and write PLUGIN.so.cert, which a host wants for "
         "it",
         &is_certified},
        {"operator", ARG_TEXT, "NAME", "who certifies (the user's name)", &operator_name},
        {"file", ARG_LIST, "NAME=PATH", "files that they are given (agon.asset)", &given},
        {"json", ARG_FLAG, NULL, "report as JSON", &is_json},
        {NULL}};
    const struct args_spec spec = {
        .usage = "PLUGIN.so... [--runner RUNNER] [--certify [--operator NAME]]\n[--file "
                 "NAME=PATH...] [--json]",
        .first = "a plugin: `agon validate build/alpha.so`",
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
    if (operator_name != NULL && !is_certified)
        return args_refuse(&spec, "validate", "--operator goes with --certify");
    if (operator_name != NULL && !certificate_is_name(operator_name))
        return args_refuse(&spec, "validate", "--operator: one line of at most %d bytes",
                           CERTIFICATE_NAME - 1);
    if (take_given(&made.given, &given, &wrong) < 0) {
        fprintf(stderr, "agon validate: %s\n", wrong.text);
        return EXIT_FLAGS;
    }
    if (is_certified)
        runner = ELF_INPROC;
    made.runner = (enum elf_runner)runner;
    made.is_quiet = is_json;
    made.operator_name = !is_certified ? NULL : operator_name != NULL ? operator_name : own_name();
    root = json_object();
    list = json_array();
    json_object_set_new(root, "runner", json_string(runners[runner]));
    json_object_set_new(root, "files", list);
    for (int i = 0; i < files.n; i++) {
        struct error err = {0};

        rc = validate(&made, files.at[i], list, &err);
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
