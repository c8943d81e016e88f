/**
 * The controls of a document's forms, and paths that find them again (spec/psp-1.md, section "Tabs"). Controls that hold secrets are not
 * among them. Knows nothing of values.
 */

export type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const HTML = 'http://www.w3.org/1999/xhtml';

/** What users cannot type into, and what nobody but the user is to know. */
const LEFT_OUT = new Set(['password', 'hidden', 'file', 'submit', 'button', 'reset', 'image']);
const SECRET_AUTOCOMPLETE = /^(?:current-password|new-password|one-time-code|cc-.*)$/i;

/** A password that the page shows in clear has another type by then, and keeps its name. */
const SECRET_NAME =
  /passw|passphrase|passcode|pwd|kennwort|contrase|mot.?de.?passe|senha|密码|密碼|パスワード|парол|(?:^|[^a-z])(?:pass|pin|otp|cvv|cvc|csc)(?:[^a-z]|$)/i;

/** In the order of the tree. Shadow trees and frames are not looked into. */
export function controlsOf(document: Document): Control[] {
  const found = document.querySelectorAll<Control>('input, textarea, select');
  return [...found].filter((control) => control.namespaceURI === HTML && !isSecret(control) && isOpen(control));
}

function isOpen(control: Control): boolean {
  return !control.disabled && (control.localName === 'select' || !(control as HTMLInputElement).readOnly);
}

function isSecret(control: Control): boolean {
  const attribute = (name: string): string => control.getAttribute(name) ?? '';
  if (control.localName === 'input' && LEFT_OUT.has(control.type)) return true;
  if (
    attribute('autocomplete')
      .split(/\s+/)
      .some((word) => SECRET_AUTOCOMPLETE.test(word))
  )
    return true;
  if (['name', 'id', 'placeholder', 'aria-label'].some((name) => isSecretName(attribute(name)))) return true;
  const style = control.ownerDocument.defaultView?.getComputedStyle(control) as CSSStyleDeclaration & {
    webkitTextSecurity?: string;
  };
  // Dots in place of characters, by style instead of by type.
  return (style?.webkitTextSecurity ?? 'none') !== 'none';
}

const isSecretName = (name: string): boolean => SECRET_NAME.test(name.replaceAll(/([a-z])([A-Z])/g, '$1-$2'));

/** `#id` where the document has the id once, else `F/K=name` where it has a name, else the path of positions from the root. */
export function fieldOf(control: Control): string {
  const { id, name, ownerDocument: document } = control;
  if (id !== '' && withId(document, id).length === 1) return `#${id}`;
  if (name !== '') return `${formOf(control)}/${named(document, formOf(control), name).indexOf(control)}=${name}`;
  const path: number[] = [];
  for (let at: Element | null = control; at?.parentElement; at = at.parentElement) {
    path.unshift([...at.parentElement.children].indexOf(at));
  }
  return `/${path.join('/')}`;
}

/** Undefined where no control that may be filled is there. */
export function findField(document: Document, field: string): Control | undefined {
  const element = elementAt(document, field);
  return controlsOf(document).find((control) => control === element);
}

function elementAt(document: Document, field: string): Element | undefined {
  if (field.startsWith('#')) {
    const [only, second] = withId(document, field.slice(1));
    return second === undefined ? only : undefined;
  }
  const byName = /^(\d+|-)\/(\d+)=(.*)$/s.exec(field);
  if (byName !== null) return named(document, byName[1]!, byName[3]!)[Number(byName[2])];
  const positions = field.startsWith('/') ? field.slice(1).split('/').map(Number) : [];
  let at: Element | undefined = document.documentElement;
  for (const position of positions) at = at?.children[position];
  return at;
}

function withId(document: Document, id: string): Element[] {
  return [...document.querySelectorAll('[id]')].filter((element) => element.id === id);
}

/** The number of the control's form in the document, or `-` outside of forms. */
function formOf({ form, ownerDocument }: Control): string {
  return form === null ? '-' : String([...ownerDocument.forms].indexOf(form));
}

function named(document: Document, form: string, name: string): Control[] {
  const all = [...document.querySelectorAll<Control>('input, textarea, select')];
  return all.filter((control) => control.name === name && formOf(control) === form);
}
