// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "venue/config.h"
#include "venue/wire.h"

static char text[16384];

static void read_example(void)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[1024];
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), "%s/configs/venues/binance.yaml", root != NULL ? root : ".");
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = 0;
    fclose(file);
}

START_TEST(the_file_we_ship_is_read)
{
    struct venue_config venue;
    struct config *config;

    read_example();
    config = config_new("binance.yaml", text, strlen(text), NULL);
    ck_assert_msg(venue_config_read(config, &venue) == AGON_OK, "%s", config_error_text(config, 0));
    ck_assert_str_eq(venue.name, "binance");
    ck_assert_uint_eq(venue.market.port, 9443);
    ck_assert_uint_eq(venue.market.is_tls, 1);
    ck_assert_str_eq(venue.market_path, "/stream");
    ck_assert_str_eq(venue.rest_path, "/api");
    ck_assert_uint_eq(venue.n_limits, 6);
    ck_assert_str_eq(venue.limits[0].name, "weight");
    ck_assert_uint_eq(venue.limits[0].capacity, 6000);
    ck_assert_int_eq(venue.limits[0].window_ns, 60000000000);
    ck_assert_uint_eq(venue.recv_window_ms, 5000);
    ck_assert_str_eq(venue.credential, "");
    config_free(config);
}
END_TEST

/* What the file does not say is as the dialect itself would choose. */
START_TEST(presets_are_the_dialects_own)
{
    struct venue_config venue;
    struct venue_config own;
    struct config *config;

    read_example();
    config = config_new("binance.yaml", text, strlen(text), NULL);
    ck_assert_int_eq(venue_config_read(config, &venue), AGON_OK);
    ck_assert_int_eq(venue_config_default(&own, "binance_spot"), AGON_OK);
    ck_assert_int_eq(venue.hold_ns, own.hold_ns);
    ck_assert_int_eq(venue.cancel_hold_ns, own.cancel_hold_ns);
    ck_assert_int_eq(venue.request_ns, own.request_ns);
    ck_assert_int_eq(venue.reconcile_ns, own.reconcile_ns);
    ck_assert_int_eq(venue.rights_ns, own.rights_ns);
    ck_assert_int_eq(venue.silence_ns, own.silence_ns);
    ck_assert_int_eq(venue.user_silence_ns, own.user_silence_ns);
    ck_assert_int_eq(venue.channel_ns, own.channel_ns);
    ck_assert_int_eq(venue.life_ns, own.life_ns);
    ck_assert_int_eq(venue.message_gap_ns, own.message_gap_ns);
    ck_assert_int_eq(venue.cooloff_ns, own.cooloff_ns);
    ck_assert_uint_eq(venue.order_links, own.order_links);
    ck_assert_uint_eq(venue.data_links, own.data_links);
    ck_assert_uint_eq(venue.snapshot_levels, own.snapshot_levels);
    ck_assert_uint_eq(venue.warm_bars, own.warm_bars);
    ck_assert_uint_eq(venue.key_kind, own.key_kind);
    config_free(config);
}
END_TEST

static const struct {
    const char *from, *to;
    enum config_code code;
} mistakes[] = {
    {"dialect: binance_spot", "dialect: binance_moon", CONFIG_E_CHOICE},
    {"kind: raw", "kind: weight", CONFIG_E_CONFLICT},
    {"  - {kind: raw, capacity: 300000, window: 5m}\n", "", CONFIG_E_MISSING},
    {"port: 9443", "port: 94430", CONFIG_E_RANGE},
    {"limits:", "limit:", CONFIG_E_UNKNOWN},
    {"window: 10s", "window: 10", CONFIG_E_VALUE},
    {"dialect: binance_spot", "dialect: binance_cm\ncredential: main", CONFIG_E_CONFLICT},
    {"dialect: binance_spot", "dialect: binance_spot\norders: telegraph", CONFIG_E_CHOICE},
    {"dialect: binance_spot", "dialect: binance_cm\norders: websocket", CONFIG_E_CONFLICT},
    {"dialect: binance_spot", "dialect: binance_um\norders: websocket", CONFIG_E_MISSING},
    {"dialect: binance_spot", "dialect: binance_spot\norder_socket: {host: h}", CONFIG_E_CONFLICT},
    {"dialect: binance_spot",
     "dialect: binance_um\norders: websocket\norder_socket: {host: h, tls: false}",
     CONFIG_E_CONFLICT},
};

