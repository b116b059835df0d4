/* A program that has a Rust library of its own, and functions named as OpenSSL's, which redlatch's
 * TLS must not call. */
#include <stdio.h>
#include <stdlib.h>

#include "redlatch.h"

bool other_catches(void);

#define TRAP(name) \
  void name(void); \
  void name(void) { abort(); }
TRAP(SSL_new)
TRAP(SSL_read)
TRAP(EVP_sha256)
TRAP(EVP_DigestInit_ex)
TRAP(SHA256_Update)
TRAP(AES_set_encrypt_key)
TRAP(CRYPTO_gcm128_encrypt)
TRAP(BN_new)
TRAP(ERR_put_error)
TRAP(OPENSSL_cleanse)
TRAP(OPENSSL_free)
TRAP(RAND_bytes)
TRAP(X509_free)

int main(int argc, char **argv) {
  if (argc < 2 || !other_catches()) return 1;
  redlatch *redis;
  if (redlatch_open(argv[1], &redis) != NULL) return 2;
  const char *ping[] = {"PING"};
  if (redlatch_call(redis, 1, ping, NULL, 0, NULL) != NULL) return 3;
  redlatch_close(redis);
  puts("ok");
  return 0;
}
