/* Numbers in calls, by the names that programs give them. */
#ifndef SF_TRACE_NAMES_H
#define SF_TRACE_NAMES_H

#include "trace/page.h"

/* Each puts a name, or the number where it has none; flags joined by |, "0" for none. */
void sf_page_message_flags(struct sf_page *page, uint32_t flags); /* MSG_… */
void sf_page_domain(struct sf_page *page, uint32_t domain);       /* AF_… */
void sf_page_socket_type(struct sf_page *page, uint32_t type);    /* SOCK_…, its flags included */
void sf_page_how(struct sf_page *page, uint32_t how);             /* SHUT_… */
void sf_page_option(struct sf_page *page, uint32_t level, uint32_t name); /* "SOL_SOCKET, SO_ERROR" */
void sf_page_fcntl(struct sf_page *page, uint32_t command);       /* F_… */
void sf_page_ioctl(struct sf_page *page, uint32_t request);       /* FIONBIO …, in hexadecimal */

#endif
