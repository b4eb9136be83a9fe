/**
 * Filters that see the bytes of connections (READ_RAW_DATA, SEND_RAW_DATA), as IIS 5 ran them: in the server's own process,
 * before it is known what request the bytes are. In isolationMode iis5 only.
 */
import type { Socket } from 'node:net'
import type { FilterModule, FilterStatus, RawFilterContext, ServerConfig } from '../../core/index.js'
import { importExtension } from '../../core/registry/import-extension.js'

interface RawFilter {
  readonly filter: FilterModule
  readonly options: Readonly<Record<string, unknown>>
}

type DataListener = (chunk: Buffer) => void

export interface RawFilters {
  /** Puts itself between a connection and whoever reads and writes it. */
  attach(socket: Socket, encrypted: boolean): void
}

/** Null where no filter of the server asks for raw data, or the mode has none. */
export const loadRawFilters = async ({
  isolationMode,
  filters,
  directory,
}: ServerConfig): Promise<RawFilters | null> => {
  if (isolationMode !== 'iis5') return null
  const raw: RawFilter[] = []
  for (const { module, options } of filters) {
    if (module === undefined) continue
    const filter = (await importExtension(module, directory, 'filter')) as FilterModule
    if (filter.readRawData ?? filter.sendRawData) raw.push({ filter, options })
  }
  return raw.length === 0
    ? null
    : { attach: (socket, encrypted) => new RawConnection(socket, encrypted, raw) }
}

class RawConnection {
  private readonly socket: Socket
  private readonly filters: readonly { readonly filter: FilterModule; readonly pfc: RawFilterContext }[]
  /** Bytes that a filter has asked more of before they are passed on. */
  private held: Buffer | null = null

  constructor(socket: Socket, encrypted: boolean, filters: readonly RawFilter[]) {
    this.socket = socket
    this.filters = filters.map(({ filter, options }) => ({
      filter,
      pfc: {
        options,
        connectionContext: undefined,
        remoteAddress: socket.remoteAddress ?? '',
        isSecurePort: encrypted,
      },
    }))
    this.read()
    this.write()
    socket.once('close', () => {
      for (const { filter, pfc } of this.filters) filter.endOfNetSession?.(pfc.connectionContext)
    })
  }

  private read(): void {
    const { socket } = this
    const listeners = socket.listeners('data') as DataListener[]
    for (const listener of listeners) socket.off('data', listener)
    socket.on('data', (chunk: Buffer) => {
      const raw = { data: this.held ? Buffer.concat([this.held, chunk]) : chunk }
      this.held = null
      const status = this.ask('readRawData', raw)
      if (status === 'REQ_READ_NEXT') this.held = raw.data
      else if (status === 'REQ_NEXT_NOTIFICATION')
        for (const listener of listeners) listener.call(socket, raw.data)
      else socket.destroySoon()
    })
  }

  private write(): void {
    const { socket } = this
    const write = socket.write.bind(socket) as (data: Buffer, callback?: () => void) => boolean
    socket.write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
      const done = [encoding, callback].find((argument) => typeof argument === 'function') as
        (() => void) | undefined
      const data =
        typeof chunk === 'string'
          ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
          : Buffer.from(chunk)
      const raw = { data }
      if (this.ask('sendRawData', raw) === 'REQ_NEXT_NOTIFICATION') return write(raw.data, done)
      socket.destroySoon()
      return false
    }
  }

  /** `REQ_NEXT_NOTIFICATION` where all agree; a filter that throws takes only its connection with it. */
  private ask(notification: 'readRawData' | 'sendRawData', raw: { data: Buffer }): FilterStatus {
    try {
      for (const { filter, pfc } of this.filters) {
        const status = filter[notification]?.(pfc, raw) ?? 'REQ_NEXT_NOTIFICATION'
        if (status === 'REQ_HANDLED_NOTIFICATION') break
        if (status !== 'REQ_NEXT_NOTIFICATION') return status
      }
      return 'REQ_NEXT_NOTIFICATION'
    } catch {
      return 'REQ_ERROR'
    }
  }
}
