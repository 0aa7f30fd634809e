// SPDX-License-Identifier: Apache-2.0
/* asks PORT: what the simulated exchange says of its default account, by signed requests of its
 * REST protocol on loopback. The signature is made here, with libsodium alone.
 *
 *   open ID                    an open order's client id
 *   cash ASSET AMOUNT          free and locked together, in 10^-8
 *   trades SYMBOL N            own trades */
#include <arpa/inet.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECRET "YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA=="
#define ROOM   ((size_t)8 << 20)

static char answer[ROOM];

static void die(const char *what)
{
    fprintf(stderr, "asks: %s\n", what);
    exit(1);
}

static void sign(const char *text, char hex[2 * crypto_auth_hmacsha256_BYTES + 1])
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)SECRET, strlen(SECRET));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2hex(hex, 2 * sizeof(mac) + 1, mac, sizeof(mac));
}

static json_t *get(int port, const char *path, const char *query)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char request[1024], params[512], signature[2 * crypto_auth_hmacsha256_BYTES + 1];
    struct timespec now;
    size_t n = 0;
    ssize_t got;
    json_t *json;
    char *body;
    // An address of its own each time (127.0.1.1 to 127.0.1.200): an exchange counts weight by
    // address, and what a test asks for must not be what the host beside it lacks.
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr = {htonl(0x7f000101 + (uint32_t)getpid() % 200)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(params, sizeof(params), "%s%stimestamp=%lld&recvWindow=60000", query,
             query[0] != '\0' ? "&" : "", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    sign(params, signature);
    snprintf(request, sizeof(request),
             "GET %s?%s&signature=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-MBX-APIKEY: "
             "agon-sim-key\r\nConnection: close\r\n\r\n",
             path, params, signature);
    if (fd < 0)
        die("cannot connect");
    // Where there is but one address: from that.
    (void)bind(fd, (struct sockaddr *)&from, sizeof(from));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        die("cannot connect");
    if (write(fd, request, strlen(request)) != (ssize_t)strlen(request))
        die("cannot write");
    while (n + 1 < ROOM && (got = read(fd, answer + n, ROOM - 1 - n)) > 0) {
        n += (size_t)got;
        answer[n] = '\0';
        body = strstr(answer, "\r\n\r\n");
        json = body != NULL ? json_loads(body + 4, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
        if (json != NULL) {
            close(fd);
            return json;
        }
    }
    close(fd);
    fprintf(stderr, "%.400s\n", answer);
    die("no answer in JSON");
    return NULL;
}

// "12.3" as a count of 10^-8, by its digits.
static long long count(const char *text)
{
    long long sum = 0;
    int places = -1;

    for (; *text != '\0' && places < 8; text++) {
        if (*text == '.') {
            places = 0;
            continue;
        }
        sum = sum * 10 + (*text - '0');
        places += places >= 0;
    }
    for (places = places < 0 ? 0 : places; places < 8; places++)
        sum *= 10;
    return sum;
}

int main(int argc, char **argv)
{
    static const char *const symbols[] = {"BTCUSDT", "ETHUSDT"};
    int port = argc == 2 ? atoi(argv[1]) : 0;
    json_t *account, *orders, *one;
    size_t i;

    if (port <= 0 || sodium_init() < 0)
        die("usage: asks PORT");
    orders = get(port, "/api/v3/openOrders", "");
    if (!json_is_array(orders))
        die(json_dumps(orders, 0));
    json_array_foreach(orders, i, one)
        printf("open %s\n", json_string_value(json_object_get(one, "clientOrderId")));
    account = get(port, "/api/v3/account", "");
    json_array_foreach(json_object_get(account, "balances"), i, one)
        printf("cash %s %lld\n", json_string_value(json_object_get(one, "asset")),
               count(json_string_value(json_object_get(one, "free"))) +
                   count(json_string_value(json_object_get(one, "locked"))));
    for (i = 0; i < 2; i++) {
        char query[64];
        json_t *trades;

        snprintf(query, sizeof(query), "symbol=%s&limit=1000", symbols[i]);
        trades = get(port, "/api/v3/myTrades", query);
        printf("trades %s %zu\n", symbols[i], json_array_size(trades));
        json_decref(trades);
    }
    json_decref(orders);
    json_decref(account);
    return 0;
}
