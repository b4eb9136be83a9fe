/** `webgarden/testing`: shows authors, without a server, that their application runs unchanged in a worker. */
export { bridge, type Bridge, type BridgeOptions } from './bridge.js'
