#include "sites/site.h"

#include "load/memory.h"
#include "load/real.h"
#include "load/self.h"
#include "load/shim.h"
#include "sites/known.h"
#include "unwind/frame.h"

#define PAGE 4096u

static bool is_ours(const struct sf_object *object)
{
    return object->start == (uintptr_t)__ehdr_start;
}

/* ---- what can be read ---- */

/* The memory that is known to be there; both ends lie on pages. */
struct window {
    uintptr_t start, end;
};

static bool read_word(void *context, uintptr_t address, uintptr_t *word)
{
    struct window *window = context;
    uintptr_t page = address & ~(uintptr_t)(PAGE - 1);

    if (address % sizeof *word != 0)
        return false;
    if (address < window->start || address >= window->end) {
        if (!sf_memory_is_readable((const void *)page, PAGE)) /* NOLINT(performance-no-int-to-ptr) */
            return false;
        if (page != window->end)
            window->start = page;
        window->end = page + PAGE;
    }
    *word = *(const uintptr_t *)address; /* NOLINT(performance-no-int-to-ptr) */
    return true;
}

/* ---- the stack ---- */

/* Where a frame is. Most are in the object that the one before is in. */
struct whereabouts {
    struct sf_object object; /* `end` 0: none */
    const struct sf_known *known;
};

static void find(struct whereabouts *at, uintptr_t place)
{
    if (place >= at->object.start && place < at->object.end)
        return;
    at->object = (struct sf_object){0};
    if (sf_object_find(place, &at->object))
        at->known = is_ours(&at->object) ? NULL : sf_known_find(&at->object);
    else
        at->object = (struct sf_object){0};
}

bool sf_site_is_on_stack(uint32_t rule)
{
    struct window window = {0};
    const struct sf_reader reader = {read_word, &window};
    struct sf_frame frame = {.is_exact = true};
    struct whereabouts at = {0};
    bool is_left = true;

    SF_REGISTERS_TAKE(frame.registers);
    frame.code = frame.registers[SF_REGISTER_RETURN];
    for (unsigned frames = 0; is_left && frames < SF_SITE_FRAMES_MAX;) {
        uintptr_t place = sf_frame_place(&frame);
        find(&at, place);
        if (!is_ours(&at.object)) {
            if (at.object.end && sf_known_is_site(at.known, &at.object, place, rule))
                return true;
            frames++;
        }
        is_left = sf_frame_leave(&frame, &at.object.cfi, &reader);
    }
    return false;
}

/* ---- the objects ---- */

static int learn(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct sf_object object = {0};

    (void)bytes;
    (void)context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && segment->p_flags & PF_X &&
            sf_object_find(info->dlpi_addr + segment->p_vaddr, &object) && !is_ours(&object)) {
            sf_known_find(&object);
            break;
        }
    }
    return 0;
}

bool sf_sites_learn(void)
{
    sf_object_learn();
    if (!sf_known_reserve())
        return false;
    sf_real.dl_iterate_phdr(learn, NULL);
    return true;
}

void sf_sites_look_again(void)
{
    if (sf_shim.has_sites)
        sf_real.dl_iterate_phdr(learn, NULL);
}
