#include "hygiene/warning.h"

const char *const sf_habit_names[] = {
#define SF_X(id, spelling, about) spelling,
    SF_HABITS(SF_X)
#undef SF_X
};

const char *const sf_habit_abouts[] = {
#define SF_X(id, spelling, about) about,
    SF_HABITS(SF_X)
#undef SF_X
};
