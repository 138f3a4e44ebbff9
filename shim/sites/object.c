#include "sites/object.h"

#include "load/real.h"
#include "load/room.h"
#include "sites/file.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#ifdef DLFO_STRUCT_HAS_EH_DBASE
static __typeof__(&_dl_find_object) find_object; /* NULL: this libc has none */

void sf_object_learn(void)
{
    find_object = (__typeof__(find_object))dlsym(RTLD_DEFAULT, "_dl_find_object");
}

static bool ask_linker(uintptr_t code, struct sf_object *object)
{
    struct dl_find_object found;

    if (!find_object || find_object((void *)code, &found) != 0) /* NOLINT(performance-no-int-to-ptr) */
        return false;
    object->start = (uintptr_t)found.dlfo_map_start;
    object->end = (uintptr_t)found.dlfo_map_end;
    object->bias = found.dlfo_link_map->l_addr;
    object->path = found.dlfo_link_map->l_name;
    object->cfi.header = found.dlfo_eh_frame;
    return true;
}
#else
static const void *const find_object;

void sf_object_learn(void)
{
}

static bool ask_linker(uintptr_t code, struct sf_object *object)
{
    (void)code;
    (void)object;
    return false;
}
#endif

struct search {
    uintptr_t code;
    struct sf_object *object;
};

static int visit(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct search *search = context;
    struct sf_object *object = search->object;

    (void)bytes;
    *object = (struct sf_object){.start = UINTPTR_MAX, .bias = info->dlpi_addr, .path = info->dlpi_name};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_GNU_EH_FRAME)
            object->cfi.header = (const uint8_t *)start; /* NOLINT(performance-no-int-to-ptr) */
        if (segment->p_type != PT_LOAD)
            continue;
        object->start = start < object->start ? start : object->start;
        object->end = start + segment->p_memsz > object->end ? start + segment->p_memsz : object->end;
    }
    return search->code >= object->start && search->code < object->end;
}

#define NOTE_BYTES_MAX 128u /* of a segment: the build id comes early */

static uint64_t add_bytes(uint64_t sum, const uint8_t *bytes, uint64_t count)
{
    for (uint64_t i = 0; i + sizeof(uint64_t) <= count; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        sum = (sum ^ word) * UINT64_C(0x9fb21c651e98df25);
        sum ^= sum >> 32;
    }
    return sum;
}

/* The description of its frames lies in one of the segments: between them there may be nothing. */
static void look_at_segment(struct sf_object *object, const ElfW(Phdr) * segment)
{
    const uint8_t *memory = (const uint8_t *)object->start; /* NOLINT(performance-no-int-to-ptr) */
    uintptr_t offset = object->bias + segment->p_vaddr - object->start;
    uintptr_t header = (uintptr_t)object->cfi.header - object->start;

    if (segment->p_type == PT_LOAD && header - offset < segment->p_memsz) {
        object->cfi.start = memory + offset;
        object->cfi.end = memory + offset + segment->p_memsz;
    }
    if (segment->p_type == PT_NOTE && offset < object->end - object->start)
        object->fingerprint =
            add_bytes(object->fingerprint, memory + offset,
                      segment->p_filesz < NOTE_BYTES_MAX ? segment->p_filesz : NOTE_BYTES_MAX);
}

static void look_at_headers(struct sf_object *object)
{
    const uint8_t *memory = (const uint8_t *)object->start; /* NOLINT(performance-no-int-to-ptr) */
    const ElfW(Ehdr) *header = (const void *)memory;

    object->cfi.start = memory;
    object->cfi.end = memory + (object->end - object->start);
    object->fingerprint = 0;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return;
    object->fingerprint = add_bytes(0, memory, sizeof *header);
    const ElfW(Phdr) *segments = (const void *)(memory + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++)
        look_at_segment(object, &segments[i]);
}

bool sf_object_find(uintptr_t code, struct sf_object *object)
{
    struct search search = {code, object};

    if (find_object ? !ask_linker(code, object) : !sf_real.dl_iterate_phdr(visit, &search))
        return false;
    look_at_headers(object);
    return true;
}

static bool open_checked(const struct sf_object *object, const char *path, struct sf_file *file)
{
    if (!sf_file_open(file, path))
        return false;
    const void *memory = (const void *)object->start; /* NOLINT(performance-no-int-to-ptr) */
    if (sf_file_is_image(file, memory, object->end - object->start))
        return true;
    sf_file_close(file);
    errno = 0;
    return false;
}

/* By its path first: valgrind knows that of the program, and opens itself by the link. */
static bool open_executable(const struct sf_object *object, struct sf_file *file)
{
    static const char link[] = "/proc/self/exe";
    char *path = sf_room_find(PATH_MAX);
    ssize_t length = path ? readlink(link, path, PATH_MAX - 1) : -1;
    bool is_open;

    if (length > 0)
        path[length] = '\0';
    is_open = length > 0 && open_checked(object, path, file);
    sf_room_give_back(path, PATH_MAX, 0);
    return is_open || open_checked(object, link, file);
}

bool sf_object_open(const struct sf_object *object, struct sf_file *file)
{
    return *object->path ? open_checked(object, object->path, file) : open_executable(object, file);
}
