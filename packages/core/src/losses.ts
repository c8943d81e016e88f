/** What losses carry for people: the advice of their code. */
import { LOSS_ADVICE, type Loss, type LossCode } from '@psp/protocol';

/** The loss with the advice of its code, unless it has one. Codes of later versions stay as they are. */
export function withAdvice(loss: Loss): Loss {
  if (loss.advice !== undefined || !Object.hasOwn(LOSS_ADVICE, loss.code)) return loss;
  return { ...loss, advice: LOSS_ADVICE[loss.code as LossCode] };
}
