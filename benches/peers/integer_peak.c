/* What one core reaches in products of 8-bit integers when it does nothing else.
 *
 * integer_peak SECONDS: works a quarter of the time to warm up, then all of it, and prints operations a second; an
 * addition and a multiplication count as two. It takes `cc -O3 -march=native` and a machine with VNNI.
 */
#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* More accumulators than any core needs to hide the latency of its units, and few enough to stay in registers. */
#if defined(__AVX512VNNI__)
typedef __m512i vector;
enum { PRODUCTS = 64, ACCUMULATORS = 16 };
#define FILL(value) _mm512_set1_epi8(value)
#define ADD "vpdpbusd %2, %1, %0"
#elif defined(__AVXVNNI__)
typedef __m256i vector;
enum { PRODUCTS = 32, ACCUMULATORS = 12 };
#define FILL(value) _mm256_set1_epi8(value)
#define ADD "{vex} vpdpbusd %2, %1, %0"
#else
#error "no VNNI"
#endif

enum { STEPS = 1 << 16 };

static vector sums[ACCUMULATORS];

static void work(vector a, vector b) {
    vector own[ACCUMULATORS];
#pragma GCC unroll 24
    for (int i = 0; i < ACCUMULATORS; i++) own[i] = sums[i];
    for (int step = 0; step < STEPS; step++) {
#pragma GCC unroll 24
        /* In place: of the intrinsic GCC 12 makes copies that halve the rate. */
        for (int i = 0; i < ACCUMULATORS; i++) __asm__(ADD : "+v"(own[i]) : "v"(a), "v"(b));
    }
#pragma GCC unroll 24
    for (int i = 0; i < ACCUMULATORS; i++) sums[i] = own[i];
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double rate(double seconds, vector a, vector b) {
    double start = now(), passed, done = 0.0;
    do {
        work(a, b);
        done += 2.0 * PRODUCTS * ACCUMULATORS * STEPS;
        passed = now() - start;
    } while (passed < seconds);
    return done / passed;
}

int main(int count, char **words) {
    double seconds = count > 1 ? atof(words[1]) : 0.2;
    vector a = FILL(1), b = FILL(1);
    rate(seconds / 4.0, a, b);
    double found = rate(seconds, a, b);
    int *first = (int *)&sums[0];
    if (first[0] == 0) return 1;
    printf("%.0f\n", found);
    return 0;
}
