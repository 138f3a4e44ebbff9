/* Where this very executable lies. */
#ifndef SF_BASE_OWN_FOLDER_H
#define SF_BASE_OWN_FOLDER_H

struct sf_arena;

/* The folder of the running executable, links followed; NULL where /proc does
 * not tell. Of the arena. */
const char *sf_own_folder(struct sf_arena *arena);

#endif
