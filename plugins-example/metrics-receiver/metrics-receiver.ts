/** Receives counters that other programs push, and shows their sums: a program with webgarden's listener, and no web site. */
import { createListener, type EmbeddedListener } from 'webgarden/listener'

export interface MetricsReceiver {
  readonly port: number
  readonly listener: EmbeddedListener
  close(): Promise<void>
}

/** `POST /push/NAME` with a number adds to a counter, `GET /metrics/` shows all. Two queues: pushes never hold up who looks. */
export const startMetricsReceiver = async (port: number, directory: string): Promise<MetricsReceiver> => {
  const counters = new Map<string, number>()
  const listener = await createListener({ address: '127.0.0.1', directory, name: 'Metrics' })

  const pushes = listener.createQueue('push', { length: 500 })
  const opened = await pushes.addUrl(`http://+:${port}/push/`)
  pushes.receive((request, response) => {
    const name = (request.url ?? '').slice('/push/'.length)
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const value = Number(body)
      if (name === '' || !Number.isFinite(value)) {
        response.writeHead(400).end('POST a number to /push/NAME\n')
        return
      }
      counters.set(name, (counters.get(name) ?? 0) + value)
      response.writeHead(204).end()
    })
  })

  const readers = listener.createQueue('read', { length: 50 })
  await readers.addUrl(`http://+:${opened}/metrics/`)
  readers.receive((_request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4')
    response.end([...counters].map(([name, value]) => `${name} ${value}\n`).join(''))
  })
  return { port: opened, listener, close: () => listener.close() }
}
