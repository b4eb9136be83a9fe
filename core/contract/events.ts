/** What the event log takes: what WAS, the listener and the modules have to say to the administrator. */
export type EventLevel = 'info' | 'warning' | 'error'

/** An entry of the event log. */
export interface ServerEvent {
  /** The event id of IIS where there is one (5009 = a worker ended unexpectedly); 0 where IIS knows no such event. */
  readonly id: number
  readonly level: EventLevel
  /** Who speaks. */
  readonly source: 'WAS' | 'W3SVC' | 'worker' | 'module'
  /** One sentence: what happened, to what, and what follows. */
  readonly text: string
  /** Evidence, kept as fields beside the text: pool, worker, exit code, stack. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Writing never throws and never waits. */
export interface EventLog {
  /** Writes one entry; its place and time are the event log's affair. */
  write(event: ServerEvent): void
}
