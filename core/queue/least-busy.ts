/** Load balancing by work: the worker that has the fewest requests under way. */
import type { Balance } from '../contract/balancer.js'

/** The first of those with the fewest. */
export const leastBusy: Balance = (receivers) => {
  let least = receivers[0]
  for (const receiver of receivers) if (least && receiver.executing < least.executing) least = receiver
  return least
}