static const char *of_recording(const char *path, uint8_t kind)
{
    const struct venue_wire *wire = venue_table_of_recording(path, kind);

    return wire != NULL ? wire->name : "none";
}

START_TEST(a_recording_is_the_venues_whose_name_it_begins_with)
{
    // What the name says counts before the kind of its instrument.
    ck_assert_str_eq(of_recording("data/binance_um_BTCUSDT_1.raw.gz", INSTRUMENT_SPOT),
                     "binance_um");
    ck_assert_str_eq(of_recording("binance_spot_ETHUSDT.raw", INSTRUMENT_LINEAR), "binance_spot");
    ck_assert_str_eq(of_recording("binance_um/BTCUSDT.raw", INSTRUMENT_SPOT), "binance_spot");
    ck_assert_str_eq(of_recording("BTCUSDT.raw", INSTRUMENT_LINEAR), "binance_um");
    ck_assert_str_eq(of_recording("binance_umbra_X.raw", INSTRUMENT_INVERSE), "binance_cm");
    ck_assert_str_eq(of_recording("X.raw", 250), "none");
}
END_TEST

START_TEST(mistakes_are_told)
{
    static char wrong[16384];
    struct venue_config venue;
    struct config *config;
    const char *at;
    int is_found = 0;

    read_example();
    at = strstr(text, mistakes[_i].from);
    ck_assert_ptr_nonnull(at);
    snprintf(wrong, sizeof(wrong), "%.*s%s%s", (int)(at - text), text, mistakes[_i].to,
             at + strlen(mistakes[_i].from));
    config = config_new("binance.yaml", wrong, strlen(wrong), NULL);
    ck_assert_int_eq(venue_config_read(config, &venue), AGON_EINVAL);
    for (uint32_t i = 0; i < config_error_count(config); i++)
        is_found |= config_error_code(config, i) == mistakes[_i].code;
    ck_assert_msg(is_found, "%s", config_error_text(config, 0));
    config_free(config);
}
END_TEST

/* The shipped file with one endpoint in the clear to that host; the number of its line. */
static uint32_t write_clear(char *to, size_t room, const char *endpoint, const char *host)
{
    static const char rest[] = "\nrest: ";
    const char *at;
    uint32_t line = 1;
    char key[16];

    read_example();
    // What the file does not name is put before what it does: rights, of spot.
    snprintf(key, sizeof(key), "\n%s: ", endpoint);
    at = strstr(text, key);
    if (at == NULL)
        at = strstr(text, rest);
    ck_assert_ptr_nonnull(at);
    at++;
    for (const char *c = text; c < at; c++)
        line += *c == '\n';
    snprintf(to, room, "%.*s%s: {host: \"%s\", port: 1234, tls: false, path: /x}\n%s",
             (int)(at - text), text, endpoint, host,
             strncmp(at, key + 1, strlen(key + 1)) == 0 ? strchr(at, '\n') + 1 : at);
    return line;
}

static const char *const endpoints[] = {"market", "user", "rest", "rights"};
#define N_ENDPOINTS (int)(sizeof(endpoints) / sizeof(endpoints[0]))

START_TEST(without_tls_this_machine_is_taken)
{
    static const char *const here[] = {"127.0.0.1", "::1", "localhost"};
    static char clear[20000];

    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        struct venue_config venue;
        struct config *config;
        const struct stream_target *targets[] = {&venue.market, &venue.user, &venue.rest,
                                                 &venue.rights};

        write_clear(clear, sizeof(clear), endpoints[_i], here[i]);
        config = config_new("binance.yaml", clear, strlen(clear), NULL);
        ck_assert_msg(venue_config_read(config, &venue) == AGON_OK, "%s: %s: %s", endpoints[_i],
                      here[i], config_error_text(config, 0));
        for (int k = 0; k < N_ENDPOINTS; k++)
            ck_assert_msg(targets[k]->is_tls == (k != _i), "%s in the clear: tls of %s is %d",
                          endpoints[_i], endpoints[k], targets[k]->is_tls);
        ck_assert_str_eq(targets[_i]->host, here[i]);
        ck_assert_uint_eq(targets[_i]->port, 1234);
        config_free(config);
    }
}
END_TEST

