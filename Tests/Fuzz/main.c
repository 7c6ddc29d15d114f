/*
 * Runs random programs, and makes those that fail small.
 *
 *     fuzz seeds FIRST COUNT SECONDS    programs by number, on one thread
 *     fuzz threads FIRST COUNT SECONDS  the same on two
 *     fuzz run FILE [threads]           one program, and prints what it does
 *     fuzz reduce FILE [threads]        leaves out of it whatever it fails without
 *
 * Each program runs in a child, of which this process only learns how it ended: so it never uses the
 * library itself.
 */
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** How long one program may take; and how long while it is made smaller, as each that hangs takes so
 *  long. */
#define PROGRAM_SECONDS_MAX 60
#define REDUCED_SECONDS_MAX 4
/** How many programs one child runs. */
#define BATCH 500
/** How often a program for two threads is tried before it counts as one that does not fail. */
#define TRIES_THREADS 40

typedef struct program {
  uint8_t bytes[PROGRAM_MAX];
  size_t size;
} program_t;

/** Where a child says which program it is at. */
static _Atomic uint64_t *at;

static uint64_t next_random(uint64_t *state) {
  uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

/** The program of a number: a short one or a long one, of all instructions or of few. */
static void make_program(uint64_t seed, program_t *program) {
  uint64_t state = seed;
  size_t count = 1 + next_random(&state) % (PROGRAM_MAX / INSTRUCTION_SIZE);
  uint8_t kinds[8];
  size_t kinds_count = seed % 2 == 0 ? 0 : sizeof kinds;
  for (size_t index = 0; index < sizeof kinds; index++)
    kinds[index] = (uint8_t)next_random(&state);
  // Few places make handles meet.
  uint8_t places = (uint8_t)(seed % 3 == 0 ? 0xff : 0xf9);
  program->size = count * INSTRUCTION_SIZE;
  for (size_t index = 0; index < program->size; index += INSTRUCTION_SIZE) {
    uint64_t random = next_random(&state);
    for (size_t byte = 0; byte < INSTRUCTION_SIZE; byte++)
      program->bytes[index + byte] = (uint8_t)(random >> (8 * byte));
    if (kinds_count != 0)
      program->bytes[index] = kinds[(random >> 40) % kinds_count];
    program->bytes[index + 1] &= places;
  }
}

/** Whether a child that runs `fn` ends well. */
static bool ends_well(void (*fn)(void *), void *context, unsigned seconds, bool is_loud) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    if (!is_loud && !freopen("/dev/null", "w", stderr))
      _exit(3);
    alarm(seconds);
    fn(context);
    fflush(stdout);
    exit(0); // what a sanitizer has to say of leaks
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

typedef struct run {
  const program_t *program;
  bool on_two_threads;
  bool is_loud;
} run_t;

static void run_one(void *context) {
  run_t *run = context;
  fuzz_is_loud = run->is_loud;
  for (int tries = run->on_two_threads && !run->is_loud ? TRIES_THREADS : 1; tries > 0; tries--) {
    alarm(REDUCED_SECONDS_MAX);
    fuzz_run(run->program->bytes, run->program->size, run->on_two_threads);
  }
}

static bool fails(const program_t *program, bool on_two_threads) {
  run_t run = {program, on_two_threads, false};
  return !ends_well(run_one, &run, REDUCED_SECONDS_MAX, false);
}

/** Leaves out instructions, the longest rows first, and sets what is left of their bytes to zero. */
static void reduce(program_t *program, bool on_two_threads) {
  size_t instructions = program->size / INSTRUCTION_SIZE;
  for (size_t row = instructions / 2 + 1; row > 0;) {
    bool is_shorter = false;
    for (size_t begin = 0; begin < program->size / INSTRUCTION_SIZE;) {
      program_t less = *program;
      size_t from = begin * INSTRUCTION_SIZE, size = row * INSTRUCTION_SIZE;
      if (from + size > less.size)
        size = less.size - from;
      memmove(less.bytes + from, less.bytes + from + size, less.size - from - size);
      less.size -= size;
      if (fails(&less, on_two_threads)) {
        *program = less;
        is_shorter = true;
      } else {
        begin += row;
      }
    }
    if (row == 1 && !is_shorter)
      break;
    row = row > 1 ? row / 2 : 1;
  }
  for (size_t index = 0; index < program->size; index++) {
    program_t simpler = *program;
    simpler.bytes[index] = 0;
    if (program->bytes[index] != 0 && fails(&simpler, on_two_threads))
      *program = simpler;
  }
}

static void show(const program_t *program, bool on_two_threads) {
  run_t run = {program, on_two_threads, true};
  ends_well(run_one, &run, REDUCED_SECONDS_MAX, true);
}

static int reduce_and_show(program_t *program, const char *name, bool on_two_threads) {
  reduce(program, on_two_threads);
  FILE *file = fopen(name, "wb");
  if (!file || fwrite(program->bytes, 1, program->size, file) != program->size || fclose(file) != 0)
    perror(name);
  printf("fuzz: %zu instructions are left, in %s:\n", program->size / INSTRUCTION_SIZE, name);
  show(program, on_two_threads);
  return 1;
}

typedef struct range {
  uint64_t first;
  uint64_t count;
  bool on_two_threads;
} range_t;

static void run_range(void *context) {
  static program_t program;
  range_t *range = context;
  for (uint64_t seed = range->first; seed < range->first + range->count; seed++) {
    atomic_store(at, seed);
    alarm(PROGRAM_SECONDS_MAX);
    make_program(seed, &program);
    fuzz_run(program.bytes, program.size, range->on_two_threads);
  }
}

static int run_seeds(uint64_t first, uint64_t count, unsigned seconds, bool on_two_threads) {
  static program_t program;
  time_t end = time(NULL) + (time_t)seconds;
  uint64_t seed = first;
  while (seed < first + count && time(NULL) < end) {
    uint64_t rest = first + count - seed;
    range_t range = {seed, rest < BATCH ? rest : BATCH, on_two_threads};
    if (!ends_well(run_range, &range, PROGRAM_SECONDS_MAX, true)) {
      make_program(atomic_load(at), &program);
      printf("fuzz: program %llu fails%s\n", (unsigned long long)atomic_load(at),
             on_two_threads ? " on two threads" : "");
      return reduce_and_show(&program, "failure.fuzz", on_two_threads);
    }
    seed += range.count;
  }
  printf("fuzz: programs %llu to %llu do what they must%s\n", (unsigned long long)first,
         (unsigned long long)seed - 1, on_two_threads ? " on two threads" : "");
  return 0;
}

static bool read_program(const char *name, program_t *program) {
  FILE *file = fopen(name, "rb");
  if (!file)
    return false;
  program->size = fread(program->bytes, 1, sizeof program->bytes, file);
  return fclose(file) == 0;
}

int main(int argc, char **argv) {
  static program_t program;
  at = mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED)
    return 3;
  const char *command = argc > 1 ? argv[1] : "";
  if (argc == 5 && (strcmp(command, "seeds") == 0 || strcmp(command, "threads") == 0))
    return run_seeds(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10),
                     (unsigned)strtoul(argv[4], NULL, 10), strcmp(command, "threads") == 0);
  bool on_two_threads = argc == 4 && strcmp(argv[3], "threads") == 0;
  if ((argc == 3 || on_two_threads) && read_program(argv[2], &program)) {
    if (strcmp(command, "run") == 0) {
      show(&program, on_two_threads);
      return fails(&program, on_two_threads);
    }
    if (strcmp(command, "reduce") == 0)
      return reduce_and_show(&program, argv[2], on_two_threads);
  }
  fprintf(stderr, "usage: fuzz seeds|threads FIRST COUNT SECONDS | run|reduce FILE [threads]\n");
  return 3;
}
