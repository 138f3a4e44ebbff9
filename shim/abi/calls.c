#include "abi/calls.h"

const char *const sf_call_names[SF_CALL_COUNT] = {
#define SF_X(name, family) [SF_CALL_##name] = #name,
    SF_CALLS(SF_X)
#undef SF_X
        [SF_CALL_splice_in] = "splice",
};

const uint8_t sf_call_families[SF_CALL_COUNT] = {
#define SF_X(name, family) [SF_CALL_##name] = SF_FAMILY_##family,
    SF_CALLS(SF_X)
#undef SF_X
        [SF_CALL_splice_in] = SF_FAMILY_RECV,
};

const char *const sf_family_names[SF_FAMILY_COUNT] = {
#define SF_X(id, spelling, about) [SF_FAMILY_##id] = spelling,
    SF_FAMILIES(SF_X)
#undef SF_X
};
