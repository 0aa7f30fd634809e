// SPDX-License-Identifier: Apache-2.0
#include "demo/daytest.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "market/instrument_kind.h"
#include "sys/file.h"

/* Plugins are named from / on: the root is the folder that they are in. */
static int put_agent(FILE *out, const struct crew_slot *slot, const struct daytest_plan *plan,
                     struct error *err)
{
    char plugin[PATH_MAX];
    const struct record_slot *record = &slot->record;

    if (realpath(slot->plugin, plugin) == NULL)
        return error_set(err, AGON_EIO, "%s is not there", slot->plugin);
    fprintf(out, "  - name: %s\n    plugin: \"%s\"\n    capital: %lld USDT\n    instruments: [",
            record->name, plugin + 1, (long long)(record->limits.capital_amt / num_pow10(8)));
    for (uint32_t i = 0; i < record->subscription.n_instruments; i++) {
        const struct host_instrument *at =
            &plan->instruments[record->subscription.instruments[i] - 1];

        fprintf(out, "%s\"%s:%s\"", i > 0 ? ", " : "",
                instrument_kind_has_margin(at->kind) ? "binance_um" : "binance", at->symbol);
    }
    fprintf(out, "]\n");
    for (uint32_t i = 0; i < slot->n_signals; i++)
        fprintf(out, "    signals: {%s: %s.%s}\n", slot->signals[i].input, slot->signals[i].agent,
                slot->signals[i].name);
    fprintf(out, "    params: {");
    for (uint32_t i = 0; i < slot->n_params; i++)
        fprintf(out, "%s%s: %s", i > 0 ? ", " : "", slot->params[i].name, slot->params[i].text);
    fprintf(out, "}\n");
    return AGON_OK;
}

static int put_roster(const struct daytest_plan *plan, char path[PATH_MAX], struct error *err)
{
    FILE *out;
    int rc = AGON_OK;

    if (file_join(path, PATH_MAX, plan->dir, "daytest.yaml") < 0 ||
        (out = fopen(path, "we")) == NULL)
        return error_set(err, AGON_EIO, "a roster cannot be written in %s", plan->dir);
    fprintf(out, "seed: %llu\nbase_currency: USDT\nagents:\n", (unsigned long long)plan->seed);
    for (uint32_t i = 0; i < plan->n_slots && rc >= 0; i++) {
        if (!demo_is_rascal(&plan->slots[i]))
            rc = put_agent(out, &plan->slots[i], plan, err);
    }
    if (fclose(out) != 0 && rc >= 0)
        rc = error_set(err, AGON_EIO, "%s cannot be written", path);
    return rc;
}

int daytest_start(struct daytest *test, const struct daytest_plan *plan, struct error *err)
{
    char self[PATH_MAX];
    char roster[PATH_MAX];
    char seed[32];
    const char *argv[] = {"agon",   "backtest", "--roster",   roster,  "--plugins",
                          "/",      "--market", plan->market, "--for", "1d",
                          "--seed", seed,       "--json",     NULL};
    struct proc_spec spec = {
        .path = self, .argv = argv, .n_fds = 3, .fds = {-1, -1, -1}, .is_group = 1};
    int rc = put_roster(plan, roster, err);

    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)plan->seed);
    if (rc < 0)
        return rc;
    if (proc_self(self, sizeof(self)) < 0 ||
        file_join(test->path, sizeof(test->path), plan->dir, "daytest.json") < 0)
        return error_set(err, AGON_EIO, "the backtest beside the demo cannot be started");
    spec.fds[1] = open(test->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (spec.fds[1] < 0)
        return error_set(err, AGON_EIO, "%s cannot be written", test->path);
    rc = proc_spawn(&test->proc, &spec, err);
    close(spec.fds[1]);
    test->is_begun = rc >= 0;
    return rc;
}

static void read_report(struct daytest *test)
{
    json_t *report = json_load_file(test->path, 0, NULL);
    json_t *agent;
    size_t i;

    json_array_foreach(json_object_get(report, "agents"), i, agent)
    {
        const char *name = json_string_value(json_object_get(agent, "name"));
        const char *equity = json_string_value(json_object_get(agent, "equity"));
        const char *capital = json_string_value(json_object_get(agent, "capital"));
        struct daytest_row *row = &test->rows[test->n];

        if (name == NULL || equity == NULL || capital == NULL || test->n == DEMO_SLOTS)
            continue;
        snprintf(row->name, sizeof(row->name), "%s", name);
        row->result = strtod(equity, NULL) - strtod(capital, NULL);
        row->n_fills = (uint64_t)json_integer_value(json_object_get(agent, "fills"));
        test->n++;
    }
    json_decref(report);
}

int daytest_look(struct daytest *test)
{
    struct proc_end end;
    char text[96];

    if (!test->is_begun || test->is_over)
        return test->is_over && test->n > 0;
    if (proc_wait(&test->proc, 0, &end) == AGON_EAGAIN)
        return 0;
    proc_close(&test->proc);
    test->is_over = 1;
    if (end.is_signalled == 0 && end.code == 0)
        read_report(test);
    if (test->n == 0) {
        proc_end_text(&end, text, sizeof(text));
        snprintf(test->failure, sizeof(test->failure), "its backtest gave no figures: %s", text);
    }
    return test->n > 0;
}

const struct daytest_row *daytest_of(const struct daytest *test, const char *name)
{
    for (uint32_t i = 0; i < test->n; i++) {
        if (strcmp(test->rows[i].name, name) == 0)
            return &test->rows[i];
    }
    return NULL;
}

void daytest_stop(struct daytest *test)
{
    struct proc_end end;

    if (!test->is_begun || test->is_over)
        return;
    proc_signal(&test->proc, SIGKILL);
    proc_wait(&test->proc, 3000, &end);
    proc_close(&test->proc);
    test->is_over = 1;
}
