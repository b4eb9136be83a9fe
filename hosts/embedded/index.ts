/** `webgarden/listener`: the listener without sites, for a program of its own, as http.sys is. */
export {
  createListener,
  type EmbeddedListener,
  type ListenerQueue,
  type ListenerSettings,
} from './embedded-listener.js'
