/** The part of a control block that only tells: what the request is, and where its URLs lead. */
import type { PeerCertificate } from 'node:tls'
import type { MappedUrl } from '../../../core/contract/handler.js'
import { certificateOf } from '../client-certificate.js'
import type { StandInSocket } from '../stand-in-socket.js'
import { pathOf } from './url-path.js'
import type { WorkerContext } from './worker-context.js'

export class RequestFacts {
  readonly context: WorkerContext

  constructor(context: WorkerContext) {
    this.context = context
  }

  get connId(): number {
    return this.socket.facts.id
  }
  get method(): string {
    return this.context.request.method ?? ''
  }
  get queryString(): string {
    return this.context.query
  }
  get pathInfo(): string {
    return this.getServerVariable('PATH_INFO') ?? ''
  }
  get pathTranslated(): string {
    return this.getServerVariable('PATH_TRANSLATED') ?? ''
  }
  get contentType(): string {
    return this.context.request.headers['content-type'] ?? ''
  }
  get totalBytes(): number {
    const { headers } = this.context.request
    if (headers['transfer-encoding'] !== undefined) return Infinity
    return Number(headers['content-length'] ?? 0)
  }
  get available(): number {
    return this.context.request.readableLength
  }

  getServerVariable(name: string): string | undefined {
    return this.context.serverVariable(name)
  }

  mapUrlToPath(url: string): string {
    return this.context.mapPath(url)
  }

  mapUrlToPathEx(url: string): MappedUrl {
    const { physicalPath, mount, accessPolicy } = this.context.application
    return {
      path: this.context.mapPath(url),
      access: accessPolicy,
      matchingPath: physicalPath.length,
      matchingUrl: mount.length,
    }
  }

  normalizeUrl(url: string): string {
    return pathOf(url)
  }

  getCertInfo(): PeerCertificate | null {
    return certificateOf(this.socket)
  }

  protected get socket(): StandInSocket {
    return this.context.request.socket as unknown as StandInSocket
  }
}
