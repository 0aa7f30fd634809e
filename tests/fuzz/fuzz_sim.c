// SPDX-License-Identifier: Apache-2.0
/* fuzz_sim: any text as what a client says to the simulated Binance: an answer comes out, JSON
 * where it says so, and nothing breaks.
 *
 * The first byte may say which market it is: '!' USD-M futures; '%' spot and '&' USD-M that do
 * wrong. Then a line each, at most 64: its first letter says what it is. G P U D <path?query>   a
 * request: GET, POST, PUT, DELETE; small letters: signed B <path body>          a POST with a form
 * for a body w <text>   a <text>    a message on the stream socket, on the WebSocket API s <method
 * params>      a signed call on the WebSocket API o <path?query>         a third socket opens there
 *   t <text>               a tenth of a second passes for every byte
 *   m <text>               somebody sells, deeper with every byte
 *
 * decodes: host/sim/binance/account.c host/sim/binance/transport.c host/sim/binance/klines.c
 *   host/sim/binance/faults.c host/sim/binance/orders.c host/sim/binance/params.c
 *   host/sim/binance/public.c host/sim/binance/records.c host/sim/binance/spot.c
 *   host/sim/binance/streams.c host/sim/binance/subs.c host/sim/binance/um.c
 *   host/sim/binance/um_account.c host/sim/binance/um_orders.c host/sim/binance/um_public.c
 *   host/sim/binance/um_risk.c host/sim/binance/um_streams.c host/sim/binance/wsapi.c
 *   host/net/jout.c */
#include <check.h>

#include "sim/pit.h"

// Three symbols are enough, and a world is built ten times as fast.
#define pit_new(pit, symbols, n, t, err) pit_new(pit, symbols, (n) < 3 ? (n) : 3, t, err)
// The unit tests' venue without sockets; check.h here is ours.
#include "../unit/sim/world.c"

#include "fuzz.h"

#define LINES_MAX 64
#define TEXT_MAX  3000

static const char fault_rules[] =
    "faults:\n"
    "  - {on: request, path: \"/*\", every: 5, do: timeout, effect: true}\n"
    "  - {on: request, path: \"/*\", every: 7, do: error}\n"
    "  - {on: user, every: 3, do: duplicate}\n"
    "  - {on: user, every: 4, do: delay, delay: 300ms}\n"
    "  - {on: stream, every: 3, do: swap}\n"
    "  - {on: stream, every: 11, do: reset}\n"
    "  - {on: socket, every: 3, do: refuse}\n"
    "  - {on: time, after: 1s, do: maintenance, for: 500ms}\n";
static struct world w;
static int is_um;
static uint64_t conns[3], next_conn;

static void listen_to(int i, const char *target)
{
    conns[i] = ++next_conn;
    if (world_ws(&w, conns[i], target) != 101)
        conns[i] = 0;
}

// Sockets that the venue closed are opened again; what was said is thrown away.
static void settle(void)
{
    for (uint32_t i = 0; i < w.n_frames; i++) {
        const struct world_frame *frame = &w.frames[i];

        REQUIRE(frame->kind >= SIM_TEXT && frame->kind <= SIM_STALL);
        for (int k = 0; k < 3 && (frame->kind == SIM_CLOSE || frame->kind == SIM_RESET); k++)
            conns[k] = conns[k] == frame->conn ? 0 : conns[k];
    }
    world_clear(&w);
    if (conns[0] == 0)
        listen_to(0, "/stream?streams=btcusdt@depth@100ms/btcusdt@trade");
    if (conns[1] == 0)
        listen_to(1, is_um ? "/ws-fapi/v1" : "/ws-api/v3");
    world_clear(&w);
}

