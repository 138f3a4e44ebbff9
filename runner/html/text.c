#include "html/html.h"

#include "base/memory.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void put_byte(FILE *out, unsigned char byte)
{
    switch (byte) {
    case '&':
        fputs("&amp;", out);
        return;
    case '<':
        fputs("&lt;", out);
        return;
    case '>':
        fputs("&gt;", out);
        return;
    case '"':
        fputs("&quot;", out);
        return;
    case '\'':
        fputs("&#39;", out);
        return;
    case 0x7f:
        fputs("\xe2\x90\xa1", out);
        return;
    default:
        /* U+2400 and on: pictures of control characters. */
        if (byte < ' ' && byte != '\n' && byte != '\t')
            fprintf(out, "\xe2\x90%c", (int)(0x80 + byte));
        else
            fputc(byte, out);
    }
}

void sf_html_bytes(FILE *out, const char *data, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes;) {
        unsigned length = sf_utf8_length(data + at, bytes - at);
        if (length == 1)
            put_byte(out, (unsigned char)data[at]);
        else if (length == 0)
            fputs("\xef\xbf\xbd", out);
        else
            fwrite(data + at, 1, length, out);
        at += length ? length : 1;
    }
}

void sf_html_text(FILE *out, const char *text)
{
    sf_html_bytes(out, text, strlen(text));
}

/* One conversion, `%` and its letter included, of those that are used here. */
static void put_one(FILE *out, const char *conversion, va_list *arguments)
{
    if (strcmp(conversion, "%s") == 0)
        sf_html_text(out, va_arg(*arguments, const char *));
    else if (strcmp(conversion, "%u") == 0)
        fprintf(out, "%u", va_arg(*arguments, unsigned));
    else if (strcmp(conversion, "%" PRIu64) == 0)
        fprintf(out, "%" PRIu64, va_arg(*arguments, uint64_t));
    else if (strcmp(conversion, "%zu") == 0)
        fprintf(out, "%zu", va_arg(*arguments, size_t));
    else if (strcmp(conversion, "%.3f") == 0)
        fprintf(out, "%.3f", va_arg(*arguments, double));
    else
        abort(); /* a mistake of ours, at the first test */
}

void sf_html_put(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    while (*format) {
        size_t plain = strcspn(format, "%");
        fwrite(format, 1, plain, out);
        format += plain;
        if (*format == '%' && format[1] == '%') {
            fputc('%', out);
            format += 2;
        } else if (*format) {
            char conversion[8] = {0};
            size_t length = strcspn(format, "sufd") + 1;
            memcpy(conversion, format, length < sizeof conversion ? length : sizeof conversion - 1);
            put_one(out, conversion, &arguments);
            format += length;
        }
    }
    va_end(arguments);
}

const char *sf_html_size(char text[static SF_HTML_SIZE_BYTES], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    unsigned unit = 0;
    for (; value >= 1000 && unit < 6; unit++)
        value /= 1024;
    snprintf(text, SF_HTML_SIZE_BYTES, value < 10 && unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}