/* Also what only looks like this machine: a name may lead anywhere. */
START_TEST(without_tls_no_other_machine_is_taken)
{
    static const char *const elsewhere[] = {"192.0.2.1",
                                            "2001:db8::1",
                                            "api.binance.com",
                                            "0.0.0.0",
                                            "::",
                                            "127.0.0.1.example.com",
                                            "localhost.example.com",
                                            "127.0.0.10",
                                            " 127.0.0.1",
                                            "127.0.0.1 "};
    static char clear[20000];

    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        uint32_t line = write_clear(clear, sizeof(clear), endpoints[_i], elsewhere[i]);
        struct config *config = config_new("binance.yaml", clear, strlen(clear), NULL);
        struct venue_config venue;
        char place[64], said[128];

        ck_assert_msg(venue_config_read(config, &venue) == AGON_EINVAL, "%s in the clear to '%s'",
                      endpoints[_i], elsewhere[i]);
        snprintf(place, sizeof(place), "binance.yaml:%u:", line);
        snprintf(said, sizeof(said), "tls is false and %s.host is '%s'", endpoints[_i],
                 elsewhere[i]);
        ck_assert_uint_eq(config_error_count(config), 1);
        ck_assert_int_eq(config_error_code(config, 0), CONFIG_E_CONFLICT);
        ck_assert_uint_eq(config_error_line(config, 0), line);
        ck_assert_msg(strncmp(config_error_text(config, 0), place, strlen(place)) == 0 &&
                          strstr(config_error_text(config, 0), said) != NULL,
                      "%s: not at %s", config_error_text(config, 0), place);
        config_free(config);
    }
}
END_TEST

static const char *const dialects[] = {"binance_spot", "binance_um", "kraken_spot", "okx_spot",
                                       "okx_swap"};

static void read_short(const char *dialect, const char *more, struct venue_config *venue)
{
    const char *end = "{host: h, port: 1}\n";
    struct config *config;

    snprintf(text, sizeof(text),
             "name: short\ndialect: %s\nmarket: %suser: %srest: %slimits:\n"
             "  - {kind: weight, capacity: 20, window: 2s}\n"
             "  - {kind: raw, capacity: 20, window: 2s}\n"
             "  - {kind: orders, capacity: 20, window: 2s}\n"
             "  - {kind: orders_day, capacity: 20, window: 2s}\n"
             "  - {kind: snapshots, capacity: 20, window: 2s}\n"
             "  - {kind: connects, capacity: 20, window: 2s}\n%s\n",
             dialect, end, end, end, more);
    config = config_new("short.yaml", text, strlen(text), NULL);
    ck_assert_msg(venue_config_read(config, venue) == AGON_OK, "%s", config_error_text(config, 0));
    config_free(config);
}

/* Of each of them, and what the file says is the file's. */
START_TEST(a_short_file_is_the_dialects_own)
{
    struct venue_config venue, own;

    read_short(dialects[_i], "life: 2h", &venue);
    ck_assert_int_eq(venue_config_default(&own, dialects[_i]), AGON_OK);
    ck_assert_uint_eq(venue.snapshot_levels, own.snapshot_levels);
    ck_assert_uint_eq(venue.warm_bars, own.warm_bars);
    ck_assert_uint_eq(venue.order_links, own.order_links);
    ck_assert_uint_eq(venue.cancel_links, own.cancel_links);
    ck_assert_uint_eq(venue.recv_window_ms, own.recv_window_ms);
    ck_assert_int_eq(venue.message_gap_ns, own.message_gap_ns);
    ck_assert_int_eq(venue.silence_ns, own.silence_ns);
    ck_assert_int_eq(venue.user_silence_ns, own.user_silence_ns);
    ck_assert_int_eq(venue.channel_ns, own.channel_ns);
    ck_assert_int_eq(venue.reconcile_ns, own.reconcile_ns);
    ck_assert_int_eq(venue.cooloff_ns, own.cooloff_ns);
    ck_assert_int_eq(venue.dead_man_ns, own.dead_man_ns);
    ck_assert_int_eq(venue.life_ns, 7200 * 1000000000ll);
}
END_TEST

/* By what orders go is the file's to choose: rest where it says nothing, but on Kraken. */
START_TEST(orders_go_as_the_file_says)
{
    struct venue_config venue;

    read_short("binance_spot", "", &venue);
    ck_assert_uint_eq(venue.orders, VENUE_ORDERS_REST);
    read_short("binance_spot", "orders: websocket", &venue);
    ck_assert_uint_eq(venue.orders, VENUE_ORDERS_WEBSOCKET);
    read_short("binance_um", "orders: websocket\norder_socket: {host: fapi.test}", &venue);
    ck_assert_uint_eq(venue.orders, VENUE_ORDERS_WEBSOCKET);
    ck_assert_str_eq(venue.order_socket.host, "fapi.test");
    ck_assert_uint_eq(venue.order_socket.port, 443);
    ck_assert(venue.order_socket.is_tls);
    ck_assert_str_eq(venue.order_path, "/ws-fapi/v1");
    read_short("binance_um", "order_socket: {host: fapi.test, path: /x}", &venue);
    ck_assert_uint_eq(venue.orders, VENUE_ORDERS_REST);
    ck_assert_str_eq(venue.order_path, "/x");
    read_short("kraken_spot", "", &venue);
    ck_assert_uint_eq(venue.orders, VENUE_ORDERS_WEBSOCKET);
    read_short("kraken_spot", "orders: rest", &venue);
    ck_assert_uint_eq(venue.orders, VENUE_ORDERS_REST);
}
END_TEST

