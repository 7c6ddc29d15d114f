/*
 * For tools of a host's that look for races: the thread sanitizer, helgrind and drd. They know of
 * pthread's functions, and of code that was compiled for them: so not of how Tenon hands something from
 * one thread to another, which is by atomics and futexes. It is told to them; and what is Tenon's
 * own is none of their business.
 *
 * Without such a tool a hand-over costs a look at one byte.
 */
#define _GNU_SOURCE
#include "CThread.h"
#include "tenon_root.h"

#include <link.h>

#if defined(__has_include)
#if __has_include(<valgrind/helgrind.h>) && __has_include(<valgrind/drd.h>) && \
    __has_include(<valgrind/memcheck.h>)
#define HAS_VALGRIND 1
#include <valgrind/drd.h>
#include <valgrind/helgrind.h>
#include <valgrind/memcheck.h>
#endif
#endif

extern void __tsan_acquire(void *at) __attribute__((weak));
extern void __tsan_release(void *at) __attribute__((weak));

bool tenon__is_observed;
bool tenon__is_checked_for_leaks;

static void observe(bool is_observed) {
  tenon__is_observed = is_observed;
  tenon__inspect_root.record.is_observed = is_observed;
  tenon__inspect_root.record.looks_at_futures = is_observed;
  tenon__inspect_root.record.looks_at_streams = is_observed;
}

#ifdef HAS_VALGRIND
static bool is_looked_at;

void tenon__hide(const void *memory, size_t size) {
  if (!is_looked_at)
    return;
  VALGRIND_HG_DISABLE_CHECKING(memory, size);
  ANNOTATE_BENIGN_RACE_SIZED(memory, size, "");
}

TENON__KEEPS_REGISTERS void tenon__tell_hand_over(const void *at) {
  if (__tsan_release)
    __tsan_release((void *)at);
  if (!is_looked_at)
    return;
  DO_CREQ_v_W(_VG_USERREQ__HG_USERSO_SEND_PRE, unsigned long, at);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_BEFORE, at, 0, 0, 0, 0);
}

TENON__KEEPS_REGISTERS void tenon__tell_take_over(const void *at) {
  if (__tsan_acquire)
    __tsan_acquire((void *)at);
  if (!is_looked_at)
    return;
  DO_CREQ_v_W(_VG_USERREQ__HG_USERSO_RECV_POST, unsigned long, at);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_AFTER, at, 0, 0, 0, 0);
}

/* Tenon's own globals in libtenon.a: packaging/install.sh gives them sections of their own. */
extern char __start_tenon_data[] __attribute__((weak)), __stop_tenon_data[] __attribute__((weak));
extern char __start_tenon_bss[] __attribute__((weak)), __stop_tenon_bss[] __attribute__((weak));

/* What is written in this very object, which is libtenon.so, or a bundle. */
static int hide_own(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  (void)context;
  bool is_here = false;
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[index];
    if (part->p_type == PT_LOAD &&
        (size_t)&tenon__is_observed - (object->dlpi_addr + part->p_vaddr) < part->p_memsz)
      is_here = true;
  }
  for (int index = 0; is_here && index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[index];
    if (part->p_type == PT_LOAD && part->p_flags & PF_W)
      tenon__hide((const void *)(object->dlpi_addr + part->p_vaddr), part->p_memsz);
  }
  return is_here;
}

__attribute__((constructor(101))) static void look(void) {
  unsigned char bit = 0;
  /* Valgrind's other tools, which count or profile, see what runs without any. */
  is_looked_at = (int)VALGRIND_HG_GET_ABITS(&bit, NULL, 1) != -2 || DRD_GET_VALGRIND_THREADID != 0;
  tenon__is_checked_for_leaks = VALGRIND_GET_VBITS(&bit, &bit, 1) != 0;
  observe(is_looked_at || __tsan_release);
  if (!is_looked_at)
    return;
  if (__start_tenon_data) {
    tenon__hide(__start_tenon_data, (size_t)(__stop_tenon_data - __start_tenon_data));
    tenon__hide(__start_tenon_bss, (size_t)(__stop_tenon_bss - __start_tenon_bss));
  } else {
    dl_iterate_phdr(hide_own, NULL);
  }
}

#else

void tenon__hide(const void *memory, size_t size) {
  (void)memory;
  (void)size;
}

TENON__KEEPS_REGISTERS void tenon__tell_hand_over(const void *at) {
  if (__tsan_release)
    __tsan_release((void *)at);
}

TENON__KEEPS_REGISTERS void tenon__tell_take_over(const void *at) {
  if (__tsan_acquire)
    __tsan_acquire((void *)at);
}

__attribute__((constructor(101))) static void look(void) { observe(__tsan_release != NULL); }

#endif
