/* redlatch: secure Redis and Valkey connections whose trust rotates under live traffic.
 * Generated from bindings/c/src by its header test; do not edit. */

#ifndef REDLATCH_H
#define REDLATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Bytes of the header of a view.
 */
#define REDLATCH_HEADER 32

/**
 * Bytes of the header of a record.
 */
#define REDLATCH_RECORD 24

/**
 * Outcome: a reply to the command with ticket `id`. The body holds tokens.
 */
#define REDLATCH_REPLY 1

/**
 * Outcome: the command with ticket `id` gets no reply. The body is the error as JSON; an empty one
 * means the error of the failure before.
 */
#define REDLATCH_FAILURE 2

/**
 * Outcome: an event, as JSON.
 */
#define REDLATCH_EVENT 3

/**
 * Outcome: the call was refused, or failed inside. The body is the error as JSON.
 */
#define REDLATCH_FAULT 4

/**
 * Outcome: the text that was asked for.
 */
#define REDLATCH_TEXT 5

/**
 * Action: connect to the host in the body and name the connection `id`. `code` is the port, `extra`
 * the attempt, counted from 0; the body starts with the longest wait in milliseconds, `u64`.
 */
#define REDLATCH_DIAL 6

/**
 * Action: connect to the Unix socket in the body; all else as for `DIAL`.
 */
#define REDLATCH_DIAL_UNIX 7

/**
 * Action: send bytes on connection `id`. The body is their address and their number, `u64` each;
 * they live as long as the view.
 */
#define REDLATCH_WRITE 8

/**
 * Action: end connection `id`, or the attempt to make it. Flag 1: first send what was taken.
 */
#define REDLATCH_HANGUP 9

/**
 * Action: get content of the material in `code` from whoever provides it, and answer question `id`
 * by `redlatch_client_supply`. The same material is not asked for again before.
 */
#define REDLATCH_NEED 10

/**
 * Outcome: lane `id` was opened.
 */
#define REDLATCH_LANE 11

/**
 * Outcome: a message to the subscriptions of lane `id`, or that one began or ended. The body holds
 * tokens.
 */
#define REDLATCH_PUSH 12

/**
 * Outcome: the wire of lane `id` is up.
 */
#define REDLATCH_OPENED 13

/**
 * Outcome: bytes came in on the wire of lane `id`. The body holds them.
 */
#define REDLATCH_BYTES 14

/**
 * Outcome: the wire of lane `id` has ended, or could not be made. The body is the error as JSON.
 */
#define REDLATCH_ENDED 15

/**
 * Material: the trusted CAs. Content: one or more bundles, in any text form.
 */
#define REDLATCH_TRUST 1

/**
 * Material: the client's certificate. Content: its chain, its key, and what opens the key, if
 * anything.
 */
#define REDLATCH_IDENTITY 2

/**
 * Material: username and secret. Content: the secret alone, or a JSON object with `username`,
 * `password`, and `expires_in` (seconds) or `expires_at` (since the Unix epoch).
 */
#define REDLATCH_CREDENTIALS 3

/**
 * Material: certificate revocation lists.
 */
#define REDLATCH_CRL 4

/**
 * Purpose: one caller holds the connection, who may WATCH. Give it back by
 * `redlatch_lane_take_back`.
 */
#define REDLATCH_HELD 1

/**
 * Purpose: subscriptions, and nothing else. Messages come as `PUSH`.
 */
#define REDLATCH_LISTENING 2

/**
 * Purpose: bytes of the host's own over TLS, once the login is done.
 */
#define REDLATCH_WIRE 3

/**
 * Purpose: bytes of the host's own over TLS, from the start: the host logs in.
 */
#define REDLATCH_BARE_WIRE 4

/**
 * Holds what came out of a call. Use one for each thread that makes calls.
 */
typedef struct redlatch_batch redlatch_batch;

/**
 * One client, shared by all callers of the host.
 */
typedef struct redlatch_client redlatch_client;

/**
 * Borrowed bytes.
 */
typedef struct {
  /**
   * First byte.
   */
  const uint8_t *data;
  /**
   * Number of bytes.
   */
  size_t len;
} redlatch_bytes;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * A batch to make calls with.
 */
redlatch_batch *redlatch_batch_new(void);

/**
 * Frees a batch and all views of it. NULL is fine.
 */
void redlatch_batch_free(redlatch_batch *batch);

/**
 * Makes a client from settings, one JSON object, and, if `from_env`, the environment. It connects
 * when it is first used. On success `*out` is the client; otherwise the batch holds the error.
 *
 * # Safety
 * `settings` must point to `settings_len` bytes, and `out` to room for a pointer.
 */
redlatch_bytes redlatch_client_new(const uint8_t *settings,
                                   size_t settings_len,
                                   bool from_env,
                                   redlatch_batch *batch,
                                   redlatch_client **out);

