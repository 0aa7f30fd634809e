// SPDX-License-Identifier: Apache-2.0
/* What a message offers in the place of a value that was refused is accepted there: of every field
 * of a host's files, for values without a unit, with a strange one, and far beyond the range. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "config/schema.h"
#include "roster/roster.h"
#include "run/settings.h"
#include "venue/config.h"

#define FIELDS  400
#define ROOM    512
#define ERRORS  4096
#define OFFERED 12

/* The fields with a value of their own; each is read alone, as the only key of a file. */
static struct schema_field fields[FIELDS];
static int n_fields;

static void collect(const struct schema *schema, int depth)
{
    REQUIRE(depth < 8);
    for (const struct schema_field *field = schema_fields(schema); field->key; field++) {
        if (field->type == SCHEMA_MAP) {
            collect(field->sub, depth + 1);
        } else if (field->type != SCHEMA_ANY && !field->retired) {
            REQUIRE(n_fields < FIELDS);
            fields[n_fields] = *field;
            fields[n_fields].offset = 0;
            fields[n_fields].list_max = 0;
            fields[n_fields].is_required = 0;
            n_fields++;
        }
    }
}

/* Reads "key: text" with that field alone; the message in error, empty: it was accepted. */
static void read_as(const struct schema_field *field, const char *text, char error[ERRORS])
{
    const struct schema_field alone[] = {*field, {.key = NULL}};
    const struct schema schema = {"it", field->room, alone, NULL, NULL};
    void *out = calloc(1, field->room);
    struct config *config;
    char file[ROOM];

    error[0] = '\0';
    snprintf(file, sizeof(file), "%s: %s\n", field->key, text);
    config = config_new("it.yaml", file, strlen(file), NULL);
    ck_assert_ptr_nonnull(config);
    if (config_read(config, &schema, out) != AGON_OK)
        snprintf(error, ERRORS, "%s", config_error_text(config, 0));
    error[strcspn(error, "\n")] = '\0';
    config_free(config);
    free(out);
}

/* What stands behind word up to one of the ends, without quotes, cut at ", " and " or ". */
static int offers_behind(const char *message, const char *word, char offers[OFFERED][96], int n)
{
    const char *at = strstr(message, word);
    size_t length;

    if (at == NULL)
        return n;
    at += strlen(word);
    for (length = 0; at[length] != '\0' && at[length] != ';' && at[length] != '?'; length++)
        ;
    for (const char *end = at + length; at < end && n < OFFERED; n++) {
        const char *comma = strstr(at, ", "), * or = strstr(at, " or ");
        const char *stop = comma != NULL && comma < end ? comma : end;

        if (or != NULL && or < stop)
            stop = or ;
        if (*at == '\'' && stop[-1] == '\'')
            snprintf(offers[n], 96, "%.*s", (int)(stop - at) - 2, at + 1);
        else
            snprintf(offers[n], 96, "%.*s", (int)(stop - at), at);
        at = stop + (stop == end ? 0 : stop == or ? 4 : 2);
    }
    return n;
}

static int offers_of(const char *message, char offers[OFFERED][96])
{
    const char *from = strstr(message, " from ");
    char low[64], high[64];
    int n = offers_behind(message, "did you mean ", offers, 0);

    n = offers_behind(message, "such as ", offers, n);
    if (from != NULL && n + 2 <= OFFERED &&
        sscanf(from, " from %63s to %63[^,;]", low, high) == 2) {
        memcpy(offers[n++], low, sizeof(low));
        memcpy(offers[n++], high, sizeof(high));
    }
    return n;
}

static const char *const wrong[] = {"20",       "0.02",
                                    "5",        "100",
                                    "60",       "20 ms",
                                    "3 %",      "256MB",
                                    "1 GiB",    "007",
                                    "yes",      "1_000",
                                    "20msec",   "5 min",
                                    "1000usdt", "$100",
                                    "1%",       "12 bp",
                                    "-1",       "1e99",
                                    "99999h",   "5000GiB",
                                    "10000%",   "x",
                                    "paperr",   "9999999999999999999999"};

START_TEST(what_is_offered_is_accepted)
{
    const struct schema_field *field = &fields[_i];
    char offers[OFFERED][96], message[ERRORS], again[ERRORS];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int n;

        read_as(field, wrong[i], message);
        n = message[0] != '\0' ? offers_of(message, offers) : 0;
        for (int k = 0; k < n; k++) {
            ck_assert_msg(strcmp(offers[k], wrong[i]) != 0, "it is what was refused: %s", message);
            read_as(field, offers[k], again);
            ck_assert_msg(again[0] == '\0', "'%s' is offered: %s\nand refused: %s", offers[k],
                          message, again);
        }
    }
}
END_TEST

START_TEST(a_number_without_its_unit_is_offered_one)
{
    const struct schema_field *field = &fields[_i];
    char message[ERRORS];

    if (field->type != SCHEMA_DURATION && field->type != SCHEMA_SHARE)
        return;
    // The preset's own number, which is within the range.
    if (field->preset != NULL) {
        char number[32];

        snprintf(number, sizeof(number), "%.*s", (int)strspn(field->preset, "0123456789."),
                 field->preset);
        read_as(field, number, message);
        ck_assert_msg(strstr(message, field->preset) != NULL &&
                          strstr(message, "did you mean '") != NULL,
                      "%s (preset %s)", message, field->preset);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("offers");
    TCase *tcase = tcase_create("offers");
    SRunner *runner;
    int n_failed;

    collect(&settings_schema, 0);
    collect(&venue_schema, 0);
    collect(&roster_schema, 0);
    tcase_add_loop_test(tcase, what_is_offered_is_accepted, 0, n_fields);
    tcase_add_loop_test(tcase, a_number_without_its_unit_is_offered_one, 0, n_fields);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
