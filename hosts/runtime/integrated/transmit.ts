/** Sends files and memory in one call: HSE_REQ_TRANSMIT_FILE and HSE_REQ_VECTOR_SEND. */
import { basename, dirname } from 'node:path'
import type { HeaderBlock, StatusLine, TransmitFile, VectorSend } from '../../../core/contract/handler.js'
import type { ControlBlock } from './control-block.js'
import { openPart, type OpenPart } from './file-part.js'
import type { PendingIo } from './pending-io.js'
import { parseHeaders } from './response-header.js'

type Memory = string | Uint8Array

/** @returns bytes sent */
export const transmitFile = async (ecb: ControlBlock, info: TransmitFile, io: PendingIo): Promise<number> => {
  if (info.conditional === true) return transmitAsked(ecb, info, io)
  const part = await openPart(info)
  const { head, tail } = info
  const elements = [head, part, tail].filter((element) => element !== undefined && element !== '')
  return sendAll(ecb, elements as (Memory | OpenPart)[], { ...info, whole: true }, io)
}

/** @returns bytes sent */
export const vectorSend = async (ecb: ControlBlock, vector: VectorSend, io: PendingIo): Promise<number> => {
  const elements: (Memory | OpenPart)[] = []
  try {
    for (const element of vector.elements)
      elements.push(isMemory(element) ? element : await openPart(element))
  } catch (error) {
    await closeAll(elements)
    throw error
  }
  const finalSend = vector.finalSend === true
  const sent = await sendAll(ecb, elements, { ...vector, whole: finalSend }, io)
  if (finalSend) ecb.end()
  return sent
}

interface Sending {
  readonly status?: StatusLine
  readonly headers?: HeaderBlock
  readonly disconnectAfterSend?: boolean
  /** Nothing of the response follows: its length is known. */
  readonly whole: boolean
}

const sendAll = async (
  ecb: ControlBlock,
  elements: readonly (Memory | OpenPart)[],
  { status, headers, disconnectAfterSend = false, whole }: Sending,
  io: PendingIo,
): Promise<number> => {
  const check = io.begin()
  let sent = 0
  try {
    if (!ecb.headerSent) {
      const fields = parseHeaders(headers).flat()
      const declares = fields.some(
        (field, at) => at % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(field),
      )
      if (whole && !declares) fields.push('Content-Length', String(lengthOf(elements)))
      ecb.sendResponseHeaderEx({ ...(status && { status }), headers: fields, keepConn: !disconnectAfterSend })
    }
    for (const element of ecb.method === 'HEAD' ? [] : elements) {
      check()
      if (isMemory(element)) sent += await ecb.writeClient(element)
      else {
        for await (const piece of element.pieces()) {
          check()
          sent += await ecb.writeClient(piece)
        }
      }
    }
  } finally {
    await closeAll(elements)
  }
  if (disconnectAfterSend) {
    ecb.end()
    ecb.closeConnection()
  }
  return sent
}

/** As a server of files answers: whole, in part, or not at all because the client has it. */
const transmitAsked = async (ecb: ControlBlock, info: TransmitFile, io: PendingIo): Promise<number> => {
  const { file, headers, head, tail, offset, bytesToWrite } = info
  if (typeof file !== 'string' || [head, tail, offset, bytesToWrite].some((given) => given !== undefined))
    throw new TypeError('transmitFile: "conditional" takes a path, and no head, tail, offset or bytesToWrite')
  const check = io.begin()
  const { send } = await import('@fastify/send')
  const found = await send(ecb.context.request, encodeURIComponent(basename(file)), {
    root: dirname(file),
    dotfiles: 'allow',
    index: false,
    cacheControl: false,
  })
  if (found.type !== 'file') {
    const range = found.headers['Content-Range']
    if (range !== undefined) ecb.context.response.setHeader('Content-Range', range)
    ecb.sendCustomError(found.type === 'error' ? found.statusCode : 404)
    return 0
  }
  const { stream } = found
  let sent = 0
  try {
    const fields = [...Object.entries(found.headers).flat(), ...parseHeaders(headers).flat()]
    ecb.sendResponseHeaderEx({
      status: found.statusCode,
      headers: fields,
      keepConn: info.disconnectAfterSend !== true,
    })
    if (ecb.method !== 'HEAD' && found.statusCode !== 304) {
      for await (const piece of stream) {
        check()
        sent += await ecb.writeClient(piece as Buffer)
      }
    }
  } finally {
    stream.destroy()
  }
  ecb.end()
  return sent
}

const isMemory = (element: unknown): element is Memory =>
  typeof element === 'string' || element instanceof Uint8Array

const lengthOf = (elements: readonly (Memory | OpenPart)[]): number => {
  let length = 0
  for (const element of elements) length += isMemory(element) ? Buffer.byteLength(element) : element.length
  return length
}

const closeAll = async (elements: readonly (Memory | OpenPart)[]): Promise<void> => {
  for (const element of elements) if (!isMemory(element)) await element.close()
}
