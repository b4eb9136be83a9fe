/** `npm run fuzz [-- REQUESTS [SEED]]`: mutated requests against the built server; exit code 1 with what was found. */
import { fuzz } from '../harness/request-fuzzing.js'

const count = Number(process.argv[2] ?? 200_000)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
console.log(`seed ${seed}, ${count} requests`)
const began = performance.now()
const { findings, seen, refused } = await fuzz(seed, count, (left) => {
  console.log(`${left} left`)
})
console.log(
  `${seen} reached the application in a thread, ${refused} inputs were refused, ${Math.round((performance.now() - began) / 1000)} s`,
)
for (const finding of findings) console.log(finding)
console.log(findings.length === 0 ? 'nothing found' : `${findings.length} findings`)
if (findings.length > 0) process.exitCode = 1
