/* Follows its own stack, by our code and by the compiler's run-time, and compares. */
#ifndef TESTS_SHIM_FRAMES_H
#define TESTS_SHIM_FRAMES_H

#ifdef __cplusplus
extern "C" {
#endif

/* Both follow the stack from here; what differs is told once and counted. */
void look(void);

/* Looks where C++ code is while exceptions fly. */
void look_while_thrown(void);

#ifdef __cplusplus
}
#endif

#endif
