/* A disk that is slow when told so, for one process: LD_PRELOAD it with AOPS_SLOW_DISK=FILE, whose first 8 bytes
   are the microseconds that each write and each flush takes, one after the other as on a disk with one head. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_US = 20000 };

struct cost {
  volatile uint32_t write_us, flush_us;
};

static struct cost none;
static struct cost* cost = &none;
static pthread_mutex_t head = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void start(void) {
  const char* path = getenv("AOPS_SLOW_DISK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0)
    return;
  void* page = mmap(NULL, sizeof(struct cost), PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED)
    cost = page;
  close(file);
}

/* Looks again and again: when the disk is made quick, whoever waits goes on. */
static void take(volatile const uint32_t* us) {
  if (*us == 0)
    return;
  pthread_mutex_lock(&head);
  for (uint32_t left = *us; left > 0 && *us > 0;) {
    uint32_t now = left < SLICE_US ? left : SLICE_US;
    struct timespec time = {0, now * 1000};
    nanosleep(&time, NULL);
    left -= now;
  }
  pthread_mutex_unlock(&head);
}

#define AS_BEFORE(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  take(&cost->write_us);
  return AS_BEFORE(pwrite)(file, data, size, at);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  take(&cost->write_us);
  return AS_BEFORE(pwrite64)(file, data, size, at);
}

int fsync(int file) {
  take(&cost->flush_us);
  return AS_BEFORE(fsync)(file);
}

int fdatasync(int file) {
  take(&cost->flush_us);
  return AS_BEFORE(fdatasync)(file);
}
