/** How many requests a client may take back: as many at once as a browser that leaves a page, and then so many a second. */

const AT_ONCE = 200
const PER_SECOND = 20

export class ResetBudget {
  private left = AT_ONCE
  private at: number

  constructor(now: number) {
    this.at = now
  }

  /** False where it is used up. */
  spend(now: number): boolean {
    this.left = Math.min(AT_ONCE, this.left + ((now - this.at) / 1000) * PER_SECOND)
    this.at = now
    this.left -= 1
    return this.left >= 0
  }
}
