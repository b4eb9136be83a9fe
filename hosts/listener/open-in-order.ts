/** The first opening of the endpoints: in an order in which nobody is answered before the routing table is complete. */
import { isNamedSocket } from '../../core/config/binding-information.js'
import type { ServerConfig } from '../../core/contract/config.js'
import type { ActivationService } from '../../core/was/service.js'
import { socketPath } from './listen-at.js'
import type { OpenEndpoints } from './open-endpoints.js'

/** The routing table is complete before a port that anybody knows accepts. */
export const openEndpoints = async (
  config: ServerConfig,
  endpoints: OpenEndpoints,
  service: ActivationService,
  inherited: ReadonlyMap<string, object> = new Map(),
): Promise<void> => {
  const free = await endpoints.change(
    config,
    ({ port, address, key }) => port === 0 && !isNamedSocket(address) && !inherited.has(key),
  )
  free.commit()
  // Clients know these, and we learn their ports. To listen to what is there takes no turn of the event loop: nobody is
  // accepted before it.
  const there = await endpoints.change(config, ({ port, address }) => port === 0 && !isUnixSocket(address))
  there.commit()
  service.start(there.portOf)
  const known = await endpoints.change(config)
  known.commit()
}

const isUnixSocket = (address: string): boolean => socketPath(address) !== undefined
