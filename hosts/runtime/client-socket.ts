/** What applications see of a client's connection, whoever reads and writes it: the parts of net.Socket that are the same. */
import { Duplex, type DuplexOptions } from 'node:stream'
import type { AddressInfo } from 'node:net'
import type { TlsFacts } from '../../core/contract/tls.js'
import { secure } from './secured-socket.js'

/** Where the connection comes from and where it arrived. */
export interface ConnectionFacts {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  readonly tls?: TlsFacts | null
}

export abstract class ClientSocket extends Duplex {
  readonly facts: ConnectionFacts
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteFamily: string
  readonly localAddress: string
  readonly localPort: number
  readonly localFamily: string
  readonly encrypted: boolean
  readonly authorized: boolean = false
  readonly connecting = false
  readonly pending = false
  timeout = 0
  bytesRead = 0
  bytesWritten = 0
  protected timer: NodeJS.Timeout | null = null

  constructor(facts: ConnectionFacts, options: DuplexOptions) {
    super(options)
    this.facts = facts
    this.remoteAddress = facts.remoteAddress
    this.remotePort = facts.remotePort
    this.remoteFamily = familyOf(facts.remoteAddress)
    this.localAddress = facts.localAddress
    this.localPort = facts.localPort
    this.localFamily = familyOf(facts.localAddress)
    this.encrypted = facts.encrypted
    // A client that goes away is no uncaught error: as on node's server, other events and messages tell of it.
    this.on('error', ignore)
    if (facts.tls) secure(this, facts.tls)
  }

  /** Nothing has come or gone for as long as `setTimeout` says. */
  protected abstract timedOut(): void

  /** As net.Socket: after so many milliseconds without traffic; 0 is never. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    this.timeout = milliseconds
    this.stopTimer()
    if (callback) {
      if (milliseconds > 0) this.once('timeout', callback)
      else this.off('timeout', callback)
    }
    if (milliseconds > 0) {
      this.timer = setTimeout(() => {
        this.timedOut()
      }, milliseconds)
      this.timer.unref()
    }
    return this
  }

  protected stopTimer(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  address(): AddressInfo {
    return { address: this.localAddress, port: this.localPort, family: this.localFamily }
  }
}

const ignore = (): void => undefined

const familyOf = (address: string): string => (address.includes(':') ? 'IPv6' : 'IPv4')