/* What the schema documents of each key is what stands where a file does not have it, and where
 * there is no file: but for what an exchange has of its own, which its page tells. */
START_TEST(what_the_schema_documents_is_what_stands)
{
    static const char kraken[] = " orders snapshot_levels reconcile silence user_silence channel "
                                 "message_gap cooloff";
    static const char okx[] =
        " orders snapshot_levels warm_bars reconcile silence user_silence channel "
        "message_gap cooloff";
    const char *dialect = venue_table_at((uint32_t)_i)->name;
    struct venue_config shared, said, own;
    char differ[512] = "";
    char more[128];
    size_t n = 0;

    read_short(dialect, "", &shared);
    for (const struct schema_field *field = venue_schema.fields; field->key != NULL; field++) {
        if (field->preset == NULL)
            continue;
        snprintf(more, sizeof(more), "%s: %s", field->key, field->preset);
        read_short(dialect, more, &said);
        if (memcmp(&said, &shared, sizeof(said)) != 0)
            n += (size_t)snprintf(differ + n, sizeof(differ) - n, " %s", field->key);
    }
    ck_assert_str_eq(differ, strncmp(dialect, "kraken", 6) == 0 ? kraken
                             : strncmp(dialect, "okx", 3) == 0  ? okx
                                                                : "");
    // Without a file: all but what has to stand in one.
    ck_assert_int_eq(venue_config_default(&own, dialect), AGON_OK);
    ck_assert(own.market.is_tls && own.user.is_tls && own.rest.is_tls);
    own.market = shared.market;
    own.user = shared.user;
    own.rest = shared.rest;
    own.rights = shared.rights;
    own.order_socket = shared.order_socket;
    memcpy(own.name, shared.name, sizeof(own.name));
    memcpy(own.limits, shared.limits, sizeof(own.limits));
    own.n_limits = shared.n_limits;
    ck_assert_mem_eq(&own, &shared, sizeof(own));
}
END_TEST

/* What a dialect does not say of itself is as the schema shows it: each has links, and the switch
 * that cancels for a host that hangs. */
START_TEST(each_dialect_has_what_it_needs_without_a_file)
{
    static const char *const each[] = {"binance_spot", "binance_um", "kraken_spot", "okx_spot",
                                       "okx_swap"};
    struct venue_config config;

    ck_assert_int_eq(venue_config_default(&config, each[_i]), AGON_OK);
    ck_assert_uint_ge(config.order_links, 1);
    ck_assert_uint_ge(config.data_links, 1);
    ck_assert_int_eq(config.dead_man_ns, 60000000000);
    ck_assert_int_gt(config.request_ns, 0);
    ck_assert_int_gt(config.reconcile_ns, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("venue config");
    TCase *tcase = tcase_create("config");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, the_file_we_ship_is_read);
    tcase_add_test(tcase, presets_are_the_dialects_own);
    tcase_add_loop_test(tcase, a_short_file_is_the_dialects_own, 0,
                        (int)(sizeof(dialects) / sizeof(dialects[0])));
    tcase_add_test(tcase, orders_go_as_the_file_says);
    tcase_add_test(tcase, a_recording_is_the_venues_whose_name_it_begins_with);
    tcase_add_loop_test(tcase, mistakes_are_told, 0, (int)(sizeof(mistakes) / sizeof(mistakes[0])));
    tcase_add_loop_test(tcase, without_tls_this_machine_is_taken, 0, N_ENDPOINTS);
    tcase_add_loop_test(tcase, without_tls_no_other_machine_is_taken, 0, N_ENDPOINTS);
    tcase_add_loop_test(tcase, what_the_schema_documents_is_what_stands, 0, 6);
    tcase_add_loop_test(tcase, each_dialect_has_what_it_needs_without_a_file, 0, 5);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
