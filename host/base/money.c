// SPDX-License-Identifier: Apache-2.0
#include "base/money.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

int money_decimals(const char *currency, int exp)
{
    static const char *const hundredths[] = {"EUR", "GBP", "CHF", "AUD", "CAD", "DAI", "BRL",
                                             "TRY", "PLN", "SGD", "HKD", "NZD", "MXN"};
    static const char *const whole[] = {"JPY", "KRW"};
    int decimals = strstr(currency, "USD") != NULL ? 2 : 8;

    for (unsigned i = 0; i < sizeof(hundredths) / sizeof(hundredths[0]); i++)
        decimals = strcmp(currency, hundredths[i]) == 0 ? 2 : decimals;
    for (unsigned i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        decimals = strcmp(currency, whole[i]) == 0 ? 0 : decimals;
    return decimals < exp ? decimals : exp;
}

char *money_plain(int64_t amt, int exp, int decimals, char text[MONEY_TEXT])
{
    (void)num_format(num_rescale(amt, exp, decimals, NUM_EVEN), decimals, text);
    return text;
}

int money_apart(const char *plain, char text[MONEY_TEXT])
{
    size_t sign = plain[0] == '-';
    size_t whole = strspn(plain + sign, "0123456789");
    size_t n = strlen(plain);
    size_t at = 0;

    text[0] = '\0';
    if (whole == 0 || n + whole / 3 >= MONEY_TEXT ||
        sign + whole + strspn(plain + sign + whole, ".0123456789") != n)
        return 0;
    for (size_t i = 0; i < n; i++) {
        size_t done = i - sign; // digits before this one

        if (i > sign && done < whole && (whole - done) % 3 == 0)
            text[at++] = ',';
        text[at++] = plain[i];
    }
    text[at] = '\0';
    return 1;
}

char *money_text(int64_t amt, int exp, int decimals, char text[MONEY_TEXT])
{
    char plain[MONEY_TEXT];

    (void)money_apart(money_plain(amt, exp, decimals, plain), text);
    return text;
}

char *money_in(int64_t amt, int exp, const char *currency, char text[MONEY_TEXT])
{
    return money_text(amt, exp, money_decimals(currency, exp), text);
}

char *money_figure(double value, char text[MONEY_TEXT])
{
    char plain[MONEY_TEXT], digits[MONEY_TEXT];
    int exponent;
    size_t n;

    snprintf(digits, sizeof(digits), "%.6e", value);
    exponent = strchr(digits, 'e') != NULL ? atoi(strchr(digits, 'e') + 1) : 0;
    if (!isfinite(value) || (value != 0 && (exponent < -6 || exponent > 20))) {
        snprintf(text, MONEY_TEXT, "%.7g", value);
        return text;
    }
    if (value == floor(value) && fabs(value) < 1e15) {
        snprintf(plain, sizeof(plain), "%.0f", value == 0 ? 0.0 : value);
    } else {
        double unit = 1;

        // What has more than 7 digits before the point is rounded there.
        for (int i = 6; i < exponent; i++)
            unit *= 10;
        if (exponent > 6)
            value = floor(value / unit + 0.5) * unit;
        snprintf(plain, sizeof(plain), "%.*f", exponent < 6 ? 6 - exponent : 0, value);
        for (n = strlen(plain); strchr(plain, '.') != NULL && plain[n - 1] == '0'; n--)
            plain[n - 1] = '\0';
        n = strlen(plain);
        if (plain[n - 1] == '.')
            plain[n - 1] = '\0';
    }
    (void)money_apart(plain, text);
    return text;
}

char *money_count(uint64_t n, char text[MONEY_TEXT])
{
    char plain[MONEY_TEXT];

    (void)snprintf(plain, sizeof(plain), "%llu", (unsigned long long)n);
    (void)money_apart(plain, text);
    return text;
}

/* Of n the nearest multiple of a unit, a tie to the even one: as amounts are rounded. */
static uint64_t nearest(uint64_t n, uint64_t unit)
{
    uint64_t whole = n / unit;
    uint64_t rest = n % unit;

    return whole + (rest > unit - rest || (rest == unit - rest && whole % 2 == 1));
}

double money_shown(double value, int decimals)
{
    char text[400]; // a double has 309 digits before its point

    (void)snprintf(text, sizeof(text), "%.*f", decimals, value);
    return text[strspn(text, "-0.")] == '\0' ? 0 : value;
}

char *money_brief(uint64_t n, char text[MONEY_TEXT])
{
    static const char units[] = "MGTPE";
    uint64_t unit = 1000000;
    uint64_t shown;
    size_t k = 0;

    if (n < unit)
        return money_count(n, text);
    // By what is shown: 999,950,000 is 1.00G, and not 1000.0M.
    for (; k + 2 < sizeof(units) && nearest(n, unit / 10) >= 10000; k++)
        unit *= 1000;
    shown = nearest(n, unit / 100);
    if (shown < 1000) {
        (void)snprintf(text, MONEY_TEXT, "%llu.%02llu%c", (unsigned long long)(shown / 100),
                       (unsigned long long)(shown % 100), units[k]);
        return text;
    }
    shown = nearest(n, unit / 10);
    (void)snprintf(text, MONEY_TEXT, "%llu.%llu%c", (unsigned long long)(shown / 10),
                   (unsigned long long)(shown % 10), units[k]);
    return text;
}
