/** Node's internals are there on this version, and the public ways in their place do the same. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import type * as internalsModule from '../../../hosts/runtime/node-internals.js'

type Internals = typeof internalsModule

const RAW = [
  ...['Host', 'a', 'Accept', 'x', 'accept', 'y', 'Cookie', 'a=1', 'cookie', 'b=2', 'Set-Cookie', 'c=3'],
  ...[
    'set-cookie',
    'd=4',
    'Content-Type',
    'first',
    'content-type',
    'second',
    'X-Empty',
    '',
    'Constructor',
    'x',
    'toString',
    'y',
    'tostring',
    'z',
  ],
]
const JOINED = {
  host: 'a',
  accept: 'x, y',
  cookie: 'a=1; b=2',
  'set-cookie': ['c=3', 'd=4'],
  'content-type': 'first',
  'x-empty': '',
  constructor: 'x',
  tostring: 'y, z',
}

const FILE = '../../../hosts/runtime/node-internals.js'
const prototype = IncomingMessage.prototype as unknown as Record<string, unknown>

const withInternals = (await import(FILE)) as Internals
const kept = { lines: prototype._addHeaderLines, dump: prototype._dump }
delete prototype._addHeaderLines
delete prototype._dump
const without = (await import(`${FILE}?without`)) as Internals

const message = (): IncomingMessage => new IncomingMessage(new Socket())

t.teardown(() => {
  prototype._addHeaderLines = kept.lines
  prototype._dump = kept.dump
})

void t.test('the internals are there on this version of node', async (test) => {
  test.type(kept.lines, 'function')
  test.type(kept.dump, 'function')
})

for (const [how, internals] of [
  ['with the internals', withInternals],
  ['without them', without],
] as const) {
  void t.test(`header lines become headers by node's rules, ${how}`, async (test) => {
    if (how === 'with the internals') prototype._addHeaderLines = kept.lines
    else delete prototype._addHeaderLines
    const request = message()
    internals.setHeaderLines(request, RAW)
    test.strictSame({ ...request.headers }, JOINED)
    test.same(request.rawHeaders, RAW)
  })

  void t.test(`a body that nobody reads is thrown away, ${how}`, async (test) => {
    if (how === 'with the internals') prototype._dump = kept.dump
    else delete prototype._dump
    const request = message()
    request.push('unread')
    request.push(null)
    const ended = new Promise((resolve) => request.once('end', resolve))
    internals.dumpRequest(request)
    await ended
    test.equal(request.readableLength, 0)
  })

  void t.test(`a body that somebody reads is left to him, ${how}`, async (test) => {
    const request = message()
    const chunks: string[] = []
    request.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
    await new Promise((resolve) => setImmediate(resolve))
    internals.dumpRequest(request)
    request.push('read')
    await new Promise((resolve) => setImmediate(resolve))
    test.same(chunks, ['read'])
    test.equal(internals.readsOn(request), true)
  })
}

void t.test('the mark of a full response is found and taken away', async (test) => {
  const response = new ServerResponse(message())
  response.write('queued, as there is no socket yet'.repeat(2_000))
  test.equal(response.writableNeedDrain, true)
  withInternals.clearNeedDrain(response)
  test.equal(response.writableNeedDrain, false)
})

void t.test('close is told once', async (test) => {
  const response = new ServerResponse(message())
  let closes = 0
  response.on('close', () => closes++)
  withInternals.emitClose(response)
  withInternals.emitClose(response)
  test.same([closes, response.destroyed], [1, true])
})
