/** IIS's server variables, as an application finds them at `request.serverVariables`. */
import type { IncomingMessage } from 'node:http'
import type { HttpContext } from '../../core/contract/http-context.js'
import type { ApplicationSettings } from '../../core/contract/messages.js'
import { furtherVariables, headerVariable } from './further-variables.js'
import type { StandInSocket } from './stand-in-socket.js'

/** Worked out when asked for, so that a request that nobody asks about costs one small object. */
export class ServerVariables {
  readonly request: IncomingMessage
  readonly settings: ApplicationSettings
  /** The request in the integrated pipeline; null where the application has none. */
  context: HttpContext | null = null
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
  /** Of a mapped handler: the whole URL, or with allowPathInfo what follows the script. Else what is below the mount. */
  get PATH_INFO(): string {
    const { context, settings } = this
    if (!context) return decodePath(this.HTTP_URL).slice(settings.mount.length) || '/'
    if (!context.handler) return context.path
    return context.handler.allowPathInfo ? context.extraPath : settings.mount + context.path
  }
  get QUERY_STRING(): string {
    if (this.context) return this.context.query
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
  /** Of a mapped handler: the URL of the script. Else the mount. */
  get SCRIPT_NAME(): string {
    const { context, settings } = this
    return context?.handler ? settings.mount + context.scriptPath : settings.mount
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
    return this.context ? this.settings.mount + this.context.path : decodePath(this.HTTP_URL)
  }

  /** Any of them by its name, also `HTTP_ACCEPT`, `HEADER_ACCEPT`, `UNICODE_URL`; undefined where there is none. */
  get(name: string): string | undefined {
    const plain = name.startsWith('UNICODE_') ? name.slice(8) : name
    const value = /^[A-Z0-9_]+$/.test(plain) ? (this as unknown as Record<string, unknown>)[plain] : undefined
    return typeof value === 'string' ? value : headerVariable(this.request, plain)
  }

  get socket(): StandInSocket {
    return this.request.socket as unknown as StandInSocket
  }
}

for (const [name, find] of Object.entries(furtherVariables)) {
  Object.defineProperty(ServerVariables.prototype, name, {
    configurable: true,
    get(this: ServerVariables) {
      return find(this)
    },
  })
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
