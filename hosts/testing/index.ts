/** `webgarden/testing`: authors run what they write, in one process, through the very objects that webgarden uses. */
export { bridge, type Bridge, type BridgeOptions } from './bridge.js'
export { startServer, type ServerUnderTest, type StartOptions } from './start-server.js'
export { tryExtension, type Extension, type ExtensionOptions, type ExtensionTrial } from './try-extension.js'
export { tryLog, type LogOptions, type LogTrial } from './try-log.js'
export {
  tryStage,
  type StageRequest,
  type StageResponse,
  type StageRun,
  type StageTrial,
} from './try-stage.js'
