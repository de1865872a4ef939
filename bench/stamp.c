/* What the scheduler's benchmarks have started: tells when it began.
 *
 *   stamp FIFO NAME    takes the time as its first act, then writes "NAME NANOSECONDS" into the FIFO
 *   stamp beat         writes "beat NANOSECONDS" every 10 ms, and "usr1 NANOSECONDS" when SIGUSR1 comes
 *
 * Times are CLOCK_REALTIME. A line is written at once and shorter than PIPE_BUF, so lines do not mix.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_NS = 10 * 1000 * 1000 };

static volatile sig_atomic_t signalled;

static void note(int number)
{
    (void)number;
    signalled = 1;
}

static int say(int fd, const char *word, struct timespec at)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%s %lld%09ld\n", word, (long long)at.tv_sec, at.tv_nsec);
    return write(fd, text, (size_t)n) == n ? 0 : 1;
}

static int beat(void)
{
    struct timespec now, pause = {0, TICK_NS};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    sigaction(SIGUSR1, &action, NULL);
    for (;;) {
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_REALTIME, &now);
        const char *word = signalled ? "usr1" : "beat";
        signalled = 0;
        if (say(1, word, now))
            return 1;
    }
}

int main(int argc, char **argv)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (argc == 2 && strcmp(argv[1], "beat") == 0)
        return beat();
    if (argc != 3)
        return 2;
    int fd = open(argv[1], O_WRONLY | O_CLOEXEC);
    return fd < 0 ? 1 : say(fd, argv[2], now);
}
