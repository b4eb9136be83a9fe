/** Sends one request and insists on a good answer: the check before each measurement, and what starts a worker. */
import { request, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { browserHeaders } from './browser-headers.js'

export interface Question {
  readonly url: string
  readonly host?: string
  /** Bytes of the body; with a body it is a POST. */
  readonly bodySize?: number
  /** As many as every run has where it is left out. */
  readonly connections?: number
}

export interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** @throws Error with the URL and the answer when the status is not 2xx. */
export const ask = async ({ url, host, bodySize }: Question): Promise<Answer> => {
  const outgoing = request(url, {
    agent: false,
    method: bodySize === undefined ? 'GET' : 'POST',
    headers: {
      ...browserHeaders,
      Connection: 'close',
      ...(host === undefined ? {} : { Host: host }),
      ...(bodySize === undefined
        ? {}
        : { 'Content-Type': 'application/octet-stream', 'Content-Length': String(bodySize) }),
    },
  })
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => {
      const status = incoming.statusCode ?? 0
      buffer(incoming).then((body) => {
        if (status >= 200 && status <= 299) resolve({ headers: incoming.headers, body })
        else reject(new Error(`${url} answered ${status}: ${body.toString('utf8', 0, 200)}`))
      }, reject)
    })
    outgoing.end(bodySize === undefined ? undefined : Buffer.alloc(bodySize, 'x'))
  })
}
