/** What one resource or action of the control service is made of: the service registers it, the description tells of it. */
import type { TObject, TSchema } from 'typebox'

export interface Asked {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>
  readonly ifMatch: string | undefined
  /** Who asks, for the event log. */
  readonly who: string
}

export interface Answer {
  readonly body: unknown
  /** 200 where left out. */
  readonly status?: number
  /** Version of what was read, for `If-Match` of a later write. */
  readonly version?: string
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** With parameters as `:name`. */
  readonly url: string
  readonly summary: string
  readonly query?: TObject
  readonly answer: TSchema
  /** Whether the write heeds `If-Match`. */
  readonly conditional?: boolean
  /** @throws ControlError, ConfigurationError */
  handle(asked: Asked): Answer | Promise<Answer>
}
