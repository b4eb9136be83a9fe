/** Reads the header block that a script answers with (RFC 3875, section 6.2). */
import type { Readable } from 'node:stream'
import { GatewayError } from './gateway-error.js'

export interface ScriptHead {
  /** Undefined where the script names none. */
  readonly status: number | undefined
  readonly reason: string | undefined
  readonly location: string | undefined
  /** All but Status, and but what concerns one connection only; a name may come more than once. */
  readonly fields: readonly (readonly [name: string, value: string])[]
}

const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Takes the header block off the stream, whose rest is the body. Rejects with a GatewayError (502), or the stream's error. */
export const readHead = (output: Readable, most: number): Promise<ScriptHead> =>
  new Promise((resolve, reject) => {
    let block: Buffer = Buffer.alloc(0)
    const stop = (): void => {
      output.off('readable', onReadable)
      output.off('end', onEnd)
      output.off('error', onError)
      output.off('close', onClose)
    }
    const fail = (error: Error): void => {
      stop()
      reject(error)
    }
    const onError = (error: Error): void => {
      fail(error)
    }
    const onClose = (): void => {
      fail(output.errored ?? new GatewayError(502, 'it was ended before it had answered'))
    }
    const onEnd = (): void => {
      fail(
        malformed(
          block.length === 0 ? 'it sent nothing' : 'it ended before the empty line after the header',
          block,
        ),
      )
    }
    const onReadable = (): void => {
      for (
        let chunk = output.read() as Buffer | null;
        chunk !== null;
        chunk = output.read() as Buffer | null
      ) {
        const from = Math.max(0, block.length - 3)
        block = block.length === 0 ? chunk : Buffer.concat([block, chunk])
        const end = endOf(block, from)
        if ((end?.head ?? block.length) > most) {
          fail(new GatewayError(502, `its response header is longer than ${most} bytes`))
          return
        }
        if (!end) continue
        stop()
        try {
          const head = parseHead(block.toString('latin1', 0, end.head))
          if (end.body < block.length) output.unshift(block.subarray(end.body))
          resolve(head)
        } catch (error) {
          fail(error as Error)
        }
        return
      }
    }
    if (output.destroyed && !output.readableEnded) {
      onClose()
      return
    }
    output.on('readable', onReadable)
    output.once('end', onEnd)
    output.once('error', onError)
    output.once('close', onClose)
  })

/** Where the empty line begins and ends; lines end in LF, with or without CR. */
const endOf = (block: Buffer, from: number): { head: number; body: number } | undefined => {
  if (block[0] === 10) return { head: 0, body: 1 }
  if (block[0] === 13 && block[1] === 10) return { head: 0, body: 2 }
  for (let at = block.indexOf(10, from); at >= 0; at = block.indexOf(10, at + 1)) {
    if (block[at + 1] === 10) return { head: at, body: at + 2 }
    if (block[at + 1] === 13 && block[at + 2] === 10) return { head: at, body: at + 3 }
  }
  return undefined
}

/** @throws GatewayError 502 that says what is wrong with it. */
export const parseHead = (text: string): ScriptHead => {
  let status: number | undefined
  let reason: string | undefined
  let location: string | undefined
  const fields: [string, string][] = []
  const lines = text === '' ? [] : text.split(/\r?\n/)
  if (lines.length === 0) throw malformed('it has no header field')
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t\r]*$/.exec(line)
    const [, name = '', value = ''] = match ?? []

    if (!match || /[\0-\x08\x0a-\x1f\x7f]/.test(value))
      throw malformed('a line of the header is no field', line)
    const lower = name.toLowerCase()
    if (lower === 'status') {
      const [, digits = '', words = ''] = /^(\d{3})(?: (.*))?$/.exec(value) ?? []
      status = Number(digits)
      if (status < 200 || status > 599) throw malformed('Status is no status of a response', line)
      reason = words === '' ? undefined : words
    } else if (!OF_THE_CONNECTION.has(lower)) {
      if (lower === 'location') location = value
      fields.push([name, value])
    }
  }
  return { status, reason, location, fields }
}

const QUOTED = 120

const malformed = (what: string, where: string | Buffer = ''): GatewayError => {
  const text = where.toString('latin1').slice(0, QUOTED)
  return new GatewayError(
    502,
    `its response is malformed: ${what}${text === '' ? '' : `: ${JSON.stringify(text)}`}; a script begins with header ` +
      'fields such as "Content-Type: text/html" and an empty line',
  )
}
