/* What people call a function, and what its symbol says. */
#ifndef SF_SYMBOLS_NAME_H
#define SF_SYMBOLS_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Does `name` mean the function of this symbol? It is the symbol, without a version (`@…`) or what
 * the compiler has put behind it (`.part.0`, `.cold`) if need be; or, of C++ and Rust, the end of
 * its path without arguments: `net::Client::read`, `Client::read` and `read` mean
 * `_ZN3net6Client4readEv`.
 *
 * symbol  `length` bytes, without a NUL.
 *
 * Source: Itanium C++ ABI, 5.1 (mangling). Names of which it takes more than this to read (those of
 * operators, lambdas and what is local to a function) are meant by their symbol alone. */
bool sf_name_means(const char *name, const char *symbol, size_t length);

#endif
