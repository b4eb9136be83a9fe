/** `ipSecurity`: who may ask at all, by address (IIS: IpRestrictionModule). */
import { defineModule, type HttpContext } from '../../../core/index.js'
import { choice, flag, list, object, optionsOf, text } from '../option-schema.js'
import { addressRules, networks, plainAddress, SINGLE, type AddressEntry } from './address-rules.js'
import { clientAddress } from './client-address.js'

type DenyAction = 'AbortRequest' | 'Unauthorized' | 'Forbidden' | 'NotFound'

interface IpSecurityOptions {
  readonly allowUnlisted: boolean
  readonly enableProxyMode: boolean
  readonly trustedProxies: readonly string[]
  readonly denyAction: DenyAction
  readonly add: readonly AddressEntry[]
}

const options = optionsOf<IpSecurityOptions>({
  enableReverseDns: {
    ...flag(
      false,
      'Not supported: asking for the name of each client would let their name servers hold it up.',
    ),
    notSupportedYet: true,
  },
  allowUnlisted: flag(true, 'What holds for addresses that no entry names.'),
  enableProxyMode: flag(
    false,
    'Whether the address in X-Forwarded-For counts, where it comes from a trusted proxy.',
  ),
  trustedProxies: list(
    text('An address or network.'),
    ['127.0.0.0/8', '::1'],
    'Whose X-Forwarded-For is believed.',
  ),
  denyAction: choice(
    ['AbortRequest', 'Unauthorized', 'Forbidden', 'NotFound'],
    'Forbidden',
    'Connection cut, 401.503, 403.6 or 404.503.',
  ),
  add: list(
    object(
      {
        ipAddress: text('An address, or a network as `10.0.0.0/8`.'),
        subnetMask: text('`255.255.255.0` or `24`.', { default: SINGLE }),
        domainName: { ...text('Not supported, as enableReverseDns.'), notSupportedYet: true },
        allowed: flag(false, 'Whether they may ask.'),
      },
      'ipAddress',
    ),
    [],
    'Tried in their order; the first that holds the address counts.',
  ),
})

const ANSWERS = { Unauthorized: [401, 503], Forbidden: [403, 6], NotFound: [404, 503] } as const

export default defineModule({
  name: 'ipSecurity',
  options,
  setup(_scope, { allowUnlisted, enableProxyMode, trustedProxies, denyAction, add }) {
    const ruleFor = addressRules(add)
    const trusted = networks(trustedProxies.map((ipAddress) => ({ ipAddress, subnetMask: SINGLE })))

    const refuse = (ctx: HttpContext, address: string): 'FINISH' => {
      ctx.trace('ipSecurity', `${address} may not ask`)
      if (denyAction === 'AbortRequest') ctx.response.destroy()
      else {
        const [status, subStatus] = ANSWERS[denyAction]
        ctx.sendError(status, subStatus, `${address} may not ask here (ipSecurity).`)
      }
      return 'FINISH'
    }

    return {
      beginRequest(ctx) {
        const { request } = ctx
        const peer = request.socket.remoteAddress ?? ''
        const forwarded = enableProxyMode ? request.headers['x-forwarded-for'] : undefined
        const address =
          forwarded === undefined
            ? plainAddress(peer)
            : clientAddress(peer, [forwarded].flat().join(','), trusted)
        if (address === undefined) {
          ctx.sendError(400, 10, 'The X-Forwarded-For field names something that is no address.')
          return 'FINISH'
        }
        return (ruleFor(address) ?? allowUnlisted) ? 'CONTINUE' : refuse(ctx, address)
      },
    }
  },
})
