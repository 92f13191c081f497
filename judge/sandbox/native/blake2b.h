/* BLAKE2b with a 128-bit digest and no key (RFC 7693): what Python's hashlib.blake2b(digest_size=16) computes.
   Collision-resistant, so equal digests stand for equal outputs even against programs that would like otherwise. */
#ifndef PODIUM_BLAKE2B_H
#define PODIUM_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DIGEST_BYTES = 16 };

typedef struct {
  uint64_t h[8], bytes;
  uint8_t block[128];
  size_t fill;
} blake2b;

static const uint64_t blake2b_iv[8] = {
  0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
  0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u };

static const uint8_t blake2b_sigma[12][16] = {
  { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 }, { 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
  { 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 }, { 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
  { 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 }, { 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
  { 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 }, { 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
  { 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 }, { 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
  { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 }, { 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 } };

#define ROTR64(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
#define BLAKE2B_G(a, b, c, d, x, y) \
  do { \
    v[a] += v[b] + (x); v[d] = ROTR64(v[d] ^ v[a], 32); v[c] += v[d]; v[b] = ROTR64(v[b] ^ v[c], 24); \
    v[a] += v[b] + (y); v[d] = ROTR64(v[d] ^ v[a], 16); v[c] += v[d]; v[b] = ROTR64(v[b] ^ v[c], 63); \
  } while (0)

static void blake2b_compress(blake2b *s, const uint8_t *block, int is_last) {
  uint64_t v[16], m[16];
  for (int i = 0; i < 16; i++) {
    m[i] = 0;
    for (int j = 7; j >= 0; j--) m[i] = m[i] << 8 | block[8 * i + j];
  }
  for (int i = 0; i < 8; i++) v[i] = s->h[i], v[i + 8] = blake2b_iv[i];
  v[12] ^= s->bytes;
  if (is_last) v[14] = ~v[14];
  for (int r = 0; r < 12; r++) {
    const uint8_t *p = blake2b_sigma[r];
    BLAKE2B_G(0, 4, 8, 12, m[p[0]], m[p[1]]);
    BLAKE2B_G(1, 5, 9, 13, m[p[2]], m[p[3]]);
    BLAKE2B_G(2, 6, 10, 14, m[p[4]], m[p[5]]);
    BLAKE2B_G(3, 7, 11, 15, m[p[6]], m[p[7]]);
    BLAKE2B_G(0, 5, 10, 15, m[p[8]], m[p[9]]);
    BLAKE2B_G(1, 6, 11, 12, m[p[10]], m[p[11]]);
    BLAKE2B_G(2, 7, 8, 13, m[p[12]], m[p[13]]);
    BLAKE2B_G(3, 4, 9, 14, m[p[14]], m[p[15]]);
  }
  for (int i = 0; i < 8; i++) s->h[i] ^= v[i] ^ v[i + 8];
}

static void blake2b_start(blake2b *s) {
  memcpy(s->h, blake2b_iv, sizeof s->h);
  s->h[0] ^= 0x01010000u ^ DIGEST_BYTES;
  s->bytes = 0;
  s->fill = 0;
}

static void blake2b_add(blake2b *s, const uint8_t *data, size_t n) {
  while (n) {
    if (s->fill == sizeof s->block) { /* the last block is kept back: it is compressed with the end mark */
      s->bytes += sizeof s->block;
      blake2b_compress(s, s->block, 0);
      s->fill = 0;
    }
    size_t k = sizeof s->block - s->fill < n ? sizeof s->block - s->fill : n;
    memcpy(s->block + s->fill, data, k);
    s->fill += k, data += k, n -= k;
  }
}

static void blake2b_end(blake2b *s, uint8_t digest[DIGEST_BYTES]) {
  s->bytes += s->fill;
  memset(s->block + s->fill, 0, sizeof s->block - s->fill);
  blake2b_compress(s, s->block, 1);
  for (int i = 0; i < DIGEST_BYTES; i++) digest[i] = (uint8_t)(s->h[i / 8] >> (8 * (i % 8)));
}

#endif
