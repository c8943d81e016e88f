/** What losses carry for people, and which failures may become one. */
import { LOSS_ADVICE, PspError, type Loss, type LossCode } from '@psp/protocol';
import type { BrowserDriver } from './browser/driver.js';

/** The loss with the advice of its code, unless it has one. Codes of later versions stay as they are. */
export function withAdvice(loss: Loss): Loss {
  if (loss.advice !== undefined || !Object.hasOwn(LOSS_ADVICE, loss.code)) return loss;
  return { ...loss, advice: LOSS_ADVICE[loss.code as LossCode] };
}

/** The failure of one place, for a loss. A bug, or a browser or context that is gone as a whole, is thrown on instead. */
export async function causeOfLoss(driver: BrowserDriver, error: unknown): Promise<PspError> {
  if (!(error instanceof PspError)) throw error;
  // The cookies belong to the context: they cannot be read once it is gone, even where the browser goes on.
  if (error.code === 'BROWSER_GONE') await driver.cookies();
  return error;
}
