#include "load/images.h"

#include "apply/clock.h"
#include "calls/told.h"
#include "load/real.h"
#include "load/shim.h"
#include "log/trace.h"

#include <limits.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/* Room for one path; what loads a library by a relative one has its folder added. */
struct path {
    char text[PATH_MAX];
    size_t bytes; /* its NUL included; 0: there is none */
};

static void find_executable(struct path *path)
{
    ssize_t length = readlink("/proc/self/exe", path->text, sizeof path->text - 1);
    path->bytes = length > 0 ? (size_t)length + 1 : 0;
    path->text[length > 0 ? length : 0] = '\0';
}

/* The kernel's own object has a name, but no file. */
static void find_library(struct path *path, const char *name)
{
    size_t folder = 0, length = strlen(name);

    path->bytes = 0;
    if (!strchr(name, '/'))
        return;
    if (name[0] != '/' && getcwd(path->text, sizeof path->text - 1)) {
        folder = strlen(path->text);
        path->text[folder++] = '/';
    }
    if (folder + length >= sizeof path->text)
        return;
    memcpy(path->text + folder, name, length + 1);
    path->bytes = folder + length + 1;
}

static void find_place(struct sf_trace_image *image, const struct dl_phdr_info *info)
{
    image->bias = info->dlpi_addr;
    image->start = UINT64_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
        if (segment->p_type != PT_LOAD)
            continue;
        image->start = start < image->start ? start : image->start;
        image->end = end > image->end ? end : image->end;
    }
}

/* *context: is the next one the executable? */
static int tell(struct dl_phdr_info *info, size_t size, void *context)
{
    bool *is_executable = context;
    struct sf_trace_image image = {.is_executable = *is_executable};
    struct sf_self self = sf_self_here();
    struct sf_lane_room room;
    struct path path;

    (void)size;
    if (*is_executable)
        find_executable(&path);
    else
        find_library(&path, info->dlpi_name);
    *is_executable = false;
    uint32_t bytes = sf_record_bytes(sizeof image + path.bytes);
    if (path.bytes == 0 || !sf_trace_take(self.tid, bytes, 0, &room))
        return 0;
    image.record = sf_record_header(SF_TRACE_IMAGE, bytes);
    image.pid = self.pid;
    image.time_ns = sf_clock_now_ns();
    find_place(&image, info);
    memcpy(room.at, &image, sizeof image);
    memcpy((char *)room.at + sizeof image, path.text, path.bytes);
    sf_lane_give(&room);
    return 0;
}

void sf_images_tell(void)
{
    bool is_executable = true;
    sf_real.dl_iterate_phdr(tell, &is_executable);
}
