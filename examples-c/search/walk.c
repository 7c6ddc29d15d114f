/* Walks a directory tree with libuv: regular files only, symbolic links are not followed. */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** No further directory is read while so many files wait. */
#define WAITING_FILES_MAX 4096

static void push(path_list_t *list, char *path) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 64;
    list->paths = realloc(list->paths, list->capacity * sizeof *list->paths);
    if (!list->paths)
      abort();
  }
  list->paths[list->count++] = path;
}

static char *pop(path_list_t *list) { return list->count ? list->paths[--list->count] : NULL; }

static char *join(const char *directory, const char *name) {
  size_t size = strlen(directory);
  bool has_slash = size > 0 && directory[size - 1] == '/';
  char *path = malloc(size + strlen(name) + 2);
  if (!path)
    abort();
  sprintf(path, "%s%s%s", directory, has_slash ? "" : "/", name);
  return path;
}

static void report(search_t *search, const char *path, int code) {
  fprintf(stderr, "search: %s: %s (uv %d)\n", path, uv_strerror(code), code);
  search->has_errors = true;
}

/** Some file systems do not say what an entry is. */
static uv_dirent_type_t type_of(const char *path) {
  struct stat information;
  if (lstat(path, &information) != 0)
    return UV_DIRENT_UNKNOWN;
  if (S_ISDIR(information.st_mode))
    return UV_DIRENT_DIR;
  return S_ISREG(information.st_mode) ? UV_DIRENT_FILE : UV_DIRENT_LINK;
}

static void on_scan(uv_fs_t *request) {
  search_t *search = request->data;
  char *directory = search->scanned;
  search->scanned = NULL;
  search->is_walking = false;
  if (request->result < 0 && !search->is_stopping)
    report(search, directory, (int)request->result);
  uv_dirent_t entry;
  while (!search->is_stopping && uv_fs_scandir_next(request, &entry) >= 0) {
    char *path = join(directory, entry.name);
    uv_dirent_type_t type = entry.type == UV_DIRENT_UNKNOWN ? type_of(path) : entry.type;
    if (type == UV_DIRENT_DIR)
      push(&search->waiting_directories, path);
    else if (type == UV_DIRENT_FILE)
      push(&search->waiting_files, path);
    else
      free(path);
  }
  uv_fs_req_cleanup(request);
  free(directory);
  search_start_files(search);
}

void walk_continue(search_t *search) {
  while (!search->is_stopping && !search->is_walking &&
         search->waiting_files.count < WAITING_FILES_MAX) {
    char *directory = pop(&search->waiting_directories);
    if (!directory)
      return;
    search->scanned = directory;
    search->scan.data = search;
    search->is_walking = true;
    int code = uv_fs_scandir(search->loop, &search->scan, directory, 0, on_scan);
    if (code == 0)
      return;
    search->is_walking = false;
    report(search, directory, code);
    free(directory);
  }
}

void walk_start(search_t *search, const char *root) {
  struct stat information;
  char *path = strdup(root);
  if (!path)
    abort();
  // The root itself may be a symbolic link.
  if (stat(root, &information) != 0) {
    report(search, root, uv_translate_sys_error(errno));
    free(path);
  } else if (S_ISDIR(information.st_mode)) {
    push(&search->waiting_directories, path);
  } else {
    push(&search->waiting_files, path);
  }
  search_start_files(search);
}

char *walk_next_file(search_t *search) { return pop(&search->waiting_files); }

bool walk_has_files(const search_t *search) { return search->waiting_files.count > 0; }

static void clear(path_list_t *list) {
  while (list->count)
    free(pop(list));
}

void walk_stop(search_t *search) {
  clear(&search->waiting_files);
  clear(&search->waiting_directories);
  if (search->is_walking)
    uv_cancel((uv_req_t *)&search->scan);
}

void walk_end(search_t *search) {
  walk_stop(search);
  free(search->waiting_files.paths);
  free(search->waiting_directories.paths);
}
