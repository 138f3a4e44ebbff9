/* Addresses of sockets as text: what people read, rules name and machines parse. */
#ifndef SF_BASE_ADDRESS_H
#define SF_BASE_ADDRESS_H

#include "abi/session.h"

#include <stddef.h>

#define SF_ADDRESS_TEXT_BYTES 128

/* "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock" ("unix:" is one without a name), ended by a
 * NUL. Returns its length; 0 (""): there is no address. A damaged one gives some text. */
size_t sf_address_print(char text[static SF_ADDRESS_TEXT_BYTES], const struct sf_addr *address);

#endif
