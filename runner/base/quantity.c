#include "base/quantity.h"

#include <stdlib.h>
#include <string.h>

/* Reads digits up to `end`; false when there are none, something else, or too many. */
static bool read_digits(const char *text, const char *end, uint64_t *value)
{
    uint64_t sum = 0;
    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(sum, 10u, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*text - '0'), &sum))
            return false;
    }
    *value = sum;
    return true;
}

bool sf_number_parse(const char *text, uint64_t *value)
{
    return read_digits(text, text + strlen(text), value);
}

bool sf_fraction_parse(const char *text, double *value)
{
    static const char digits[] = "0123456789";
    size_t whole = strspn(text, digits);
    size_t point = text[whole] == '.';
    size_t rest = strspn(text + whole + point, digits);
    if (!whole || text[whole + point + rest] || (point && !rest))
        return false;
    *value = strtod(text, NULL);
    return true;
}

bool sf_duration_parse(const char *text, uint64_t *ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ns", 1},
                 {"us", 1000},
                 {"ms", 1000000},
                 {"s", 1000000000},
                 {"m", UINT64_C(60) * 1000000000},
                 {"h", UINT64_C(3600) * 1000000000}};
    size_t number_bytes = strspn(text, "0123456789.");
    const char *unit = text + number_bytes;
    const char *point = memchr(text, '.', number_bytes);
    uint64_t scale = 0, whole, sum;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) == 0)
            scale = units[i].ns;
    }
    if (!scale || !read_digits(text, point ? point : unit, &whole) ||
        __builtin_mul_overflow(whole, scale, &sum))
        return false;
    if (point && point + 1 == unit)
        return false;
    for (const char *digit = point ? point + 1 : unit; digit < unit; digit++) {
        if (*digit == '.')
            return false;
        /* Integers, so that 0.3s is 300 ms exactly. A minute is no power of ten, but 60 s is. */
        uint64_t tenth = scale / 10;
        if (__builtin_add_overflow(sum, tenth * (uint64_t)(*digit - '0'), &sum))
            return false;
        scale = tenth;
    }
    if (sum > INT64_MAX)
        return false;
    *ns = sum;
    return true;
}

struct unit {
    const char *name;
    uint64_t bytes;
};

/* Digits and one of the units. */
static bool read_bytes(const char *text, const struct unit *units, size_t count, uint64_t *bytes)
{
    const char *unit = text + strspn(text, "0123456789");
    uint64_t number, product;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(unit, units[i].name) != 0)
            continue;
        if (!read_digits(text, unit, &number) || __builtin_mul_overflow(number, units[i].bytes, &product))
            return false;
        *bytes = product;
        return true;
    }
    return false;
}

bool sf_size_parse(const char *text, uint64_t *bytes)
{
    static const struct unit units[] = {
        {"", 1},           {"B", 1},           {"KB", 1000},           {"kB", 1000},
        {"MB", 1000000},   {"GB", 1000000000}, {"KiB", UINT64_C(1) << 10}, {"MiB", UINT64_C(1) << 20},
        {"GiB", UINT64_C(1) << 30}};
    return read_bytes(text, units, sizeof units / sizeof units[0], bytes);
}

bool sf_rate_parse(const char *text, uint64_t *bytes_per_s)
{
    static const struct unit bits[] = {{"kbit", 1000 / 8}, {"Mbit", 1000000 / 8}, {"Gbit", 1000000000 / 8}};
    char amount[32];
    const char *slash = strchr(text, '/');
    if (!slash || strcmp(slash, "/s") != 0 || (size_t)(slash - text) >= sizeof amount)
        return false;
    memcpy(amount, text, (size_t)(slash - text));
    amount[slash - text] = '\0';
    return sf_size_parse(amount, bytes_per_s) ||
           read_bytes(amount, bits, sizeof bits / sizeof bits[0], bytes_per_s);
}

bool sf_range_parse(const char *text, uint64_t *first, uint64_t *last)
{
    const char *dots = strstr(text, "..");
    uint64_t low, high;
    if (!read_digits(text, dots ? dots : text + strlen(text), &low))
        return false;
    if (!dots)
        high = low;
    else if (!dots[2])
        high = UINT64_MAX;
    else if (!sf_number_parse(dots + 2, &high) || high < low)
        return false;
    *first = low;
    *last = high;
    return true;
}

bool sf_comparison_parse(const char *text, bool (*parse)(const char *, uint64_t *), uint64_t *min,
                         uint64_t *max)
{
    char low_text[32];
    uint64_t low = 0, high = UINT64_MAX;
    const char *dots = strstr(text, "..");
    if (text[0] == '<' || text[0] == '>') {
        bool equal = text[1] == '=';
        uint64_t bound;
        if (!parse(text + 1 + equal, &bound))
            return false;
        if (text[0] == '<') {
            if (!equal && bound == 0)
                return false;
            high = equal ? bound : bound - 1;
        } else {
            if (!equal && bound == UINT64_MAX)
                return false;
            low = equal ? bound : bound + 1;
        }
    } else if (dots) {
        size_t bytes = (size_t)(dots - text);
        if (bytes >= sizeof low_text)
            return false;
        memcpy(low_text, text, bytes);
        low_text[bytes] = '\0';
        if (!parse(low_text, &low) || !parse(dots + 2, &high) || high < low)
            return false;
    } else {
        if (!parse(text, &low))
            return false;
        high = low;
    }
    *min = low;
    *max = high;
    return true;
}
