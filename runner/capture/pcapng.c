#include "capture/pcapng.h"

#include <errno.h>
#include <string.h>

enum { SECTION_HEADER = 0x0a0d0d0a, INTERFACE_DESCRIPTION = 1, ENHANCED_PACKET = 6 };
enum { BYTE_ORDER_MAGIC = 0x1a2b3c4d, LINKTYPE_ETHERNET = 1 };
enum { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_NAME = 2, OPTION_APPLICATION = 4, OPTION_RESOLUTION = 9 };
#define OPTION_BYTES_MAX 4096u

static size_t padded(size_t bytes)
{
    return (bytes + 3) & ~(size_t)3;
}

static size_t option_bytes(size_t bytes)
{
    return 4 + padded(bytes);
}

static void put(FILE *file, const void *data, size_t bytes)
{
    static const char zeros[4];
    fwrite(data, 1, bytes, file);
    fwrite(zeros, 1, padded(bytes) - bytes, file);
}

static void put_option(FILE *file, uint16_t code, const void *data, size_t bytes)
{
    const uint16_t header[] = {code, (uint16_t)bytes};
    put(file, header, sizeof header);
    put(file, data, bytes);
}

/* Type and length open a block, the length closes it. */
static void open_block(FILE *file, uint32_t type, uint32_t bytes)
{
    const uint32_t header[] = {type, bytes};
    put(file, header, sizeof header);
}

static int close_block(FILE *file, uint32_t bytes)
{
    put(file, &bytes, sizeof bytes);
    return ferror(file) ? (errno ? errno : EIO) : 0;
}

#define FRAME_BYTES 12u /* what every block has around its body */

int sf_pcapng_begin(FILE *file, const char *application)
{
    const uint16_t version[] = {1, 0};
    const uint32_t magic = BYTE_ORDER_MAGIC;
    const int64_t length = -1; /* of the section: not given */
    size_t bytes = FRAME_BYTES + 16 + option_bytes(strlen(application)) + option_bytes(0);

    open_block(file, SECTION_HEADER, (uint32_t)bytes);
    put(file, &magic, sizeof magic);
    put(file, version, sizeof version);
    put(file, &length, sizeof length);
    put_option(file, OPTION_APPLICATION, application, strlen(application));
    put_option(file, OPTION_END, "", 0);
    return close_block(file, (uint32_t)bytes);
}

int sf_pcapng_interface(FILE *file, const char *name)
{
    const uint16_t link[] = {LINKTYPE_ETHERNET, 0};
    const uint32_t unlimited = 0;
    const uint8_t nanoseconds = 9;
    size_t name_bytes = strnlen(name, OPTION_BYTES_MAX);
    size_t bytes = FRAME_BYTES + 8 + option_bytes(name_bytes) + option_bytes(1) + option_bytes(0);

    open_block(file, INTERFACE_DESCRIPTION, (uint32_t)bytes);
    put(file, link, sizeof link);
    put(file, &unlimited, sizeof unlimited);
    put_option(file, OPTION_NAME, name, name_bytes);
    put_option(file, OPTION_RESOLUTION, &nanoseconds, 1);
    put_option(file, OPTION_END, "", 0);
    return close_block(file, (uint32_t)bytes);
}

int sf_pcapng_packet(FILE *file, const struct sf_pcapng_packet *packet)
{
    static const char zeros[4];
    size_t captured = packet->head_bytes + packet->body_bytes;
    size_t comment = packet->comment ? strnlen(packet->comment, OPTION_BYTES_MAX) : 0;
    size_t bytes = FRAME_BYTES + 20 + padded(captured);
    if (comment)
        bytes += option_bytes(comment) + option_bytes(0);
    const uint32_t header[] = {packet->interface, (uint32_t)(packet->time_ns >> 32),
                               (uint32_t)packet->time_ns, (uint32_t)captured,
                               (uint32_t)(captured + packet->missing)};

    open_block(file, ENHANCED_PACKET, (uint32_t)bytes);
    put(file, header, sizeof header);
    fwrite(packet->head, 1, packet->head_bytes, file);
    if (packet->body_bytes)
        fwrite(packet->body, 1, packet->body_bytes, file);
    fwrite(zeros, 1, padded(captured) - captured, file);
    if (comment) {
        put_option(file, OPTION_COMMENT, packet->comment, comment);
        put_option(file, OPTION_END, "", 0);
    }
    return close_block(file, (uint32_t)bytes);
}
