/** What the user put into a control, as opposed to what the document gave it, and how it is put there again. */
import type { FormValue } from '@psp/protocol';
import { fromWireString, toWireString } from './codec/text.js';
import type { Control } from './form-fields.js';

type Value = Omit<FormValue, 'field'>;

/** Undefined where the control holds what the document gave it. */
export function changedValue(control: Control): Value | undefined {
  if (isSelect(control)) return changedSelection(control);
  if (isCheckable(control)) {
    const { checked, defaultChecked, type } = control;
    // The choice of another radio button takes this one's away.
    return checked === defaultChecked || (type === 'radio' && !checked) ? undefined : { checked };
  }
  return control.value === defaultOf(control) ? undefined : { value: toWireString(control.value) };
}

/** As a user would, with the events that sites wait for. False where the control does not hold it afterwards. */
export function enter(control: Control, wanted: Value): boolean {
  if (holds(control, wanted)) return true;
  if (isSelect(control)) select(control, wanted);
  else if (isCheckable(control)) HTMLElement.prototype.click.call(control);
  else if (wanted.value !== undefined) type(control, fromWireString(wanted.value));
  return holds(control, wanted);
}

export function holds(control: Control, wanted: Value): boolean {
  if (isSelect(control)) return isEqual(selectionOf(control), indexesOf(control, wanted));
  if (isCheckable(control)) return control.checked === wanted.checked;
  return wanted.value !== undefined && control.value === fromWireString(wanted.value);
}

function isSelect(control: Control): control is HTMLSelectElement {
  return control.localName === 'select';
}

function isCheckable(control: Control): control is HTMLInputElement {
  return control.localName === 'input' && (control.type === 'checkbox' || control.type === 'radio');
}

/** Browsers bring values of numbers, colours and the like into a form of their own, so a control in an inert document tells. */
function defaultOf(control: HTMLInputElement | HTMLTextAreaElement): string {
  if (control.localName === 'textarea') return control.defaultValue.replace(/\r\n?/g, '\n');
  // The type last: a range without limits has another middle.
  const twin = document.implementation.createHTMLDocument('').createElement('input');
  for (const name of ['min', 'max', 'step', 'multiple', 'value', 'type']) {
    const given = control.getAttribute(name);
    if (given !== null) twin.setAttribute(name, given);
  }
  return twin.value;
}

function changedSelection(control: HTMLSelectElement): Value | undefined {
  const selected = selectionOf(control);
  if (isEqual(selected, defaultSelection(control))) return undefined;
  return control.multiple ? { selected } : { selected, value: toWireString(control.value) };
}

const selectionOf = ({ options }: HTMLSelectElement): number[] => {
  return [...options].flatMap((option, index) => (option.selected ? [index] : []));
};

function defaultSelection({ options, multiple, size }: HTMLSelectElement): number[] {
  const given = [...options].flatMap((option, index) => (option.defaultSelected ? [index] : []));
  if (multiple) return given;
  if (given.length > 0) return given.slice(-1);
  // A list that drops down shows the first of its options that can be chosen.
  const first = size > 1 ? -1 : [...options].findIndex((option) => !option.disabled);
  return first === -1 ? [] : [first];
}

/** Options come and go: where one alone is chosen, it is the one of that value. */
function indexesOf({ options, multiple }: HTMLSelectElement, { selected = [], value }: Value): number[] {
  if (multiple || value === undefined) return selected;
  const text = fromWireString(value);
  const at = selected[0] ?? -1;
  if (options[at]?.value === text) return [at];
  const found = [...options].findIndex((option) => option.value === text);
  return found === -1 ? selected : [found];
}

function select(control: HTMLSelectElement, wanted: Value): void {
  const indexes = new Set(indexesOf(control, wanted));
  [...control.options].forEach((option, index) => {
    if (option.selected !== indexes.has(index)) option.selected = indexes.has(index);
  });
  control.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  control.dispatchEvent(new Event('change', { bubbles: true }));
}

/** By the browser's own setter: libraries put one of theirs before it, to tell what a script sets from what a user types. */
function type(control: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  const { prototype } = control.localName === 'textarea' ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(control, text);
  const typed = { bubbles: true, composed: true, inputType: 'insertText', data: text };
  control.dispatchEvent(new InputEvent('input', typed));
  control.dispatchEvent(new Event('change', { bubbles: true }));
}

const isEqual = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();
