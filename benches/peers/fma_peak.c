/* What one core reaches in fused multiply-adds of f32 when it does nothing else.
 *
 * fma_peak SECONDS: works a quarter of the time to warm up, then all of it, and prints operations a second; an addition
 * and a multiplication count as two. It takes `cc -O3 -march=native`, which contracts `a * b + c`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The widest registers, and as many accumulators as leave room for the two factors: more than any core needs to hide
 * the latency of its units. */
#if defined(__AVX512F__)
enum { LANES = 16, ACCUMULATORS = 24 };
#elif defined(__AVX__)
enum { LANES = 8, ACCUMULATORS = 12 };
#else
enum { LANES = 4, ACCUMULATORS = 12 };
#endif

enum { STEPS = 1 << 16 };

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

static vector sums[ACCUMULATORS];

static void work(vector factor, vector term) {
    vector own[ACCUMULATORS];
#pragma GCC unroll 24
    for (int i = 0; i < ACCUMULATORS; i++) own[i] = sums[i];
    for (int step = 0; step < STEPS; step++) {
#pragma GCC unroll 24
        for (int i = 0; i < ACCUMULATORS; i++) own[i] = own[i] * factor + term;
    }
#pragma GCC unroll 24
    for (int i = 0; i < ACCUMULATORS; i++) sums[i] = own[i];
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double rate(double seconds, vector factor, vector term) {
    double start = now(), passed, done = 0.0;
    do {
        work(factor, term);
        done += 2.0 * LANES * ACCUMULATORS * STEPS;
        passed = now() - start;
    } while (passed < seconds);
    return done / passed;
}

int main(int count, char **words) {
    double seconds = count > 1 ? atof(words[1]) : 0.2;
    /* The compiler must not know them; the sums go to 1, so that nothing is denormal. */
    volatile float half = 0.5f;
    vector factor, term;
    for (int lane = 0; lane < LANES; lane++) factor[lane] = term[lane] = half;
    rate(seconds / 4.0, factor, term);
    double found = rate(seconds, factor, term);
    if (!(sums[0][0] > 0.9f)) return 1;
    printf("%.0f\n", found);
    return 0;
}
