/** IIS's server variables, as an application finds them at `request.serverVariables`. */
import type { IncomingMessage } from 'node:http'
import type { ApplicationSettings } from '../../core/contract/messages.js'
import type { StandInSocket } from './stand-in-socket.js'

/** Worked out when asked for, so that a request that nobody asks about costs one small object. */
export class ServerVariables {
  private readonly request: IncomingMessage
  private readonly settings: ApplicationSettings
  /** Path and query as they came, mount included. */
  readonly HTTP_URL: string

  constructor(request: IncomingMessage, settings: ApplicationSettings, url: string) {
    this.request = request
    this.settings = settings
    this.HTTP_URL = url
  }

  get APPL_MD_PATH(): string {
    return `/LM/W3SVC/${this.settings.siteId}/ROOT${this.settings.mount}`
  }
  get APPL_PHYSICAL_PATH(): string {
    return this.settings.physicalPath
  }
  get APP_POOL_ID(): string {
    return this.settings.pool
  }
  get HTTPS(): 'on' | 'off' {
    return this.socket.encrypted ? 'on' : 'off'
  }
  get INSTANCE_ID(): string {
    return String(this.settings.siteId)
  }
  get INSTANCE_NAME(): string {
    return this.settings.site
  }
  get LOCAL_ADDR(): string {
    return this.socket.localAddress
  }
  get PATH_INFO(): string {
    return decodePath(this.HTTP_URL).slice(this.settings.mount.length) || '/'
  }
  get QUERY_STRING(): string {
    const at = this.HTTP_URL.indexOf('?')
    return at < 0 ? '' : this.HTTP_URL.slice(at + 1)
  }
  get REMOTE_ADDR(): string {
    return this.socket.remoteAddress
  }
  get REMOTE_PORT(): string {
    return String(this.socket.remotePort)
  }
  get REQUEST_METHOD(): string {
    return this.request.method ?? ''
  }
  get SCRIPT_NAME(): string {
    return this.settings.mount
  }
  get SERVER_NAME(): string {
    return (this.request.headers.host ?? this.socket.localAddress).replace(/:\d+$/, '')
  }
  get SERVER_PORT(): string {
    return String(this.socket.localPort)
  }
  get SERVER_PROTOCOL(): string {
    return `HTTP/${this.request.httpVersion}`
  }
  get URL(): string {
    return decodePath(this.HTTP_URL)
  }

  /** Any of them by its name, also `HTTP_ACCEPT` and the like; undefined where there is none. */
  get(name: string): string | undefined {
    if (name.startsWith('HTTP_') && name !== 'HTTP_URL') {
      const value = this.request.headers[name.slice(5).toLowerCase().replaceAll('_', '-')]
      return Array.isArray(value) ? value.join(', ') : value
    }
    const value = (this as unknown as Record<string, unknown>)[name]
    return typeof value === 'string' && /^[A-Z_]+$/.test(name) ? value : undefined
  }

  private get socket(): StandInSocket {
    return this.request.socket as unknown as StandInSocket
  }
}

/** Those of a request that no client has made. */
export class WarmUpVariables extends ServerVariables {
  readonly WARMUP_REQUEST = '1'
  readonly APP_WARMING_UP = '1'
}

const decodePath = (url: string): string => {
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
