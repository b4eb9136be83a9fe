/**
 * Loads the certificates of all https ports, and again when one of their files has changed: new connections get the new ones,
 * those that are open go on. What cannot be loaded changes nothing.
 */
import { randomBytes } from 'node:crypto'
import { unwatchFile, watchFile, type Stats } from 'node:fs'
import {
  ConfigurationError,
  type Clock,
  type ConfigurationProblem,
  type EventLog,
} from '../../../core/index.js'
import { dateProblem, dateWarning, filesOf, loadBindings, type SecureBinding } from './certificates.js'
import { certificateEvents } from './events.js'
import { IdentityTable } from './identity-table.js'
import type { LoadedBinding } from './identity.js'
import { CertificateError } from './load-certificate.js'

/** Milliseconds between two looks at a file. */
const LOOK_EVERY = 1_000
/** Milliseconds without a change that make it complete: certificate and key are two files. */
const QUIET = 1_000
/** Milliseconds between two looks at the dates. */
const DATES_EVERY = 86_400_000
const HANDSHAKE = 30_000

/** An https port, as far as its certificates go. */
export interface SecurePort {
  readonly key: string
  readonly secure: readonly SecureBinding[]
}

export interface CertificateStoreOptions {
  readonly events: EventLog
  readonly clock: Clock
  readonly quiet?: number
}

export type Tables = Map<string, IdentityTable>

export class CertificateStore {
  /** Told of tables that take the place of others. */
  onChange: (tables: Tables) => void = () => undefined
  private readonly options: CertificateStoreOptions
  /** Clients resume their sessions with these, whatever has been reloaded meanwhile. */
  private readonly ticketKeys = randomBytes(48)
  private ports: readonly SecurePort[] = []
  private tables: Tables = new Map()
  private watched = new Set<string>()
  private cancel: () => void = () => undefined
  private cancelDates: () => void = () => undefined
  private closed = false
  /** What has been told of, so that it is told once. */
  private told = new Set<string>()

  constructor(options: CertificateStoreOptions) {
    this.options = options
  }

  /**
   * The certificates of these ports, by their keys; those of http have none.
   *
   * @throws ConfigurationError with everything that is wrong with them; all is as it was then.
   */
  async load(file: string, ports: readonly SecurePort[]): Promise<Tables> {
    const { tables, loaded, problems } = await loadTables(ports, this.ticketKeys)
    if (problems.length > 0) throw new ConfigurationError(file, problems)
    this.loadedLast = loaded
    this.tables = new Map([...this.tables, ...tables])
    return tables
  }

  /** These are served from now on: their files are watched. */
  use(ports: readonly SecurePort[]): void {
    this.ports = ports
    const files = filesOf(ports.flatMap(({ secure }) => secure))
    for (const file of this.watched) if (!files.has(file)) unwatchFile(file, this.onFile)
    for (const file of files) {
      if (!this.watched.has(file)) watchFile(file, { interval: LOOK_EVERY, persistent: false }, this.onFile)
    }
    this.watched = files
    this.lookAtDates()
  }

  lastOf(key: string): IdentityTable | null {
    return this.tables.get(key) ?? null
  }

  close(): void {
    this.closed = true
    this.cancel()
    this.cancelDates()
    for (const file of this.watched) unwatchFile(file, this.onFile)
    this.watched.clear()
  }

  private loadedLast: readonly LoadedBinding[] = []

  private readonly onFile = (now: Stats, before: Stats): void => {
    if (this.closed || (now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size))
      return
    this.cancel()
    this.cancel = this.options.clock.after(this.options.quiet ?? QUIET, () => {
      void this.reload()
    })
  }

  private async reload(): Promise<void> {
    const { events, clock } = this.options
    const { ports } = this
    const { tables, loaded, problems } = await loadTables(ports, this.ticketKeys)
    if (this.closed || ports !== this.ports) return
    const dates = loaded.flatMap(({ certificates }) =>
      certificates.flatMap((one) => {
        const message = dateProblem(one, clock.now())
        return message === undefined ? [] : [{ pointer: one.pointer, message }]
      }),
    )
    const wrong = [...problems, ...dates]
    if (wrong.length > 0) {
      for (const problem of wrong) events.write(certificateEvents.refused(problem))
      return
    }
    this.loadedLast = loaded
    this.tables = new Map([...this.tables, ...tables])
    this.onChange(tables)
    events.write(certificateEvents.changed([...this.watched]))
    this.lookAtDates()
  }

  /** Tells once of each certificate that has expired, or soon will. */
  private lookAtDates(): void {
    const { events, clock } = this.options
    this.cancelDates()
    const now = clock.now()
    for (const certificate of this.loadedLast.flatMap(({ certificates }) => certificates)) {
      const problem = dateProblem(certificate, now)
      const warning = dateWarning(certificate, now)
      const text = problem ?? warning
      if (text === undefined || this.told.has(text)) continue
      this.told.add(text)
      if (problem === undefined) events.write(certificateEvents.expires(text, certificate.file))
      else events.write(certificateEvents.expired(problem, certificate.file))
    }
    if (this.loadedLast.length > 0 && !this.closed)
      this.cancelDates = clock.after(DATES_EVERY, () => {
        this.lookAtDates()
      })
  }
}

const loadTables = async (
  ports: readonly SecurePort[],
  ticketKeys: Buffer,
): Promise<{ tables: Tables; loaded: LoadedBinding[]; problems: ConfigurationProblem[] }> => {
  const tables: Tables = new Map()
  const all: LoadedBinding[] = []
  const problems: ConfigurationProblem[] = []
  for (const { key, secure } of ports) {
    if (secure.length === 0) continue
    const found = await loadBindings(secure)
    all.push(...found.loaded)
    problems.push(...found.problems)
    if (found.problems.length > 0) continue
    try {
      tables.set(key, new IdentityTable(found.loaded, { ticketKeys, handshakeTimeout: HANDSHAKE }))
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      problems.push({ pointer: error.pointer, message: error.message })
    }
  }
  return { tables, loaded: all, problems }
}

/** Everything that `webgarden check` has to say about certificates, their dates too. */
export const certificateProblems = async (
  ports: readonly SecurePort[],
  now: number,
): Promise<ConfigurationProblem[]> => {
  const { loaded, problems } = await loadTables(ports, randomBytes(48))
  const dates = loaded.flatMap(({ certificates }) =>
    certificates.flatMap((one) => {
      const message = dateProblem(one, now)
      return message === undefined ? [] : [{ pointer: one.pointer, message }]
    }),
  )
  return [...problems, ...dates]
}
