#include "symbols/functions.h"

#include <elf.h>
#include <string.h>

/* `bytes` bytes at `at`, copied, since a file's tables may lie at odd places. */
static bool read_at(const struct sf_file *file, uint64_t at, void *to, size_t bytes)
{
    if (at > file->length || file->length - at < bytes)
        return false;
    memcpy(to, file->bytes + at, bytes);
    return true;
}

static bool read_header(const struct sf_file *file, Elf64_Ehdr *header)
{
    return read_at(file, 0, header, sizeof *header) && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB;
}

static bool read_section(const struct sf_file *file, const Elf64_Ehdr *header, uint64_t index,
                         Elf64_Shdr *section)
{
    return header->e_shoff < file->length &&
           read_at(file, header->e_shoff + index * sizeof *section, section, sizeof *section);
}

/* Where there are more than fit the header, the first section has their number. */
static uint64_t count_sections(const struct sf_file *file, const Elf64_Ehdr *header)
{
    Elf64_Shdr first;
    if (header->e_shoff == 0 || header->e_shentsize != sizeof first)
        return 0;
    if (header->e_shnum)
        return header->e_shnum;
    return read_section(file, header, 0, &first) ? first.sh_size : 0;
}

static bool is_function(const Elf64_Sym *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF &&
           symbol->st_size > 0;
}

static bool read_name(const struct sf_file *file, const Elf64_Shdr *strings, uint32_t at,
                      struct sf_function *function)
{
    uint64_t start = strings->sh_offset + at;
    if (at >= strings->sh_size || start < at || start >= file->length)
        return false;
    uint64_t room =
        strings->sh_size - at < file->length - start ? strings->sh_size - at : file->length - start;
    function->name = (const char *)file->bytes + start;
    function->name_length = strnlen(function->name, room);
    return function->name_length > 0;
}

static void visit_table(const struct sf_file *file, const Elf64_Shdr *table, const Elf64_Shdr *strings,
                        void (*visit)(void *context, const struct sf_function *function), void *context)
{
    Elf64_Sym symbol;

    for (uint64_t at = 0; at < table->sh_size && table->sh_offset < file->length &&
                          read_at(file, table->sh_offset + at, &symbol, sizeof symbol);
         at += sizeof symbol) {
        struct sf_function function = {.first = symbol.st_value, .last = symbol.st_value + symbol.st_size};
        if (is_function(&symbol) && function.last > function.first &&
            read_name(file, strings, symbol.st_name, &function))
            visit(context, &function);
    }
}

bool sf_functions_visit(const struct sf_file *file,
                        void (*visit)(void *context, const struct sf_function *function), void *context)
{
    Elf64_Ehdr header;
    Elf64_Shdr section, strings;
    bool has_all = false;

    if (!read_header(file, &header))
        return false;
    uint64_t count = count_sections(file, &header);
    for (uint64_t i = 0; i < count && read_section(file, &header, i, &section); i++) {
        if ((section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM) ||
            section.sh_entsize != sizeof(Elf64_Sym) ||
            !read_section(file, &header, section.sh_link, &strings))
            continue;
        has_all |= section.sh_type == SHT_SYMTAB;
        visit_table(file, &section, &strings, visit, context);
    }
    return has_all;
}

bool sf_file_is_image(const struct sf_file *file, const void *memory, uint64_t room)
{
    Elf64_Ehdr header;

    if (!read_header(file, &header) || room < sizeof header ||
        memcmp(file->bytes, memory, sizeof header) != 0)
        return false;
    uint64_t bytes = (uint64_t)header.e_phnum * sizeof(Elf64_Phdr);
    return header.e_phoff <= room && room - header.e_phoff >= bytes && header.e_phoff <= file->length &&
           file->length - header.e_phoff >= bytes &&
           memcmp(file->bytes + header.e_phoff, (const uint8_t *)memory + header.e_phoff, bytes) == 0;
}

static uint64_t round4(uint64_t bytes)
{
    return (bytes + 3) & ~UINT64_C(3);
}

/* The id among the notes from `at` to `end`. */
static size_t find_id(const struct sf_file *file, uint64_t at, uint64_t end, uint8_t id[SF_BUILD_ID_MAX])
{
    Elf64_Nhdr note;
    char name[4];

    while (at < end && read_at(file, at, &note, sizeof note)) {
        uint64_t data = at + sizeof note + round4(note.n_namesz);
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof name &&
            note.n_descsz <= SF_BUILD_ID_MAX && read_at(file, at + sizeof note, name, sizeof name) &&
            memcmp(name, "GNU", sizeof name) == 0 && read_at(file, data, id, note.n_descsz))
            return note.n_descsz;
        at = data + round4(note.n_descsz);
    }
    return 0;
}

size_t sf_file_build_id(const struct sf_file *file, uint8_t id[SF_BUILD_ID_MAX])
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    size_t found = 0;

    if (!read_header(file, &header) || header.e_phoff > file->length)
        return 0;
    for (unsigned i = 0; i < header.e_phnum && !found; i++)
        if (read_at(file, header.e_phoff + i * sizeof segment, &segment, sizeof segment) &&
            segment.p_type == PT_NOTE && segment.p_offset < file->length && segment.p_filesz <= file->length)
            found = find_id(file, segment.p_offset, segment.p_offset + segment.p_filesz, id);
    return found;
}
