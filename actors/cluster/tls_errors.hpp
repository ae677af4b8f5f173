#pragma once

namespace aops::actors {

/// Makes failed TLS handshakes harmless for other connections, and tells why they failed. OpenSSL
/// keeps the errors of a thread in one queue, and what stands in it makes the next call on *any*
/// connection of the thread look failed. CAF 0.17 never empties it: a stranger's bad handshake
/// would cut the links to good peers.
///
/// This unit defines SSL_connect, SSL_accept, SSL_read and SSL_write for the whole process: each
/// empties the queue, as OpenSSL's manual asks of its callers, and calls the library's. A link that
/// fails for a certificate, ours or theirs, is logged as `peer-refused`, once a minute for each
/// peer and reason; garbage of strangers is not. Calling this function links the unit in.
void keep_tls_errors_apart();

} // namespace aops::actors
