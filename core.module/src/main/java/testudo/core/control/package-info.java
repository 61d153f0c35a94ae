/// The control socket: requests and responses as crosvm's clients and ours write them.
///
/// One `SOCK_SEQPACKET` message is one JSON value; requests are answered in order. Clients are local processes that the socket's
/// permissions let in, but what they send is checked like anything from outside.
package testudo.core.control;