static void request(char kind, char *text)
{
    static const char letters[] = "GPUDgpud";
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
    size_t at = (size_t)(strchr(letters, kind) - letters);
    char *mark = strchr(text, '?');
    int status;

    if (mark != NULL)
        *mark++ = '\0';
    status = at < 4 ? world_raw(&w, methods[at], text, mark != NULL ? mark : "", NULL, w.key)
                    : world_signed(&w, methods[at - 4], text, mark != NULL ? mark : "");
    REQUIRE(status >= 200 ? status < 600 : status == SIM_NO_REPLY && w.faults.n > 0);
}

static void call(const char *text)
{
    const char *space = strchr(text, ' ');
    char method[64];
    json_t *params;

    if (space == NULL || space == text || space - text >= (ptrdiff_t)sizeof(method) ||
        conns[1] == 0)
        return;
    // The helper builds the message: what it cannot take is no test of the venue.
    for (size_t i = 0; i < (size_t)(space - text); i++)
        if (text[i] < ' ' || text[i] > '~')
            return;
    snprintf(method, sizeof(method), "%.*s", (int)(space - text), text);
    params = json_loads(space, 0, NULL);
    if (json_is_object(params) && json_object_size(params) < 50)
        world_api(&w, conns[1], method, space, 1);
    json_decref(params);
}

static void sell(size_t deep)
{
    char px[32];

    snprintf(px, sizeof(px), "%zu.00", 30000 - deep % 1000);
    world_trade(&w, "BTCUSDT", px, "0.25", AGON_SELL);
}

static void say(char *line, size_t n)
{
    char kind = line[0];
    char *text = line + 1;

    switch (kind) {
    case 'B': {
        char *space = strchr(text, ' ');

        if (space == NULL)
            return;
        *space++ = '\0';
        world_raw(&w, "POST", text, "", space, w.key);
        return;
    }
    case 'w':
        w.dialect->ws_frame(w.sim, &w.now, conns[0], SIM_TEXT, text, n - 1);
        return;
    case 'a':
        w.dialect->ws_frame(w.sim, &w.now, conns[1], SIM_TEXT, text, n - 1);
        return;
    case 's':
        call(text);
        return;
    case 'o':
        if (conns[2] != 0)
            w.dialect->ws_gone(w.sim, &w.now, conns[2]);
        if (strlen(text) < 900)
            listen_to(2, text);
        return;
    case 't':
        world_pass(&w, (agon_ns_t)(n < 20 ? n : 20) * 100000000);
        return;
    case 'm':
        sell(n);
        return;
    case 'G':
    case 'P':
    case 'U':
    case 'D':
    case 'g':
    case 'p':
    case 'u':
    case 'd':
        request(kind, text);
        return;
    default:
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct sim_limits limits = {.weight_per_minute = UINT32_MAX,
                                      .messages_per_s = UINT32_MAX,
                                      .orders_per_10s = UINT32_MAX,
                                      .orders_per_day = UINT32_MAX};
    static char line[TEXT_MAX + 1];
    char mode = n > 0 ? (char)data[0] : '\0';
    size_t at = mode == '!' || mode == '%' || mode == '&';

    next_conn = 0;
    memset(conns, 0, sizeof(conns));
    is_um = mode == '!' || mode == '&';
    if (mode == '%' || mode == '&')
        world_open_faults(&w, is_um ? "binance_um" : "binance", fault_rules);
    else if (is_um)
        world_open_um(&w, &limits);
    else
        world_open(&w, &limits);
    settle();
    for (int i = 0; i < LINES_MAX && at < n; i++) {
        const uint8_t *end = memchr(data + at, '\n', n - at);
        size_t length = end != NULL ? (size_t)(end - data) - at : n - at;

        if (length > 0 && length <= TEXT_MAX) {
            memcpy(line, data + at, length);
            line[length] = '\0';
            say(line, length);
            settle();
        }
        at += length + 1;
    }
    REQUIRE(world_get(&w, is_um ? "/fapi/v1/time" : "/api/v3/time") == 200 || w.faults.n > 0);
    world_close(&w);
    return 0;
}
