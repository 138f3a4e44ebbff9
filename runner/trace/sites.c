#include "trace/sites.h"

#include "base/memory.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One file at one place, in however many processes. */
struct object {
    char *path;
    uint64_t bias;
    Dwfl *dwfl;         /* NULL: not read yet … */
    bool is_unreadable; /* … nor will it be */
};

struct range {
    uint32_t pid;
    uint64_t start, end;
    size_t object;
};

struct sf_sites {
    struct object *objects;
    struct range *ranges;
    size_t object_count, range_count;
};

struct sf_sites *sf_sites_new(void)
{
    return sf_memory_new(sizeof(struct sf_sites));
}

void sf_sites_free(struct sf_sites *sites)
{
    if (!sites)
        return;
    for (size_t i = 0; i < sites->object_count; i++) {
        if (sites->objects[i].dwfl)
            dwfl_end(sites->objects[i].dwfl);
        free(sites->objects[i].path);
    }
    free(sites->objects);
    free(sites->ranges);
    free(sites);
}

static void *room_for_one(void *list, size_t count, size_t size)
{
    if (count & (count - 1)) /* it grew to the next power of two before */
        return list;
    list = realloc(list, (count ? 2 * count : 1) * size);
    if (!list)
        sf_out_of_memory();
    return list;
}

static size_t find_object(struct sf_sites *sites, const char *path, uint64_t bias)
{
    for (size_t i = 0; i < sites->object_count; i++)
        if (sites->objects[i].bias == bias && strcmp(sites->objects[i].path, path) == 0)
            return i;
    sites->objects = room_for_one(sites->objects, sites->object_count, sizeof *sites->objects);
    struct object *object = &sites->objects[sites->object_count];
    *object = (struct object){.path = strdup(path), .bias = bias};
    if (!object->path)
        sf_out_of_memory();
    return sites->object_count++;
}

static void forget(struct sf_sites *sites, uint32_t pid)
{
    size_t kept = 0;
    for (size_t i = 0; i < sites->range_count; i++)
        if (sites->ranges[i].pid != pid)
            sites->ranges[kept++] = sites->ranges[i];
    for (size_t i = kept; i < sites->range_count; i++)
        sites->ranges[i] = (struct range){0}; /* of no process: room_for_one counts on the size */
}

void sf_sites_add(struct sf_sites *sites, uint32_t pid, bool is_executable, uint64_t bias, uint64_t start,
                  uint64_t end, const char *path)
{
    if (is_executable)
        forget(sites, pid);
    sites->ranges = room_for_one(sites->ranges, sites->range_count, sizeof *sites->ranges);
    sites->ranges[sites->range_count++] =
        (struct range){.pid = pid, .start = start, .end = end, .object = find_object(sites, path, bias)};
}

static const struct range *find_range(const struct sf_sites *sites, uint32_t pid, uint64_t address)
{
    for (size_t i = sites->range_count; i-- > 0;)
        if ((pid == 0 || sites->ranges[i].pid == pid) && address >= sites->ranges[i].start &&
            address < sites->ranges[i].end)
            return &sites->ranges[i];
    return NULL;
}

/* What the kernel says of a process that lives. A mapping tells the offset in the file, not the
 * bias; they agree where the file's addresses are its offsets, as linkers lay out code. */
static void read_maps(struct sf_sites *sites, uint32_t pid, uint64_t address)
{
    char path[PATH_MAX], line[PATH_MAX + 128];
    uint64_t start, end, offset;

    snprintf(line, sizeof line, "/proc/%" PRIu32 "/maps", pid);
    FILE *maps = fopen(line, "re");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %4095[^\n]", &start, &end, &offset,
                   path) == 4 &&
            path[0] == '/' && address >= start && address < end)
            sf_sites_add(sites, pid, false, start - offset, start, end, path);
    if (maps)
        fclose(maps);
}