/**
 * Frees a client without a word to the server; see `redlatch_client_close`. NULL is fine.
 */
void redlatch_client_free(redlatch_client *client);

/**
 * Hands in commands. `records` are fields packed without gaps, 24 bytes each: `ticket u64,
 * commands u32, length u32, timeout_ms u32, flags u32`. Tickets grow from record to record.
 * `timeout_ms` 0 means the client's, `UINT32_MAX` none; flag 1 allows the record to be sent again.
 * `payload` holds the packed RESP commands of all records, one after the other.
 *
 * # Safety
 * Both pointers must point to as many bytes as is said.
 */
redlatch_bytes redlatch_client_submit(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      const uint8_t *records,
                                      size_t records_len,
                                      const uint8_t *payload,
                                      size_t payload_len);

/**
 * Gives up the command with this ticket. It gets neither reply nor failure any more.
 */
redlatch_bytes redlatch_client_cancel(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint64_t ticket);

/**
 * The connection asked for is up.
 */
redlatch_bytes redlatch_client_dialed(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint64_t link);

/**
 * The connection asked for could not be made: `code` is a number of the net family, `why` the text
 * of the system.
 *
 * # Safety
 * `why` must point to `why_len` bytes.
 */
redlatch_bytes redlatch_client_dial_failed(const redlatch_client *client,
                                           redlatch_batch *batch,
                                           uint64_t link,
                                           uint16_t code,
                                           const uint8_t *why,
                                           size_t why_len);

/**
 * Bytes came in.
 *
 * # Safety
 * `data` must point to `len` bytes.
 */
redlatch_bytes redlatch_client_received(const redlatch_client *client,
                                        redlatch_batch *batch,
                                        uint64_t link,
                                        const uint8_t *data,
                                        size_t len);

/**
 * The connection ended: `code` is 0 if the peer closed it, else a number of the net family.
 *
 * # Safety
 * `why` must point to `why_len` bytes.
 */
redlatch_bytes redlatch_client_closed(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint64_t link,
                                      uint16_t code,
                                      const uint8_t *why,
                                      size_t why_len);

/**
 * The host cannot send more on this connection for now.
 */
redlatch_bytes redlatch_client_blocked(const redlatch_client *client,
                                       redlatch_batch *batch,
                                       uint64_t link);

/**
 * The host can send on this connection again.
 */
redlatch_bytes redlatch_client_writable(const redlatch_client *client,
                                        redlatch_batch *batch,
                                        uint64_t link);

/**
 * What the view before has announced with `more`.
 */
redlatch_bytes redlatch_client_more(const redlatch_client *client, redlatch_batch *batch);

/**
 * The deadline of a view has come.
 */
redlatch_bytes redlatch_client_tick(const redlatch_client *client, redlatch_batch *batch);

/**
 * Connects now and stays connected, commands or not.
 */
redlatch_bytes redlatch_client_connect(const redlatch_client *client, redlatch_batch *batch);

/**
 * Looks at all watched files now.
 */
redlatch_bytes redlatch_client_reload(const redlatch_client *client, redlatch_batch *batch);

/**
 * Fails what is waiting, says goodbye to the server, and takes nothing more.
 */
redlatch_bytes redlatch_client_close(const redlatch_client *client, redlatch_batch *batch);

/**
 * A snapshot of the client, as JSON in a `TEXT` record.
 */
redlatch_bytes redlatch_client_status(const redlatch_client *client, redlatch_batch *batch);

/**
 * The settings in force, as JSON in a `TEXT` record: each by its name in the table, durations in
 * seconds, what is not set null, secrets `***`; and `address`, `warnings`, `dangers`.
 */
redlatch_bytes redlatch_client_config(const redlatch_client *client, redlatch_batch *batch);

/**
 * Opens a lane: a `LANE` record tells its number. It connects when it is first used; a wire only by
 * `redlatch_lane_connect`. Beyond `max_connections` the call is refused with `client.queue_full`.
 */
redlatch_bytes redlatch_lane_open(const redlatch_client *client,
                                  redlatch_batch *batch,
                                  uint16_t purpose);

/**
 * Connects a lane now. That a wire is up is told by `OPENED`, why it is not, or is no more, by
 * `ENDED`.
 */
redlatch_bytes redlatch_lane_connect(const redlatch_client *client,
                                     redlatch_batch *batch,
                                     uint32_t lane);

/**
 * As `redlatch_client_submit`, to a lane for subscriptions or one that a caller holds.
 *
 * # Safety
 * Both pointers must point to as many bytes as is said.
 */
redlatch_bytes redlatch_lane_submit(const redlatch_client *client,
                                    redlatch_batch *batch,
                                    uint32_t lane,
                                    const uint8_t *records,
                                    size_t records_len,
                                    const uint8_t *payload,
                                    size_t payload_len);

