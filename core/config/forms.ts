/** Forms of names and paths that a pattern cannot explain; each answers with what is wrong, or nothing. */
import { parseBindingInformation } from './binding-information.js'
import { parseNetwork } from './network.js'
import type { FormName } from './schema/keywords.js'

export const forms: Readonly<Record<FormName, (text: string) => string | undefined>> = {
  applicationPoolName(text) {
    if (text === '') return 'must not be empty'
    if (text.length > 64) return `must have at most 64 characters, not ${text.length}`
    return forbidden(text, /[|<>&"/[\]+=;:,?*@\\]/)
  },

  siteName(text) {
    if (text === '') return 'must not be empty'
    if (text.trim() !== text) return 'must not begin or end with a blank'
    return forbidden(text, /[/?\\]/)
  },

  applicationPath(text) {
    if (!text.startsWith('/')) return `must begin with "/", such as "/${text.slice(0, 40)}"`
    if (text === '/') return undefined
    if (text.endsWith('/')) return 'must not end with "/"'
    const segments = text.slice(1).split('/')
    if (segments.includes('')) return 'must not have an empty segment ("//")'
    if (segments.some((segment) => segment === '.' || segment === '..'))
      return 'must not have "." or ".." in it'
    return forbidden(text, /[?#\\\u0000-\u001f\u007f]/)
  },

  network(text) {
    return parseNetwork(text) ? undefined : 'must be an IP address, or a network such as "10.0.0.0/8"'
  },

  bindingInformation(text) {
    const parsed = parseBindingInformation(text)
    return typeof parsed === 'string' ? parsed : undefined
  },
}

const forbidden = (text: string, characters: RegExp): string | undefined => {
  const found = characters.exec(text)
  return found ? `must not have ${JSON.stringify(found[0])} in it` : undefined
}
