/** Why a passkey could not be made, and how to set a screen lock on this phone. */

import { onApple } from "../device.ts";

/** Say what stands in the way, in this phone's words. */
export function whyNoPasskey(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "NotSupportedError") {
    return onApple()
      ? "Not set up. The phone needs a passcode: Settings, Face ID and Passcode, Turn Passcode On. Then try again."
      : "Not set up. The phone needs a screen lock: Settings, Security, Screen lock, choose PIN or fingerprint. Then try again.";
  }
  if (name === "SecurityError") return "This address is not the one the practice set up. Open Safelight from its icon.";
  return "That did not work. Check the network and try again.";
}
