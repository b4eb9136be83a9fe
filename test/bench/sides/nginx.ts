/** nginx as reverse proxy in front of the bare Fastify server, with kept-alive connections to it and an access log. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../harness/free-port.js'
import { measureRate } from '../measure-rate.js'
import { runProgram, startProcess } from '../processes.js'
import { startBare } from './bare.js'
import type { Side } from './side.js'

/** It says at level notice that it has started its worker; its port is open by then. */
const READY = /start worker process \d/

/** Its access log is written in blocks, as webgarden's is; one write for each request would make nginx slower. */
const configuration = (folder: string, port: number, upstream: string): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log ${folder}/access.log combined buffer=64k flush=1s;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  upstream fastify { server ${upstream}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://fastify;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`

export const nginx: Side = {
  title: 'nginx in front of Fastify',
  figures: ['nginx'],
  missing: async () => ((await nginxVersion()) === null ? 'nginx is not installed' : null),
  measure: async (run) => {
    const folder = await mkdtemp(join(run.folder, 'nginx-'))
    const file = join(folder, 'nginx.conf')
    const upstream = await startBare('bare-fastify')
    try {
      const port = await freePort()
      await writeFile(file, configuration(folder, port, new URL(upstream.url).host))
      const server = await startProcess('nginx', ['-p', folder, '-c', file], READY)
      try {
        return { nginx: (await measureRate(run, { url: `http://127.0.0.1:${port}/` })).perSecond }
      } finally {
        await server.stop()
      }
    } finally {
      await upstream.stop()
    }
  },
}

/** Null where nginx is not installed. */
export const nginxVersion = async (): Promise<string | null> => {
  try {
    const match = /nginx\/[\d.]+/.exec(await runProgram('nginx', ['-v']))
    return match ? match[0] : 'nginx'
  } catch {
    return null
  }
}
