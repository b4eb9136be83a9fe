/** What a request to the control service is answered with when it cannot be done. */
import { suggestion } from '../../core/config/nearest.js'

export class ControlError extends Error {
  /** HTTP status. */
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.name = 'ControlError'
    this.statusCode = statusCode
  }
}

/** The one of that name, in whatever case; a name that nobody has is answered with the nearest that somebody has. */
export const find = <T>(what: string, name: string, all: Iterable<T>, nameOf: (one: T) => string): T => {
  const list = [...all]
  const found =
    list.find((one) => nameOf(one) === name) ??
    list.find((one) => nameOf(one).toLowerCase() === name.toLowerCase())
  if (found !== undefined) return found
  throw new ControlError(404, `there is no ${what} "${name}"${suggestion(name, list.map(nameOf))}`)
}
