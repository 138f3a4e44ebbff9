/* A fresh folder that goes away with all that is in it, for `${dir}`. */
#ifndef SF_BASE_FOLDER_H
#define SF_BASE_FOLDER_H

struct sf_arena;

/* The folder of one scenario; zero but for the arena: not made yet. */
struct sf_folder {
    struct sf_arena *arena;
    const char *path; /* absolute */
    int error;        /* errno: it could not be made */
};

/* Its path; it is made below TMPDIR at the first use. `context` is a sf_folder (so
 * that this is a sf_bindings.dir). NULL: it cannot be made, see `error`. */
const char *sf_folder_find(void *context);

/* Remove it with all that is in it, whatever its modes; links are not followed.
 * Nothing happens where it was never made. */
void sf_folder_remove(struct sf_folder *folder);

#endif
