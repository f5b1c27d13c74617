/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a path leads when its last part may be a symbolic link. */
#ifndef BACKEND_STORE_PATH_H
#define BACKEND_STORE_PATH_H

/*
 * Follows the symbolic links of the path's last part; the file itself may be missing. Returns the directory and, in
 * *name, the file's name in it, both to be freed with g_free(); NULL with errno set where there is no such place.
 */
char *store_path_resolve(const char *path, char **name);

#endif