/**
 * Sends bytes of the host's own. If the wire is not up, or ended just now, a `FAULT` among the
 * outcomes tells why.
 *
 * # Safety
 * `data` must point to `len` bytes.
 */
redlatch_bytes redlatch_lane_send(const redlatch_client *client,
                                  redlatch_batch *batch,
                                  uint32_t lane,
                                  const uint8_t *data,
                                  size_t len);

/**
 * Says that no more bytes follow on a wire: TLS tells the peer, and the host closes its half of the
 * connection. What the peer still has to say comes.
 */
redlatch_bytes redlatch_lane_finish(const redlatch_client *client,
                                    redlatch_batch *batch,
                                    uint32_t lane);

/**
 * Whether a wire had better be left now: its server is no longer trusted, or it was authenticated
 * with what is no longer in force, and no reply is owed. Also true of a lane that is gone.
 */
bool redlatch_lane_may_leave(const redlatch_client *client, uint32_t lane);

/**
 * Closes a lane: what waits in it fails with `client.closed`. Unknown numbers are fine.
 */
redlatch_bytes redlatch_lane_shut(const redlatch_client *client,
                                  redlatch_batch *batch,
                                  uint32_t lane);

/**
 * Whoever held the lane is done: what is still watched, or queued in a transaction, is undone.
 */
redlatch_bytes redlatch_lane_take_back(const redlatch_client *client,
                                       redlatch_batch *batch,
                                       uint32_t lane);

/**
 * Hands in content of a material: the answer to question `id`, or unasked if `id` is 0. `parts`
 * holds its parts one after the other, each behind its length (`u64`). A refusal is a `FAULT`;
 * what was good stays.
 *
 * # Safety
 * `parts` must point to `parts_len` bytes.
 */
redlatch_bytes redlatch_client_supply(const redlatch_client *client,
                                      redlatch_batch *batch,
                                      uint16_t code,
                                      uint64_t id,
                                      const uint8_t *parts,
                                      size_t parts_len);

/**
 * Answers question `id` with a failure; `why` is shown in events and errors, so it must hold no
 * secret.
 *
 * # Safety
 * `why` must point to `why_len` bytes.
 */
redlatch_bytes redlatch_client_supply_failed(const redlatch_client *client,
                                             redlatch_batch *batch,
                                             uint16_t code,
                                             uint64_t id,
                                             const uint8_t *why,
                                             size_t why_len);

/**
 * Username and secret in force, for a host that logs in by itself: a `TEXT` record, JSON with
 * `username` and `password`, of which those are missing that the settings do not have. Without a
 * record whoever provides them is being asked: call again after the answer, or 20 ms later.
 * `auth.unavailable` says why there are none. The batch wipes them at its next use.
 */
redlatch_bytes redlatch_client_credentials(const redlatch_client *client, redlatch_batch *batch);

/**
 * Every error code: an array of `code, number, family, retry, sentence, remedy`.
 */
redlatch_bytes redlatch_codes(redlatch_batch *batch);

/**
 * Every setting: an array of `name, kind, default, environment, sentence`.
 */
redlatch_bytes redlatch_settings(redlatch_batch *batch);

/**
 * Reads CAs in any text form: `certificates`, `rejected` and `notes`, as `redlatch bundle show
 * --json` prints them. An error of the trust family is a `FAULT`.
 *
 * # Safety
 * `data` must point to `len` bytes.
 */
redlatch_bytes redlatch_read_bundle(const uint8_t *data, size_t len, redlatch_batch *batch);

/**
 * Makes a client of the same settings and materials for another server; `host` is a name or an IP
 * address without brackets. It may serve as pattern for others: what TLS has agreed with a server
 * goes on from one to the next. On success `*out` is the client; otherwise the batch holds the
 * error: `config.insecure` if a secret would be sent to another machine without TLS.
 *
 * # Safety
 * `host` must point to `host_len` bytes, and `out` to room for a pointer.
 */
redlatch_bytes redlatch_client_at(const redlatch_client *pattern,
                                  const uint8_t *host,
                                  size_t host_len,
                                  uint16_t port,
                                  redlatch_batch *batch,
                                  redlatch_client **out);

/**
 * Makes a client of the same settings, materials and server that is one wire, in lane 0: bytes of
 * the host's own over TLS, once the login is done if `login` is set and there is a secret, else
 * from the start. It connects by `redlatch_lane_connect`.
 *
 * # Safety
 * `out` must point to room for a pointer.
 */
redlatch_bytes redlatch_wire_new(const redlatch_client *pattern,
                                 bool login,
                                 redlatch_batch *batch,
                                 redlatch_client **out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* REDLATCH_H */
