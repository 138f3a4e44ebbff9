#include "unwind/entry.h"

#define TABLE_OF_OFFSETS \
    (SF_POINTER_FROM_DATA | SF_POINTER_S32) /* what linkers write, and all that can be searched */
#define TABLE_ENTRY_BYTES 8u

/* From `at`, wherever that leads, to the end of what may be read. */
static struct sf_cursor cursor_at(const struct sf_cfi *cfi, uintptr_t at)
{
    if (at < (uintptr_t)cfi->start || at >= (uintptr_t)cfi->end)
        return (struct sf_cursor){.at = cfi->end, .end = cfi->end, .failed = true};
    return (struct sf_cursor){.at = cfi->start + (at - (uintptr_t)cfi->start), .end = cfi->end};
}

/* The length in front of a CIE or an FDE; the piece is what follows. */
static struct sf_cursor cut_record(struct sf_cursor *cursor)
{
    uint64_t bytes = sf_cursor_number(cursor, 4);
    if (bytes == UINT32_MAX)
        bytes = sf_cursor_number(cursor, 8);
    struct sf_cursor record = sf_cursor_cut(cursor, bytes);
    record.failed |= cursor->failed || bytes == 0;
    return record;
}

/* The last of the sorted offsets that is not behind `place`, or 0; its FDE's address. */
static uintptr_t search_table(const struct sf_cursor *table, uint64_t count, uintptr_t header,
                              uintptr_t place)
{
    uint64_t low = 0, high = count;
    struct sf_cursor at;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        at = (struct sf_cursor){.at = table->at + middle * TABLE_ENTRY_BYTES, .end = table->end};
        if (sf_cursor_pointer(&at, TABLE_OF_OFFSETS, header) <= place)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return 0;
    at = (struct sf_cursor){.at = table->at + (low - 1) * TABLE_ENTRY_BYTES + 4, .end = table->end};
    return sf_cursor_pointer(&at, TABLE_OF_OFFSETS, header);
}

static uintptr_t find_record(const struct sf_cfi *cfi, uintptr_t place)
{
    uintptr_t header = (uintptr_t)cfi->header;
    struct sf_cursor cursor = cursor_at(cfi, header);
    uint8_t version = (uint8_t)sf_cursor_number(&cursor, 1);
    uint8_t frames = (uint8_t)sf_cursor_number(&cursor, 1);
    uint8_t counts = (uint8_t)sf_cursor_number(&cursor, 1);
    uint8_t tables = (uint8_t)sf_cursor_number(&cursor, 1);

    if (version != 1 || frames == SF_POINTER_OMITTED || counts == SF_POINTER_OMITTED ||
        tables != TABLE_OF_OFFSETS)
        return 0;
    sf_cursor_pointer(&cursor, frames, header);
    uint64_t count = sf_cursor_pointer(&cursor, counts, header);
    if (cursor.failed || count > (size_t)(cursor.end - cursor.at) / TABLE_ENTRY_BYTES)
        return 0;
    return search_table(&cursor, count, header, place);
}

/* "zPLR" and the data that goes with each letter. Returns the encoding of the FDE's addresses. */
static uint8_t read_augmentation(struct sf_cursor *cursor, const uint8_t *letters, struct sf_entry *entry)
{
    uint8_t encoding = SF_POINTER_NATIVE;
    struct sf_cursor data = {.at = cursor->at, .end = cursor->at};

    if (*letters == 'z')
        data = sf_cursor_cut(cursor, sf_cursor_uleb(cursor));
    else if (*letters)
        cursor->failed = true;
    for (; *letters && !cursor->failed; letters++) {
        if (*letters == 'R')
            encoding = (uint8_t)sf_cursor_number(&data, 1);
        else if (*letters == 'L')
            sf_cursor_number(&data, 1);
        else if (*letters == 'P')
            sf_cursor_pointer(&data, (uint8_t)sf_cursor_number(&data, 1) & (uint8_t)~SF_POINTER_INDIRECT, 0);
        else if (*letters == 'S')
            entry->is_signal = true;
        else if (*letters != 'z' && *letters != 'B') /* B: which key of aarch64 signs return addresses */
            cursor->failed = true;
    }
    cursor->failed |= data.failed;
    return encoding;
}

static bool read_common(struct sf_cursor record, struct sf_entry *entry, bool *is_augmented,
                        uint8_t *encoding)
{
    uint64_t id = sf_cursor_number(&record, 4);
    uint8_t version = (uint8_t)sf_cursor_number(&record, 1);
    const uint8_t *letters = record.at;

    if (id != 0 || (version != 1 && version != 3))
        return false;
    while (sf_cursor_number(&record, 1) != 0)
        ;
    entry->code_unit = sf_cursor_uleb(&record);
    entry->data_unit = sf_cursor_sleb(&record);
    entry->return_register =
        (unsigned)(version == 1 ? sf_cursor_number(&record, 1) : sf_cursor_uleb(&record));
    if (record.failed)
        return false;
    *is_augmented = *letters == 'z';
    *encoding = read_augmentation(&record, letters, entry);
    entry->common = record;
    return !record.failed;
}

bool sf_entry_find(const struct sf_cfi *cfi, uintptr_t place, struct sf_entry *entry)
{
    uintptr_t at = cfi->header ? find_record(cfi, place) : 0;
    struct sf_cursor cursor = cursor_at(cfi, at), record = cut_record(&cursor);
    uintptr_t here = (uintptr_t)record.at;
    uintptr_t back = (uintptr_t)sf_cursor_number(&record, 4);
    bool is_augmented;
    uint8_t encoding;

    *entry = (struct sf_entry){.code_unit = 1};
    if (record.failed || back == 0)
        return false;
    struct sf_cursor common = cursor_at(cfi, here - back);
    struct sf_cursor common_record = cut_record(&common);
    if (common_record.failed || !read_common(common_record, entry, &is_augmented, &encoding))
        return false;
    entry->first = sf_cursor_pointer(&record, encoding, (uintptr_t)cfi->header);
    entry->last = entry->first + sf_cursor_pointer(&record, encoding & SF_POINTER_FORMAT, 0);
    if (is_augmented)
        sf_cursor_cut(&record, sf_cursor_uleb(&record));
    entry->own = record;
    return !record.failed && place >= entry->first && place < entry->last;
}