static Dwfl *read_object(struct object *object)
{
    static char *debug_path; /* its default: beside the file, and below /usr/lib/debug */
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address,
                                             .debuginfo_path = &debug_path};
    struct stat status;

    if (object->dwfl || object->is_unreadable)
        return object->dwfl;
    object->is_unreadable =
        stat(object->path, &status) != 0 || !S_ISREG(status.st_mode); /* a FIFO would wait */
    if (object->is_unreadable)
        return NULL;
    object->dwfl = dwfl_begin(&callbacks);
    dwfl_report_begin(object->dwfl);
    if (!object->dwfl ||
        !dwfl_report_elf(object->dwfl, object->path, object->path, -1, object->bias, false) ||
        dwfl_report_end(object->dwfl, NULL, NULL) != 0) {
        dwfl_end(object->dwfl);
        object->dwfl = NULL;
        object->is_unreadable = true;
    }
    return object->dwfl;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const struct range *locate(struct sf_sites *sites, uint32_t pid, uint64_t address)
{
    const struct range *range = find_range(sites, pid, address);
    if (!range) {
        read_maps(sites, pid, address);
        range = find_range(sites, pid, address);
    }
    return range ? range : find_range(sites, 0, address);
}

struct place {
    const char *function, *file;
    const char *folder; /* that a relative file is from; NULL: not known */
    int line;
};

/* Where the function that `die` stands for was put in line. */
static void go_out(Dwarf_Die *unit, Dwarf_Die *die, struct place *place)
{
    Dwarf_Attribute attribute;
    Dwarf_Word file, line;
    Dwarf_Files *files;

    if (dwarf_getsrcfiles(unit, &files, NULL) != 0 ||
        dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &file) != 0 ||
        dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &line) != 0)
        return;
    place->file = dwarf_filesrc(files, file, NULL, NULL);
    place->line = (int)line;
}

/* The innermost function that somebody wrote. Those of libc's headers that check the room of a
 * call (_FORTIFY_SOURCE) are put in line, and not meant to be seen. */
static void ask_source(Dwfl_Module *module, uint64_t call, struct place *place)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = dwfl_module_addrdie(module, call, &bias), *scopes = NULL, *around = NULL;
    int count = unit ? dwarf_getscopes(unit, call - bias, &scopes) : 0;

    if (unit) {
        Dwarf_Attribute attribute;
        place->folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    }
    count = count > 0 ? dwarf_getscopes_die(scopes, &around) : 0;
    for (int i = 0; i < count; i++) {
        Dwarf_Attribute attribute;
        int tag = dwarf_tag(&around[i]);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        if (tag == DW_TAG_inlined_subroutine &&
            dwarf_attr_integrate(&around[i], DW_AT_artificial, &attribute)) {
            go_out(unit, &around[i], place);
            continue;
        }
        const char *name = dwarf_diename(&around[i]);
        place->function = name ? name : place->function;
        break;
    }
    free(around);
    free(scopes);
}

void sf_sites_locate(struct sf_sites *sites, uint32_t pid, uint64_t address)
{
    if (address)
        locate(sites, pid, address - 1);
}

/* The object that holds the call; NULL: no function is known. */
static const struct object *find_place(struct sf_sites *sites, uint32_t pid, uint64_t address,
                                       struct place *place)
{
    uint64_t call = address ? address - 1 : 0; /* the call is before where it returns to */
    const struct range *range = locate(sites, pid, call);
    Dwfl *dwfl = range ? read_object(&sites->objects[range->object]) : NULL;
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, call) : NULL;
    place->function = module ? dwfl_module_addrname(module, call) : NULL;
    if (!place->function)
        return NULL;
    Dwfl_Line *source = dwfl_module_getsrc(module, call);
    place->file = source ? dwfl_lineinfo(source, NULL, &place->line, NULL, NULL, NULL) : NULL;
    ask_source(module, call, place);
    return &sites->objects[range->object];
}

void sf_sites_name(struct sf_sites *sites, uint32_t pid, uint64_t address, char *room, size_t bytes)
{
    struct place place = {0};
    const struct object *object = find_place(sites, pid, address, &place);

    *room = '\0';
    if (object && place.file)
        snprintf(room, bytes, "%s (%s:%d)", place.function, base_name(place.file), place.line);
    else if (object)
        snprintf(room, bytes, "%s (%s)", place.function, base_name(object->path));
}

void sf_sites_source(struct sf_sites *sites, uint32_t pid, uint64_t address, char *room, size_t bytes)
{
    struct place place = {0};
    bool is_known = find_place(sites, pid, address, &place) && place.file;
    bool is_relative = is_known && *place.file != '/' && place.folder;
    int length = is_known ? snprintf(room, bytes, "%s%s%s", is_relative ? place.folder : "",
                                     is_relative ? "/" : "", place.file)
                          : 0;

    if (length <= 0 || (size_t)length >= bytes) /* a part of it would be another file */
        *room = '\0';
}
