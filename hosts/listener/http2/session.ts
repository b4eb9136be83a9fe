/** Makes node's HTTP/2 session of a socket, with limits against clients that cost more than they are worth. */
import { performServerHandshake, type Http2Session, type ServerOptions } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { ServerConfig } from '../../../core/index.js'

/** Streams of one connection at one time; what more a client begins is refused, to be sent again. */
const CONCURRENT_STREAMS = 100
/** Bytes of a request's body that may come before somebody has read them. */
const STREAM_WINDOW = 262_144
const CONNECTION_WINDOW = 1_048_576
/** Fields of one request, each with its memory. */
const MOST_FIELDS = 512

/**
 * Node and nghttp2 bound the rest: CONTINUATION frames of one head (8), answers to SETTINGS and PING that wait (1000), streams
 * that are reset (1000 at once, 33 a second; http2-connection.ts is stricter).
 */
export const optionsOf = ({ maxRequestBytes }: ServerConfig['webLimits']): ServerOptions => ({
  settings: {
    enablePush: false,
    enableConnectProtocol: false,
    maxConcurrentStreams: CONCURRENT_STREAMS,
    initialWindowSize: STREAM_WINDOW,
    maxHeaderListSize: maxRequestBytes + MOST_FIELDS,
  },
  maxHeaderListPairs: MOST_FIELDS,
  maxSettings: 32,
  maxOutstandingPings: 10,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxSessionMemory: 10,
})

export const beginSession = (socket: Duplex, webLimits: ServerConfig['webLimits']): Http2Session => {
  const session = performServerHandshake(socket, optionsOf(webLimits))
  session.setLocalWindowSize(CONNECTION_WINDOW)
  return session
}
