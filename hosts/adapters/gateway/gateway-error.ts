/** Why a gateway cannot answer with what a script says: the status for the client, the sentence for the event log. */

export class GatewayError extends Error {
  readonly status: number
  /** What a client on this machine may read beside the title. */
  readonly detail: string | undefined

  constructor(status: number, message: string, detail?: string) {
    super(message)
    this.name = 'GatewayError'
    this.status = status
    this.detail = detail
  }
}
