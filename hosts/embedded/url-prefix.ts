/** UrlPrefix strings as http.sys has them: `http://+:80/metrics/`, `https://*:443/`, `http://www.example.com:8080/x/`. */

/** In the order in which http.sys asks them: any host before all others, a host by name, any host that nobody has named. */
export type Category = 'strong' | 'explicit' | 'weak'
export const categories: readonly Category[] = ['strong', 'explicit', 'weak']

export interface UrlPrefix {
  readonly secure: boolean
  readonly category: Category
  /** '' for any. */
  readonly host: string
  /** 0 is any free one. */
  readonly port: number
  /** Without the slash at its end: `/` or `/metrics`. */
  readonly path: string
}

const FORM = /^(https?):\/\/(\+|\*|\[[^\]]+\]|[^/:*+]+):(\d+)(\/[^?#]*)$/i

/** @throws TypeError that says what is wrong with it. */
export const parseUrlPrefix = (text: string): UrlPrefix => {
  const wrong = (why: string): TypeError =>
    new TypeError(`"${text}" is no URL prefix: ${why}; write it as http://+:8080/metrics/`)
  const [, scheme = '', host = '', digits = '', path = ''] = FORM.exec(text) ?? []
  if (host === '')
    throw wrong('it needs http or https, a host (or + or *), a port and a path, and nothing else')
  const port = Number(digits)
  if (port > 65_535) throw wrong(`there is no port ${digits}`)
  if (/\/\/|\/\.{1,2}(\/|$)/.test(path)) throw wrong('its path has an empty segment or a dot segment')
  const category = host === '+' ? 'strong' : host === '*' ? 'weak' : 'explicit'
  return {
    secure: scheme.toLowerCase() === 'https',
    category,
    host: category === 'explicit' ? host.toLowerCase() : '',
    port,
    path: path.replace(/(?<=.)\/$/, ''),
  }
}
