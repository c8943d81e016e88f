// Shows who is logged in. The server decides that, from the cookie, the token and the tab value together; the page only asks.
import { readProfile } from './profile.js';

const element = (id) => document.getElementById(id);

function showStranger(missing) {
  element('who').textContent = 'Not logged in';
  element('detail').textContent = `The server says: no valid ${missing}.`;
  element('login').hidden = false;
}

function showPerson({ name, user }, profile) {
  element('who').textContent = `Logged in as ${name}`;
  element('detail').textContent = `The server confirms ${user} by session cookie, token and tab value.`;
  element('logout').hidden = false;
  if (profile === undefined) return;
  element('since').textContent = profile.memberSince.toISOString().slice(0, 10);
  element('preferences').textContent = [...profile.preferences].map(([key, value]) => `${key}: ${value}`).join(', ');
  element('picture').textContent = `${profile.picture.type}, ${profile.picture.size} bytes`;
  element('photo').src = URL.createObjectURL(profile.picture);
  element('profile').hidden = false;
}

async function ask() {
  const response = await fetch('/api/me', {
    headers: {
      authorization: `Bearer ${localStorage.getItem('token') ?? ''}`,
      'x-tab': sessionStorage.getItem('tab') ?? '',
    },
  });
  const answer = await response.json();
  if (response.ok) showPerson(answer, await readProfile(answer.user));
  else showStranger(answer.missing);
  document.body.dataset.ready = 'yes';
}

await ask();
